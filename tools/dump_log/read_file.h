/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_READ_FILE_H
#define TOOLS_READ_FILE_H

/* Small files whole, and glances at large ones. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "dump_file.h"
#include "problem.h"

/* In bytes; 0 if it cannot be told. */
uint64_t file_size(const char *path);

/* Reads a file to the arena; false with *why. */
bool read_whole(const char *path, size_t limit, kw_arena *arena, kw_bytes *out, problem *why);

/* The path of the file that differs in what follows the offset at the beginning of the name, e.g.
 * 00000000000000000000.index beside 00000000000000000000.log; to be freed. NULL if the name has no offset. */
char *path_beside(const dump_file *file, const char *suffix);

/* Reads that file; false if there is none that can be read. */
bool read_beside(const dump_file *file, const char *suffix, size_t limit, kw_arena *arena, kw_bytes *out);

/* Whether a batch that ends in this offset begins at this byte of a log. */
bool batch_is_at(const char *path, uint64_t position, int64_t last_offset);

#endif

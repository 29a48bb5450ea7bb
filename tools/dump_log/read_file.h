/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_READ_FILE_H
#define TOOLS_READ_FILE_H

/* Reads small files whole, and single batches of large ones. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/arena.h>
#include <kwire/view.h>

#include "dump_file.h"
#include "problem.h"

/* In bytes; 0 if it is not known. */
uint64_t file_size(const char *path);

/* Reads a file into the arena; false with *why. */
bool read_whole(const char *path, size_t limit, kw_arena *arena, kw_bytes *out, problem *why);

/* The path of the file with the same offset in its name and another suffix, e.g. 00000000000000000000.index next to
 * 00000000000000000000.log; to be freed. NULL if the name has no offset. */
char *path_beside(const dump_file *file, const char *suffix);

/* Reads that file; false if it cannot be read. */
bool read_beside(const dump_file *file, const char *suffix, size_t limit, kw_arena *arena, kw_bytes *out);

/* Whether a batch that ends in this offset starts at this byte of a log. */
bool batch_is_at(const char *path, uint64_t position, int64_t last_offset);

#endif

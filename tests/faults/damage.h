/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_DAMAGE_H
#define TESTS_FAULTS_DAMAGE_H

/* Directories in which one file is not as it was written: a bit is flipped, a sector is zero or garbage, the end is
 * missing. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Makes the directory that damage_run() damages: of a broker that was stopped, or of one that was killed. */
void damage_prepare(bool is_clean);
void damage_finish(void);

/* Files, and bytes of one of them. */
size_t damage_files(void);
size_t damage_size(size_t file);

enum damage { DAMAGE_BIT, DAMAGE_ZEROS, DAMAGE_GARBAGE, DAMAGE_CUT, DAMAGES };

/* Damages a file at a byte, opens the directory, and looks what is answered and what is said. */
void damage_run(size_t file, enum damage damage, size_t at);

void damage_named(const char *path, enum damage damage, size_t at);

/* What was damaged and what became of it, for each kind of file. */
void damage_print(void);

const char *damage_subject(void);

#endif

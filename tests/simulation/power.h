/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_POWER_H
#define TESTS_SIMULATION_POWER_H

/* What a loss of power leaves of the files in memory: what was synced, and of the rest some, in any order, torn at the
 * sectors of a disk; of names, those up to some moment, if their folder was not synced since. Whoever changes the files
 * says so here, where it is stated before it is done. */

#include <stdbool.h>

#include "base/file.h"

void power_start(void);
void power_stop(void);

/* After it was opened; whether it has been made by that. */
void power_opened(const struct file *file, const char *path, unsigned how, bool is_new);
void power_wrote(const struct file *file, size_t position, const kw_span *parts, size_t count);
void power_truncated(const struct file *file, size_t size);
void power_synced(const struct file *file);

/* Before it is done, which must succeed. */
void power_renames(const char *from, const char *to);
void power_removes(const char *path);

/* After it was done. */
void power_removed_folder(const char *path);
void power_made_folder(const char *path);
void power_synced_folder(const char *path);

/* The bytes of a file, from its start on, that no loss takes away. */
size_t power_safe_size(const char *path);

/* Nothing is open: the files are what they are after the loss, which counts as synced. */
void power_lose(void);

#endif

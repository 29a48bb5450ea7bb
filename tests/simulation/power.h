/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_POWER_H
#define TESTS_SIMULATION_POWER_H

/* What a loss of power leaves of the files in memory: what was synced, and of the rest some, in any order, torn at the
 * sectors of a disk; of names, those up to some moment, if their folder was not synced since. */

#include "../disk/hooked_files.h"

/* Files have numbers in between. */
void power_start(void);
void power_stop(void);

/* A hook after each change and sync. */
void power_note(const struct file_call *call);

/* The bytes of a file, from its start on, that no loss takes away. */
size_t power_safe_size(const char *path);

/* Nothing is open: the files are what they are after the loss, which counts as synced. No hook is called. */
void power_lose(void);

#endif

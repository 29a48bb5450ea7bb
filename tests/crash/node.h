/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_NODE_H
#define TESTS_CRASH_NODE_H

/* The broker of ../simulation/process.h with its log directories on the tape. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../simulation/process.h"

enum { MOST_DIRS = 3 };

/* Paths of log directories. */
extern const char *const node_dirs[MOST_DIRS];

/* How it is opened from now on. The list, which ends with a name that is NULL, must stay. */
void node_set_up(const struct process_setting *settings, size_t dirs);

/* Recovers and takes the metadata over, but loads no coordinators yet. False: it does not start, or is to be served
 * for reading only; node_kill() must follow. */
bool node_open(void);

/* From now on it can be asked. */
void node_serve(void);

/* A clean stop. */
void node_stop(void);

/* Its process is killed: what it has written stays as it is. */
void node_kill(void);

/* One thing happens. */
void node_step(void);

/* Waits until a call is answered, and for what follows from it without time passing. Returns the call. */
size_t node_await(size_t call);

/* Called after each thing that happens while an answer is waited for; NULL: nothing. */
extern void (*node_has_stepped)(void);

/* Calls it after a request that others follow before it is waited for: its batch is in the log already, which may be
 * deleted by what happens next. */
void node_tell(void);

#endif

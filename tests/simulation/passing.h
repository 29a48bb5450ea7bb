/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_PASSING_H
#define TESTS_SIMULATION_PASSING_H

/* Topics that come and go while the run lasts: what was answered of them is so, also after a crash. */

#include <stdbool.h>

void passing_start(void);

/* One of them is created, deleted, gets a partition or records, or is read. The broker must be up. */
void passing_step(void);

/* The broker has those topics that it has said it has, with all records. */
void passing_check(void);

/* Whether a log may be missing after a crash, as it is of a topic whose deletion was asked for and not answered: the
 * metadata may have no such topic any more, and the folder still its name. */
bool passing_may_be_gone(const char *folder);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_PASSING_H
#define TESTS_SIMULATION_PASSING_H

/* Topics that come and go while the run lasts: what was answered of them is so, also after a crash. */

void passing_start(void);

/* One of them is created, deleted, gets a partition or records, or is read. The broker must be up. */
void passing_step(void);

/* The broker has those topics that it has said it has, with all records. */
void passing_check(void);

#endif

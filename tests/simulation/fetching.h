/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_FETCHING_H
#define TESTS_SIMULATION_FETCHING_H

/* How a member reads the partitions whose positions it knows: each record once, in order. */

#include "member.h"

/* From now on it reads at m->fetch. */
void fetching_init(struct member *member);

/* Forgets what it has asked. */
void fetching_stop(struct member *member);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_RUN_H
#define TESTS_SIMULATION_RUN_H

/* One life of a broker and its clients, which follows from the seed: groups come up, a storm of faults, calm in which
 * all must be well again, everybody leaves. */

#include <stdint.h>

/* The storm takes so many simulated minutes. What breaks ends the program. */
void run_world(uint64_t seed, int64_t minutes);

#endif

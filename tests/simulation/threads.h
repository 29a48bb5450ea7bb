/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_THREADS_H
#define TESTS_SIMULATION_THREADS_H

/* In the place of what the broker has of its own: threads, clocks, random numbers, the console. The linker puts these
 * functions in the place of thread_executor_start() and the like (meson.build has the list). */

#include <stddef.h>

/* All that a broker has started have ended, else broken(). */
void threads_check_ended(void);

/* The threads of the network end, with their timers. */
void threads_end_network(void);

/* How many timers run on the threads of the network. */
size_t threads_timers(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LOAD_CLOCK_H
#define BENCH_LOAD_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

/* Nanoseconds, never going back. */
uint64_t clock_now(void);

/* Processor time of a process in nanoseconds, in user and kernel mode, of all its threads; 0: of this process. -1 if
 * the process does not exist. */
int64_t clock_of_process(pid_t pid);

void clock_sleep(double seconds);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_SERVER_CLOCK_H
#define BENCH_SERVER_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

/* Nanoseconds, never going back. */
uint64_t clock_now(void);

/* Nanoseconds that a process has computed, in user and kernel mode, all its threads together; 0: of this process. -1 if
 * there is no such process. */
int64_t clock_of_process(pid_t pid);

void clock_sleep(double seconds);

#endif

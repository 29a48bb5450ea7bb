/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_LOCKS_H
#define TESTS_SERVER_SUPPORT_LOCKS_H

#include <pthread.h>

/* Calls the function once, before the mutex is locked for the count-th time from now on: as another thread may come in
 * between. Linux only. */
void locks_call_before(const pthread_mutex_t *mutex, int count, void (*function)(void));

#endif

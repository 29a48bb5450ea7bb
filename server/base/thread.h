/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_THREAD_H
#define SERVER_BASE_THREAD_H

#include <pthread.h>
#include <stdint.h>

/* Starts a thread with a stack that suits the broker: deep calls there are none. Returns 0 or an error number. */
int thread_start(pthread_t *thread, void *(*run)(void *argument), void *argument);

/* Waits for the condition, with the lock; at most so many milliseconds, and at most a second, because the clock of the
 * wait may be set. */
void thread_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t ms);

/* How many processors this process may use; at least 1. */
int thread_processors(void);

/* How often others have got the processor of the calling thread, though it could have continued. Where the system does
 * not say that: 0. */
int64_t thread_preemptions(void);

#endif

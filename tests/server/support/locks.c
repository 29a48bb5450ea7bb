/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of pthread_mutex_lock() and pthread_mutex_unlock(), see meson.build: a thread unlocks only what it has
 * locked. Without a lock that is missing everything works, nearly always. */
#include "locks.h"

#include <stdio.h>
#include <stdlib.h>

enum { HELD_MAX = 8 };

static _Thread_local const pthread_mutex_t *held[HELD_MAX];
static _Thread_local size_t held_count;

static const pthread_mutex_t *awaited;
static int calls_left;
static void (*call_before)(void);

int __real_pthread_mutex_lock(pthread_mutex_t *mutex);
int __real_pthread_mutex_unlock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex);
int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex);

static void fail(const char *text)
{
    (void)fprintf(stderr, "%s\n", text);
    abort();
}

void locks_call_before(const pthread_mutex_t *mutex, int count, void (*function)(void))
{
    calls_left = count;
    call_before = function;
    awaited = mutex;
}

int __wrap_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    if (mutex == awaited && --calls_left == 0) {
        awaited = NULL;
        call_before();
    }
    int error = __real_pthread_mutex_lock(mutex);
    if (held_count == HELD_MAX)
        fail("more mutexes locked than a thread should have");
    if (error == 0)
        held[held_count++] = mutex;
    return error;
}

int __wrap_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    size_t i = 0;
    while (i < held_count && held[i] != mutex)
        i++;
    if (i == held_count)
        fail("a mutex is unlocked that this thread has not locked");
    held[i] = held[--held_count];
    return __real_pthread_mutex_unlock(mutex);
}

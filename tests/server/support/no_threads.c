/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of pthread_create(), see meson.build, in programs that scripts/test-threads does not run. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    (void)thread;
    (void)attributes;
    (void)run;
    (void)argument;
    (void)fprintf(stderr, "a thread is started: with_threads in tests/server/meson.build must name this test\n");
    abort();
}

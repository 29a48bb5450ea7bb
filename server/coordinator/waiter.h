/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_WAITER_H
#define SERVER_COORDINATOR_WAITER_H

/* A call that waits for others, and what it gets from them. The state of a coordinator has one reference, the call
 * another one; they meet here, on two threads. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* What the waiting ones get: immutable and counted, as many may get the same. The machine's own struct starts with it.
 */
struct waiter_result {
    atomic_uint references;
    void (*destroy)(struct waiter_result *result);
};

/* With one reference, the caller's. */
void waiter_result_init(struct waiter_result *result, void (*destroy)(struct waiter_result *result));
struct waiter_result *waiter_result_share(struct waiter_result *result);
void waiter_result_release(struct waiter_result *result); /* NULL: nothing */

/* Private fields. */
struct waiter {
    pthread_mutex_t lock; /* of result, resume and context */
    atomic_uint references;
    struct waiter_result *result;
    void (*resume)(void *context);
    void *context;
};

/* With two references, of the state and of the call. NULL: there is no memory. */
struct waiter *waiter_create(void);
void waiter_release(struct waiter *waiter);

/* ---- for the state ---- */

/* Gives it the result, whose reference becomes the waiter's, and continues the call if it is attached. Once. */
void waiter_answer(struct waiter *waiter, struct waiter_result *result);

/* ---- for the call ---- */

/* The result, which stays as long as the waiter; NULL: it is not known yet. */
const struct waiter_result *waiter_result(struct waiter *waiter);

/* From now on `resume` is called once the result is known: with the waiter's lock held, so it must be short, and must
 * not call back. False: the result is known already. */
bool waiter_attach(struct waiter *waiter, void (*resume)(void *context), void *context);

/* `resume` is not running any more and will not be called. */
void waiter_detach(struct waiter *waiter);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "waiter.h"

#include <stdlib.h>

void waiter_result_init(struct waiter_result *result, void (*destroy)(struct waiter_result *result))
{
    atomic_init(&result->references, 1);
    result->destroy = destroy;
}

struct waiter_result *waiter_result_share(struct waiter_result *result)
{
    atomic_fetch_add(&result->references, 1);
    return result;
}

void waiter_result_release(struct waiter_result *result)
{
    if (result != NULL && atomic_fetch_sub(&result->references, 1) == 1)
        result->destroy(result);
}

struct waiter *waiter_create(void)
{
    struct waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL || pthread_mutex_init(&waiter->lock, NULL) != 0) {
        free(waiter);
        return NULL;
    }
    atomic_init(&waiter->references, 2);
    return waiter;
}

void waiter_release(struct waiter *waiter)
{
    if (atomic_fetch_sub(&waiter->references, 1) != 1)
        return;
    waiter_result_release(waiter->result);
    (void)pthread_mutex_destroy(&waiter->lock);
    free(waiter);
}

void waiter_answer(struct waiter *waiter, struct waiter_result *result)
{
    (void)pthread_mutex_lock(&waiter->lock);
    waiter->result = result;
    if (waiter->resume != NULL)
        waiter->resume(waiter->context);
    (void)pthread_mutex_unlock(&waiter->lock);
}

const struct waiter_result *waiter_result(struct waiter *waiter)
{
    (void)pthread_mutex_lock(&waiter->lock);
    const struct waiter_result *result = waiter->result;
    (void)pthread_mutex_unlock(&waiter->lock);
    return result;
}

bool waiter_attach(struct waiter *waiter, void (*resume)(void *context), void *context)
{
    (void)pthread_mutex_lock(&waiter->lock);
    bool is_early = waiter->result == NULL;
    if (is_early) {
        waiter->resume = resume;
        waiter->context = context;
    }
    (void)pthread_mutex_unlock(&waiter->lock);
    return is_early;
}

void waiter_detach(struct waiter *waiter)
{
    (void)pthread_mutex_lock(&waiter->lock);
    waiter->resume = NULL;
    (void)pthread_mutex_unlock(&waiter->lock);
}

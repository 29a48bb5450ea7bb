/* SPDX-License-Identifier: Apache-2.0 */
#include "topic_creation.h"

#include <string.h>

#include <kwire/error.h>

#include "../metadata/decide_topics.h"
#include "../observe/console.h"
#include "internal_topic.h"

enum { MEMORY_LIMIT = 64 * 1024 * 1024 };

static struct topic_creation *of(struct controller_event *event)
{
    return (struct topic_creation *)(void *)((char *)event - offsetof(struct topic_creation, event));
}

/* ---- on the controller's thread ---- */

static bool create(struct topic_creation *c, struct decision *decision)
{
    const struct config_place place = {decision->image, c->file, decision->node_id};
    kw_create_topics_request_creatable_topic *topic = kw_arena_alloc(&c->arena, sizeof *topic);
    if (topic == NULL || !internal_topic_describe(&place, c->topic, &c->arena, topic))
        return false;
    c->request.topics.items = topic;
    c->request.topics.len = 1;
    return decide_create_topics(decision, c->file, &c->request, &c->arena, &c->response);
}

static void decide(struct controller_event *event, struct decision *decision)
{
    struct topic_creation *c = of(event);
    kw_arena_reset(&c->arena);
    kw_create_topics_request_init(&c->request);
    kw_create_topics_response_init(&c->response);
    if (!create(c, decision))
        record_list_fail(&decision->records, KW_ERR_NO_MEMORY);
}

/* Clients ask again and again. */
static void report(struct topic_creation *c, int16_t error, kw_string why)
{
    if (error != KW_ERROR_NONE && error != c->reported)
        console_line("%s is not created: %.*s", kw_internal_topic_name(c->topic), KW_FMT(why));
    c->reported = error;
}

static void report_result(struct topic_creation *c, int16_t error)
{
    static const char unwritten[] = "the metadata could not be changed";
    if (error != KW_ERROR_NONE) {
        report(c, error, kw_string_of(unwritten));
        return;
    }
    const kw_create_topics_response_creatable_topic_result *result = &c->response.topics.items[0];
    bool exists = result->error_code == KW_ERROR_TOPIC_ALREADY_EXISTS; /* a client was faster */
    report(c, exists ? KW_ERROR_NONE : result->error_code, result->error_message);
}

static void complete(struct controller_event *event, int16_t error)
{
    struct topic_creation *c = of(event);
    report_result(c, error);
    (void)pthread_mutex_lock(&c->lock);
    c->is_running = false;
    for (struct topic_creation_waiter *waiter = c->waiters, *next; waiter != NULL; waiter = next) {
        next = waiter->next;
        waiter->link = NULL;
        waiter->resume(waiter->context);
    }
    c->waiters = NULL;
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- who asks ---- */

void topic_creation_wait(struct topic_creation *c, struct controller *controller, struct topic_creation_waiter *waiter)
{
    (void)pthread_mutex_lock(&c->lock);
    waiter->next = c->waiters;
    waiter->link = &c->waiters;
    if (waiter->next != NULL)
        waiter->next->link = &waiter->next;
    c->waiters = waiter;
    bool starts = !c->is_running;
    c->is_running = true;
    (void)pthread_mutex_unlock(&c->lock);
    if (starts)
        controller_submit(controller, &c->event);
}

void topic_creation_forget(struct topic_creation *c, struct topic_creation_waiter *waiter)
{
    (void)pthread_mutex_lock(&c->lock);
    if (waiter->link != NULL) {
        *waiter->link = waiter->next;
        if (waiter->next != NULL)
            waiter->next->link = waiter->link;
        waiter->link = NULL;
    }
    (void)pthread_mutex_unlock(&c->lock);
}

/* ---- life ---- */

bool topic_creation_init(struct topic_creation *c, kw_internal_topic topic, const struct static_config *file)
{
    memset(c, 0, sizeof *c);
    c->topic = topic;
    c->file = file;
    c->event.decide = decide;
    c->event.complete = complete;
    kw_arena_init_growing(&c->arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    return pthread_mutex_init(&c->lock, NULL) == 0;
}

void topic_creation_finish(struct topic_creation *c)
{
    kw_arena_finish(&c->arena);
    (void)pthread_mutex_destroy(&c->lock);
}

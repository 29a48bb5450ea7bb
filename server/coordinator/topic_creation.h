/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_TOPIC_CREATION_H
#define SERVER_COORDINATOR_TOPIC_CREATION_H

/* Creation of the topic of a coordinator because somebody asks for it: one decision of the controller for all who ask
 * at the same time. Any thread may call these functions. */

#include <pthread.h>
#include <stdbool.h>

#include <kwire/arena.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/persisted.h>

#include "../config/static_config.h"
#include "../metadata/controller.h"

/* Who waits for it. */
struct topic_creation_waiter {
    void (*resume)(void *context); /* with a lock held, so it must be short, and must not call back */
    void *context;
    /* The rest is private. */
    struct topic_creation_waiter *next;
    struct topic_creation_waiter **link; /* NULL: it does not wait */
};

/* Private fields. */
struct topic_creation {
    kw_internal_topic topic;
    const struct static_config *file;
    pthread_mutex_t lock; /* of the next two */
    struct topic_creation_waiter *waiters;
    bool is_running;
    struct controller_event event;
    kw_arena arena; /* what follows is the controller's while it is running */
    kw_create_topics_request request;
    kw_create_topics_response response;
    int16_t reported; /* the last error, which is not repeated on the console */
};

/* `file` may be NULL, and must stay. False: there is no memory. */
bool topic_creation_init(struct topic_creation *creation, kw_internal_topic topic, const struct static_config *file);

/* Nobody may wait, and the controller have nothing of it, any more. */
void topic_creation_finish(struct topic_creation *creation);

/* Asks for the topic. resume() is called once it exists in the image that is published, or cannot be created, which a
 * line on the console says. */
void topic_creation_wait(struct topic_creation *creation, struct controller *controller,
                         struct topic_creation_waiter *waiter);

/* resume() is not running any more and will not be called. */
void topic_creation_forget(struct topic_creation *creation, struct topic_creation_waiter *waiter);

#endif

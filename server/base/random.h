/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_RANDOM_H
#define SERVER_BASE_RANDOM_H

/* Random bytes; tests have a source that repeats itself. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/view.h>

struct random_source {
    bool (*fill)(struct random_source *source, void *to, size_t size); /* false: there are none; errno says why */
};

/* The system's. Any thread may use it. */
extern struct random_source random_system;

/* A random UUID of version 4, as Kafka takes for topics and directories: not one that Kafka reserves, nor one whose
 * text starts with '-', which command lines would take for an option. False: errno says why. */
bool random_uuid(struct random_source *source, kw_uuid *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_LISTENERS_H
#define SERVER_CONFIG_LISTENERS_H

/* The settings of Kafka that say where a broker listens. */

#include <stdbool.h>
#include <stddef.h>

#include "endpoint.h"

/* What the file says; NULL where it says nothing. */
struct listeners {
    const char *listeners;        /* e.g. "PLAINTEXT://:9092,CONTROLLER://:9093" */
    const char *advertised;       /* the same form */
    const char *controller_names; /* listeners that are not for clients, e.g. "CONTROLLER" */
    const char *protocol_map;     /* e.g. "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT" */
    int listeners_line;
    int advertised_line;
};

/* The one listener for clients, and what is advertised for it. What the file does not say stays as it is. False after a
 * complaint that names file and line. */
bool listeners_choose(const struct listeners *l, const char *path, struct endpoint *listen,
                      struct endpoint *advertised);

/* Whether a listener of this name is for controllers, not for clients. */
bool listeners_is_controller(const struct listeners *l, const char *name, size_t size);

#endif

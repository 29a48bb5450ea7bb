/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_CONFIG_LISTENERS_H
#define SERVER_CONFIG_LISTENERS_H

/* The properties of Kafka that say where a broker listens. They refer to each other, so they are kept as texts until
 * the whole file is read. */

#include <stdbool.h>

#include "endpoint.h"

struct listeners {
    char *listeners;        /* e.g. "PLAINTEXT://:9092,CONTROLLER://:9093" */
    char *advertised;       /* the same form */
    char *controller_names; /* listeners that are not for clients, e.g. "CONTROLLER" */
    char *protocol_map;     /* e.g. "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT" */
    int listeners_line;
    int advertised_line;
};

/* Puts a copy of `value` in one of the above, in place of an earlier one. Returns NULL or what went wrong. */
const char *listeners_keep(char **slot, const char *value);

/* The one listener for clients, and what is advertised for it. What the file does not say stays as it is. False after a
 * complaint that names file and line. */
bool listeners_choose(const struct listeners *l, const char *path, struct endpoint *listen,
                      struct endpoint *advertised);

void listeners_free(struct listeners *l);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FILTER_H
#define TOOLS_FILTER_H

/* Which exchanges to show. */

#include <stdbool.h>
#include <stdint.h>

#include "sighting.h"

typedef struct filter {
    bool by_api;
    uint8_t apis[65536 / 8]; /* a bit an API key */
    const char *topic;       /* NULL: any; so with the others */
    const char *client_id;
    bool errors;  /* those alone that failed */
    int64_t slow; /* ns; those alone that took as long or longer; -1: any */
} filter;

/* Adds an API to those that are shown. */
void filter_add_api(filter *f, int16_t key);

/* What is known when a request comes. */
bool filter_wants_request(const filter *f, const kw_request *request);

/* The rest. */
bool filter_wants(const filter *f, const sighting *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FILTER_H
#define TOOLS_FILTER_H

/* A filter for exchanges. */

#include <stdbool.h>
#include <stdint.h>

#include "sighting.h"

typedef struct filter {
    bool by_api;
    uint8_t apis[65536 / 8]; /* a bit an API key */
    const char *topic;       /* NULL: any, here and below */
    const char *client_id;
    bool errors;  /* only those that failed */
    int64_t slow; /* ns; only those that took this long or longer; -1: any */
} filter;

/* Adds an API to show. */
void filter_add_api(filter *f, int16_t key);

/* By what is known of a request. */
bool filter_wants_request(const filter *f, const kw_request *request);

/* By everything else. */
bool filter_wants(const filter *f, const sighting *s);

#endif

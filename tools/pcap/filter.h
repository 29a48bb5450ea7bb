/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FILTER_H
#define TOOLS_FILTER_H

/* A filter for exchanges. */

#include <stdbool.h>
#include <stdint.h>

#include "address_set.h"
#include "sighting.h"

enum { MOST_CORRELATION_IDS = 64 };

typedef struct filter {
    int64_t since; /* ns since 1970; of the requests, `until` included */
    int64_t until;
    bool since_is_relative; /* to the first packet; so is what follows */
    bool until_is_relative;
    bool by_api;
    uint8_t apis[65536 / 8]; /* a bit an API key */
    int32_t correlation_ids[MOST_CORRELATION_IDS];
    int correlation_id_count;       /* 0: any */
    address_set hosts;              /* of either side */
    address_set clients;            /* of the client, */
    address_set brokers;            /* of the broker */
    const char *client_id;          /* NULL: any */
    const char *subjects[SUBJECTS]; /* by subject; NULL: any */
    bool errors;                    /* only those that failed */
    int64_t slow;                   /* ns; only those that took this long or longer; -1: any */
    bool all_requests;              /* nothing of the above excludes a request by itself, */
    bool all_exchanges;             /* or by its outcome and messages; both false: not known */
} filter;

/* Makes it want everything. */
void filter_want_all(filter *f);

/* Completes the filter with the time of the first packet, to which times may be relative. */
void filter_start(filter *f, int64_t first_packet);

/* Adds an API to show. */
void filter_add_api(filter *f, int16_t key);

/* Private: the filters below without what is known of all requests. */
bool filter_checks_request(const filter *f, const exchange *e);
bool filter_checks(const filter *f, const sighting *s);

/* By what is known of a request. */
static inline bool filter_wants_request(const filter *f, const exchange *e)
{
    return f->all_requests || filter_checks_request(f, e);
}

/* An error in the response, no response, or a message that is malformed. */
bool sighting_failed(const sighting *s);

/* By everything else. */
static inline bool filter_wants(const filter *f, const sighting *s)
{
    return f->all_exchanges || filter_checks(f, s);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_FETCH_H
#define SERVER_API_FETCH_H

/* What the parts of Fetch share: fetch.c runs the request and waits, fetch_request.c says what is asked for,
 * fetch_partition.c reads a partition. */

#include "handlers.h"

/* Versions of the request in which something is new. */
enum {
    FETCH_FIRST_FOR_MAGIC_1 = 2,
    FETCH_FIRST_THAT_NEVER_CUTS = 3,
    FETCH_FIRST_FOR_MAGIC_2 = 4,
    FETCH_FIRST_WITH_STORAGE_ERROR = 6,
    FETCH_FIRST_BY_ID = 13,
    FETCH_FIRST_WITH_LEADER = 16
};

struct fetch_asked {
    const kw_fetch_request_topic *topic;
    const kw_fetch_request_partition *partition;
};

struct fetching {
    struct call *call;
    const kw_fetch_request *request;
    kw_fetch_response *response;
    struct fetch_asked *asked; /* distinct */
    size_t asked_count;
    kw_fetch_response_partition_data *partitions; /* of the response; one for each that is asked for */
    size_t partition_count;
    size_t held_before;   /* references of the responses before this one */
    int64_t wait_until;   /* by executor_now() */
    size_t record_fields; /* that may still have records */
    int32_t bytes_left;
    bool at_least_one; /* no partition has had records yet */
    int64_t bytes_available;
    bool is_urgent; /* something is to be reported at once */
};

/* Lists what is asked for, and allocates the response. False if memory is short. */
bool fetch_list_asked(struct fetching *f);

/* Adds a partition to the response, after those that are in it. */
kw_fetch_response_partition_data *fetch_next_partition(struct fetching *f, const kw_fetch_request_topic *topic,
                                                       int32_t index);

/* Reads a partition that exists into its place in the response. False if memory is short. */
bool fetch_read_partition(struct fetching *f, const struct metadata_topic *topic,
                          const struct metadata_partition *partition, const kw_fetch_request_partition *asked,
                          kw_fetch_response_partition_data *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_SHARE_STATE_CALL_H
#define SERVER_API_SHARE_STATE_CALL_H

/* What the five APIs of the state of share partitions have in common: a request has a group and any partitions, each of
 * which is an event of its own in the shard that has its key. */

#include "../coordinator/share/share_requests.h"
#include "call.h"

enum share_state_api {
    SHARE_STATE_INITIALIZE,
    SHARE_STATE_READ,
    SHARE_STATE_WRITE,
    SHARE_STATE_DELETE,
    SHARE_STATE_SUMMARY
};

/* One partition: what is asked, then the answer. */
struct share_state_item {
    struct share_asked asked;
    int64_t start_offset;         /* of initialize and write; and of the answers of read and summary */
    int32_t complete_count;       /* of write and of the answer of summary */
    struct share_batches batches; /* of write and of the answer of read */
    int16_t error;
    kw_string message; /* null: none */
};

struct share_state_call {
    enum share_state_api api;
    struct share_state_item *items; /* in the order of the request */
    size_t count;
    call_function *fill; /* makes the response of the items */
    void *context;       /* the handler's own */
    /* The rest is private. */
    size_t next;
    bool is_inside; /* of the loop over the items */
    bool is_done;   /* the item has been answered inside of it */
};

/* With memory for as many items as the request has partitions; none are counted yet. NULL: there is no memory. */
struct share_state_call *share_state_call_create(struct call *call, enum share_state_api api, size_t partitions,
                                                 call_function *fill);

/* The next item, of this partition. */
struct share_state_item *share_state_call_add(struct share_state_call *s, kw_string group, kw_uuid topic_id,
                                              int32_t partition);

/* Answers all items, then calls fill(). */
enum call_outcome share_state_call_run(struct call *call, struct share_state_call *s);

#endif

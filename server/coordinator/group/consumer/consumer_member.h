/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_MEMBER_H
#define SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_MEMBER_H

/* A member of a consumer group at one moment: it never changes, and is counted. Who changes something makes another
 * one. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

#include "../partition_set.h"

/* As in record 8. */
enum consumer_member_state {
    MEMBER_STABLE = 0,
    MEMBER_UNREVOKED = 1,  /* it still has partitions that it is to give up */
    MEMBER_UNRELEASED = 2, /* it waits for partitions that others still have */
    MEMBER_UNKNOWN = 127   /* of a later release of Kafka */
};

/* Of requests and of records 8. */
enum { EPOCH_JOIN = 0, EPOCH_LEAVE = -1, EPOCH_LEAVE_STATIC = -2 };

/* What the bytes of JoinGroup say. */
struct member_protocol {
    kw_string name;
    kw_bytes metadata;
};

struct consumer_member {
    unsigned references; /* private */
    size_t size;         /* bytes that it takes; private */

    /* Record 5, but for the id. */
    kw_string id;
    kw_string instance_id; /* null: it is dynamic */
    kw_string rack;        /* null: none */
    kw_string client_id;
    kw_string client_host;
    kw_string_array names; /* of topics, sorted, without duplicates */
    kw_string pattern;     /* null or "": none */
    kw_string assignor;    /* null: none */
    int32_t rebalance_timeout_ms;
    bool is_classic; /* it uses the classic protocol */
    int32_t classic_session_timeout_ms;
    const struct member_protocol *classic_protocols;
    size_t classic_protocol_count;

    /* Record 8. */
    int32_t epoch;
    int32_t previous_epoch;
    enum consumer_member_state state;
    struct partition_set assigned;
    struct partition_set revoking; /* that it is to give up */
};

/* What a member is before the first record: Stable in epoch 0, with nothing. Refers to the id. */
struct consumer_member consumer_member_new(kw_string id);

/* A copy of everything, with one reference. NULL: there is no memory. */
struct consumer_member *consumer_member_create(const struct consumer_member *from);

struct consumer_member *consumer_member_share(struct consumer_member *member);
void consumer_member_release(struct consumer_member *member); /* NULL: nothing */

/* Whether records 5 of the two would be the same, and whether records 8 would. */
bool consumer_member_says_same(const struct consumer_member *a, const struct consumer_member *b);
bool consumer_member_has_same(const struct consumer_member *a, const struct consumer_member *b);

bool consumer_member_has_pattern(const struct consumer_member *member);

/* Sorts, and drops duplicates: the new count. */
int32_t sort_names(kw_string *names, int32_t count);

bool same_names(kw_string_array a, kw_string_array b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_COORDINATOR_GROUP_OFFSETS_OFFSET_TABLE_H
#define SERVER_COORDINATOR_GROUP_OFFSETS_OFFSET_TABLE_H

/* The offsets of a shard: committed ones by group, topic and partition, and those of open transactions, which have a
 * producer as well. Names of topics are stored once. */

#include "../group.h"
#include "../group_records.h"
#include "offset_slots.h"

/* An id that offsets of a topic were committed with; the first one is zero: not known. */
struct offset_topic_id {
    kw_uuid id;
    bool is_deleted; /* the topic is: offsets with this id are to be removed */
};

/* Stays while a table refers to it. */
struct offset_topic {
    struct hash_link link;
    struct topic_offsets *first; /* the tables of committed offsets, linked by next_of_topic */
    struct offset_topic_id *ids;
    uint32_t id_count;
    uint32_t id_capacity;
    kw_string name;
    char text[];
};

/* A producer with offsets of a transaction that is open. */
struct offset_producer {
    struct hash_link link;
    int64_t id;
    struct topic_offsets *first; /* linked by next_of_group */
};

/* The offsets of a group and a topic, or those of one producer that are pending there. To look at. */
struct topic_offsets {
    struct hash_link link;
    struct group *group;
    struct offset_topic *topic;
    struct offset_slots slots;
    struct topic_offsets *main;          /* pending: the table where its offsets are going to be; else NULL */
    struct offset_producer *producer;    /* pending: whose; else NULL */
    struct topic_offsets *pending;       /* committed: the first table that is pending here, linked by next_of_topic */
    struct topic_offsets *next_of_group; /* or of the producer */
    struct topic_offsets *previous_of_group;
    struct topic_offsets *next_of_topic; /* or of those that are pending at `main` */
    struct topic_offsets *previous_of_topic;
    uint32_t references; /* of undo entries, and of pending tables */
};

/* All fields are private but for `topics`. */
struct offset_store {
    struct hash_chains topics;    /* struct offset_topic by name */
    struct hash_chains tables;    /* by group, topic and producer */
    struct hash_chains producers; /* by id */
    uint32_t seed;
};

/* ---- replay ---- */

/* Records of type 1 and 0. */
kw_status offset_replay(struct group_machine *m, const struct group_record *record, struct coordinator_undo_list *undo);
kw_status offset_replay_legacy(struct group_machine *m, const struct group_record *record,
                               struct coordinator_undo_list *undo);

/* The end of a transaction: its offsets are committed where they are newer, or dropped. */
kw_status offset_replay_marker(struct group_machine *m, const struct coordinator_marker *marker,
                               struct coordinator_undo_list *undo);

/* Before the groups end, as tables refer to them. */
void offset_store_finish(struct group_machine *m);

/* ---- looking ---- */

/* The offsets of a group in a topic; NULL: none. */
const struct topic_offsets *offsets_find(const struct group_machine *m, const struct group *group, kw_string topic);

/* What is set there. The text stays until the next change. */
struct offset_value offset_value_of(const struct topic_offsets *table, const struct offset_slot *slot);

/* Bytes that an offset takes at most that is new, for the budget. */
size_t offset_cost(kw_string group, kw_string topic, kw_string metadata);

static inline struct offset_topic *offset_topic_of(struct hash_link *link)
{
    return (struct offset_topic *)(void *)((char *)link - offsetof(struct offset_topic, link));
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_METADATA_CATALOGUE_H
#define SERVER_METADATA_CATALOGUE_H

/* The topics that exist. Readers hold the catalogue while they look at topics; what they find stays as it is, and is
 * valid, until they release it. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/view.h>

struct stored_log;

struct partition {
    int32_t index;
    int32_t leader_id; /* -1: none */
    int32_t leader_epoch;
    kw_int32_array replicas;
    kw_int32_array isr;
    kw_int32_array offline;
    kw_int32_array elr;            /* who may lead too, though not in sync */
    kw_int32_array last_known_elr; /* who might if they were known to have all records */
    struct stored_log *log;        /* NULL: this node has none. Not the catalogue's own. */
};

struct topic {
    kw_string name;
    kw_uuid id; /* zero: it has none */
    bool is_internal;
    const struct partition *partitions; /* by index, which may have gaps */
    int32_t partition_count;
};

/* Private fields. */
struct catalogue {
    pthread_rwlock_t lock;
    struct topic **by_name;
    struct topic **by_id;
    size_t count;
    size_t room;
};

enum { TOPIC_NAME_MAX = 249 };

/* Whether Kafka allows a topic of this name. */
bool topic_name_is_valid(kw_string name);

/* Whether the name is one of those that Kafka keeps for itself. */
bool topic_name_is_internal(kw_string name);

bool catalogue_init(struct catalogue *c);
void catalogue_finish(struct catalogue *c);

/* Adds a topic, of which it copies everything. KW_ERROR_NONE, KW_ERROR_INVALID_TOPIC_EXCEPTION,
 * KW_ERROR_TOPIC_ALREADY_EXISTS (the name or the id), or KW_ERROR_UNKNOWN_SERVER_ERROR if there is no memory. Not to be
 * called while holding the catalogue. */
int16_t catalogue_add(struct catalogue *c, const struct topic *topic);

void catalogue_hold(struct catalogue *c);
void catalogue_release(struct catalogue *c);

/* While held: by name and by id, NULL if there is none; and all of them, sorted by name. */
const struct topic *catalogue_find(const struct catalogue *c, kw_string name);
const struct topic *catalogue_find_id(const struct catalogue *c, kw_uuid id);
size_t catalogue_count(const struct catalogue *c);
const struct topic *catalogue_at(const struct catalogue *c, size_t index);

/* The partition of that index; NULL if there is none. And how many partitions have a smaller index. */
const struct partition *topic_partition(const struct topic *topic, int32_t index);
int32_t topic_partitions_before(const struct topic *topic, int32_t index);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_METADATA_REPLAY_SUPPORT_H
#define TESTS_SERVER_METADATA_REPLAY_SUPPORT_H

/* Records of the metadata log and a delta that they are replayed to. */

#include "../../unit/support.h"
#include "../support/garbage.h"

#include <kwire/messages/abort_transaction_record.h>
#include <kwire/messages/begin_transaction_record.h>
#include <kwire/messages/broker_registration_change_record.h>
#include <kwire/messages/clear_elr_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/end_transaction_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/fence_broker_record.h>
#include <kwire/messages/no_op_record.h>
#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/producer_ids_record.h>
#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/remove_topic_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/messages/unfence_broker_record.h>
#include <kwire/messages/unregister_broker_record.h>
#include <kwire/persisted.h>

#include "metadata/delta.h"

enum { REPLAY_LIMIT = 8 * 1024 * 1024 };

/* An image under construction. */
typedef struct maker {
    struct metadata_delta delta;
    struct metadata_image *image; /* of the last look() */
    kw_status status;             /* of the last record */
} maker;

static inline void start_from(maker *m, const struct metadata_image *base, size_t limit)
{
    m->image = NULL;
    fill_with_garbage(&m->delta, sizeof m->delta);
    assert_status(metadata_delta_init(&m->delta, base, kw_allocator_libc(), limit), KW_OK);
}

static inline void start_within(maker *m, size_t limit)
{
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *empty = metadata_image_create(&nothing);
    start_from(m, empty, limit);
    metadata_image_release(empty);
}

static inline void start(maker *m)
{
    start_within(m, REPLAY_LIMIT);
}

/* The result of the records so far. */
static inline const struct metadata_parts *look(maker *m)
{
    metadata_image_release(m->image);
    m->image = metadata_delta_apply(&m->delta, 7, 1);
    assert_non_null(m->image);
    return &m->image->parts;
}

static inline void release(maker *m)
{
    metadata_image_release(m->image);
    metadata_delta_finish(&m->delta);
}

static inline kw_bytes encoded(const kw_message *message, int16_t version, const void *value)
{
    uint8_t buffer[1024];
    kw_writer w;
    kw_writer_init(&w, buffer, sizeof buffer);
    kw_persisted_encode_header(&w, message, version);
    assert_status(kw_message_encode(message, version, value, &w), KW_OK);
    size_t size = kw_writer_data(&w).size;
    kw_bytes whole = kw_bytes_of(buffer, size);
    return given_prefix(whole, size);
}

static inline void replay(maker *m, const kw_message *message, int16_t version, const void *value)
{
    m->status = metadata_delta_replay(&m->delta, encoded(message, version, value));
}
#define REPLAY(m, type, version, value) replay((m), &kw_##type##_message, (version), (value))

static inline kw_uuid id_of(uint8_t n)
{
    kw_uuid id = {{0}};
    id.bytes[15] = n;
    return id;
}

static inline void add_topic(maker *m, const char *name, uint8_t id)
{
    kw_topic_record t;
    kw_topic_record_init(&t);
    t.name = kw_string_of(name);
    t.topic_id = id_of(id);
    REPLAY(m, topic_record, 0, &t);
}

static inline void remove_topic(maker *m, uint8_t id)
{
    kw_remove_topic_record t;
    kw_remove_topic_record_init(&t);
    t.topic_id = id_of(id);
    REPLAY(m, remove_topic_record, 0, &t);
}

static int32_t replicas_123[] = {1, 2, 3};

static inline void add_partition(maker *m, uint8_t topic, int32_t partition)
{
    kw_uuid directories[] = {{{1}}, {{2}}, {{3}}};
    kw_partition_record p;
    kw_partition_record_init(&p);
    p.topic_id = id_of(topic);
    p.partition_id = partition;
    p.replicas.items = replicas_123;
    p.replicas.len = 3;
    p.isr = p.replicas;
    p.isr.len = 2;
    p.leader = 1;
    p.leader_epoch = 5;
    p.partition_epoch = 9;
    p.directories.items = directories;
    p.directories.len = 3;
    p.eligible_leader_replicas = p.replicas;
    p.last_known_elr = p.replicas;
    p.last_known_elr.len = 1;
    REPLAY(m, partition_record, 2, &p);
}

static inline void add_broker(maker *m, int32_t id, int64_t epoch)
{
    kw_register_broker_record_broker_endpoint endpoint;
    kw_register_broker_record_broker_endpoint_init(&endpoint);
    endpoint.name = kw_string_of("PLAINTEXT");
    endpoint.host = kw_string_of("host");
    endpoint.port = 65535;
    kw_register_broker_record b;
    kw_register_broker_record_init(&b);
    b.broker_id = id;
    b.broker_epoch = epoch;
    b.rack = kw_string_of(NULL);
    b.end_points.items = &endpoint;
    b.end_points.len = 1;
    REPLAY(m, register_broker_record, 4, &b);
}

static inline void set_config(maker *m, int8_t type, const char *resource, const char *name, const char *value)
{
    kw_config_record c;
    kw_config_record_init(&c);
    c.resource_type = type;
    c.resource_name = kw_string_of(resource);
    c.name = kw_string_of(name);
    c.value = kw_string_of(value);
    REPLAY(m, config_record, 0, &c);
}

static inline void set_feature(maker *m, const char *name, int16_t level)
{
    kw_feature_level_record f;
    kw_feature_level_record_init(&f);
    f.name = kw_string_of(name);
    f.feature_level = level;
    REPLAY(m, feature_level_record, 0, &f);
}

#endif

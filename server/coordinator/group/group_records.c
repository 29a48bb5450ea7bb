/* SPDX-License-Identifier: Apache-2.0 */
#include "group_records.h"

#include <string.h>

#include <kwire/messages/group_metadata_key.h>
#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/offset_commit_value.h>

/* ---- writing ---- */

static const kw_record_type *type_of(int16_t type)
{
    return kw_record_type_find(KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, type);
}

/* As Kafka 4.4 does, which reads a version 4 of classic groups. */
static int16_t version_of(int16_t type)
{
    return type == KW_GROUP_METADATA_KEY_TYPE ? 3 : 0;
}

void group_records_add(struct record_out *out, int16_t type, const void *key, const void *value)
{
    const kw_record_type *record = type_of(type);
    record_out_add(out, record->key, key, record->value, version_of(type), value);
}

void group_records_add_tombstone(struct record_out *out, int16_t type, const void *key)
{
    record_out_add_tombstone(out, type_of(type)->key, key);
}

/* A key whose first fields are these texts. */
static void remove_named(struct record_out *out, int16_t type, const kw_string *names, uint32_t count)
{
    const kw_record_type *record = type_of(type);
    const kw_struct *fields = record->key->type;
    uint8_t *key = kw_arena_alloc(out->arena, fields->size);
    if (key == NULL) {
        record_out_fail(out, kw_arena_status(out->arena));
        return;
    }
    kw_message_init(record->key, key);
    for (uint32_t i = 0; i < count; i++)
        memcpy(key + fields->fields[i].offset, &names[i], sizeof names[i]);
    record_out_add_tombstone(out, record->key, key);
}

void group_records_remove_group(struct record_out *out, int16_t type, kw_string group)
{
    remove_named(out, type, &group, 1);
}

void group_records_remove_member(struct record_out *out, int16_t type, kw_string group, kw_string member)
{
    const kw_string names[] = {group, member};
    remove_named(out, type, names, 2);
}

static kw_offset_commit_key offset_key(kw_string group, kw_string topic, int32_t partition)
{
    kw_offset_commit_key key;
    kw_offset_commit_key_init(&key);
    key.group = group;
    key.topic = topic;
    key.partition = partition;
    return key;
}

void group_records_add_offset(struct record_out *out, kw_string group, kw_string topic, int32_t partition,
                              const struct offset_value *value)
{
    const kw_offset_commit_key key = offset_key(group, topic, partition);
    int16_t version = value->expire_ms != -1 ? 1 : 4; /* only version 1 has it */
    kw_offset_commit_value v;
    kw_offset_commit_value_init(&v);
    v.offset = value->offset;
    v.leader_epoch = value->leader_epoch;
    v.metadata = value->metadata;
    v.commit_timestamp = value->commit_ms;
    v.expire_timestamp = value->expire_ms;
    v.topic_id = value->topic_id;
    record_out_add(out, &kw_offset_commit_key_message, &key, &kw_offset_commit_value_message, version, &v);
}

void group_records_remove_offset(struct record_out *out, kw_string group, kw_string topic, int32_t partition)
{
    const kw_offset_commit_key key = offset_key(group, topic, partition);
    record_out_add_tombstone(out, &kw_offset_commit_key_message, &key);
}

/* ---- reading ---- */

static kw_status read_body(const kw_message *message, int16_t version, kw_bytes body, kw_arena *arena, const void **out)
{
    kw_reader in;
    void *value = NULL;
    kw_reader_init_bytes(&in, body);
    kw_status status = kw_message_decode(message, version, &in, arena, &value);
    *out = value;
    return status;
}

kw_status group_record_read(struct group_record *out, const struct coordinator_record *record, kw_arena *arena)
{
    kw_persisted header;
    kw_status status =
        kw_persisted_decode_header(&header, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, record->key, record->value);
    *out = (struct group_record){header.type, NULL, NULL, record->offset, record->producer_id};
    if (status != KW_OK || header.kind == KW_PERSISTED_UNKNOWN_TYPE)
        return status;
    if (header.kind == KW_PERSISTED_UNKNOWN_VERSION)
        return KW_ERR_VERSION;
    status = read_body(header.record->key, 0, header.key, arena, &out->key);
    if (status == KW_OK && header.kind == KW_PERSISTED_KNOWN)
        status = read_body(header.record->value, header.version, header.value, arena, &out->value);
    return status;
}

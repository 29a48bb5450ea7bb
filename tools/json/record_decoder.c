/* SPDX-License-Identifier: Apache-2.0 */
#include "record_decoder.h"

#include <stdio.h>
#include <string.h>

#include <kwire/control_record.h>
#include <kwire/json.h>
#include <kwire/messages/consumer_protocol_assignment.h>
#include <kwire/messages/consumer_protocol_subscription.h>
#include <kwire/messages/group_metadata_value.h>
#include <kwire/persisted.h>

#include "../command/message.h"

void record_decoder_init(record_decoder *d, size_t max_memory)
{
    kw_arena_init_growing(&d->arena, NULL, 0, kw_allocator_libc(), max_memory);
    kw_writer_init_growing(&d->json, kw_allocator_libc(), max_memory);
}

void record_decoder_finish(record_decoder *d)
{
    kw_arena_finish(&d->arena);
    kw_writer_finish(&d->json);
}

static void put(record_decoder *d, const char *text)
{
    kw_write_raw(&d->json, text, strlen(text));
}

/* The position of JSON in the writer, whose buffer may move as it grows. */
static size_t mark(const record_decoder *d)
{
    return kw_writer_data(&d->json).size;
}

static kw_span since(const record_decoder *d, size_t start, size_t end)
{
    kw_span all = kw_writer_data(&d->json);
    kw_span part = {(const char *)all.data + start, end - start};
    return part;
}

/* ---- members of a classic consumer group ----
 *
 * Their data in GroupMetadataValue is opaque to Kafka's broker: an INT16 version and a message of the protocol between
 * the members. Data of another form stays bytes. */

static void put_embedded(record_decoder *d, const char *name, const kw_message *m, kw_bytes bytes)
{
    kw_reader in;
    void *value;
    kw_reader_init_bytes(&in, bytes);
    int16_t version = kw_read_int16(&in);
    int16_t known = version > m->versions.last ? m->versions.last : version;
    if (!kw_reader_ok(&in) || !kw_versions_have(m->versions, known))
        return;
    if (kw_message_decode(m, known, &in, &d->arena, &value) != KW_OK)
        return;
    put(d, ",\"");
    put(d, name);
    put(d, "\":{\"message\":\"");
    put(d, m->name);
    char number[32];
    (void)snprintf(number, sizeof number, "\",\"version\":%d,\"value\":", known);
    put(d, number);
    if (kw_message_json(m, known, value, &d->json) == KW_OK) /* else the writer has failed */
        put(d, "}");
}

static void put_members(record_decoder *d, const kw_group_metadata_value *group)
{
    for (int32_t i = 0; i < group->members.len; i++) {
        const kw_group_metadata_value_member_metadata *member = &group->members.items[i];
        put(d, i == 0 ? "[{\"memberId\":" : ",{\"memberId\":");
        kw_json_string(member->member_id, &d->json);
        put_embedded(d, "subscription", &kw_consumer_protocol_subscription_message, member->subscription);
        put_embedded(d, "assignment", &kw_consumer_protocol_assignment_message, member->assignment);
        put(d, "}");
    }
    if (group->members.len > 0)
        put(d, "]");
}

/* ---- records of internal topics ---- */

static bool damaged(decoded_record *out, const char *what)
{
    out->outcome = DECODED_DAMAGED;
    char detail[sizeof out->report.detail];
    memcpy(detail, out->report.detail, sizeof detail);
    return report_set(&out->report, out->report.code, out->report.offset, "%s: %.900s", what, detail);
}

/* Appends the JSON of a body that starts at byte `at` of the key or value. Kafka refuses trailing bytes in the metadata
 * topics, and ignores them in the others. */
static bool put_body(record_decoder *d, const kw_message *m, int16_t version, kw_bytes body, size_t at, bool whole,
                     void **value)
{
    decoded_record *out = &d->decoded;
    kw_reader in;
    kw_reader_init_bytes(&in, body);
    if (!message_decode(m, version, &in, &d->arena, value, &out->report)) {
        out->report.offset += at;
        return damaged(out, m->name);
    }
    kw_status status = whole && kw_reader_remaining(&in) != 0 ? KW_ERR_TRAILING : KW_OK;
    if (status == KW_OK)
        status = kw_message_json(m, version, *value, &d->json);
    if (status == KW_OK)
        return true;
    (void)report_status(&out->report, status, at + kw_reader_offset(&in), "");
    return damaged(out, m->name);
}

static size_t place(kw_bytes whole, kw_bytes part)
{
    return (size_t)(part.data - whole.data);
}

static void put_known(record_decoder *d, const kw_persisted *p, const kw_record *record)
{
    decoded_record *out = &d->decoded;
    void *value = NULL;
    size_t end_of_key = 0, end_of_value = 0, end = 0;
    const kw_record_type *type = p->record;
    if (type->key != NULL && !put_body(d, type->key, 0, p->key, place(record->key, p->key), false, &value))
        return;
    end_of_key = end_of_value = end = mark(d);
    bool has_value = p->kind == KW_PERSISTED_KNOWN;
    if (has_value) {
        size_t at = place(record->value, p->value);
        if (!put_body(d, type->value, p->version, p->value, at, type->key == NULL, &value))
            return;
        end_of_value = end = mark(d);
    }
    if (has_value && type->value == &kw_group_metadata_value_message) {
        const kw_group_metadata_value *group = value;
        if (kw_string_equal(group->protocol_type, kw_string_of("consumer")))
            put_members(d, group);
        end = mark(d);
    }
    if (!kw_writer_ok(&d->json)) {
        (void)report_status(&out->report, d->json.status, 0, "");
        (void)damaged(out, type->value->name);
        return;
    }
    out->outcome = has_value || p->kind == KW_PERSISTED_TOMBSTONE ? DECODED_RECORD : DECODED_UNKNOWN;
    if (type->key != NULL)
        out->key = (decoded_part){type->key, 0, since(d, 0, end_of_key)};
    if (has_value)
        out->value = (decoded_part){type->value, p->version, since(d, end_of_key, end_of_value)};
    out->members = since(d, end_of_value, end);
}

static void decode_persisted(record_decoder *d, kw_internal_topic topic, const kw_record *record)
{
    decoded_record *out = &d->decoded;
    kw_persisted p;
    kw_status status = kw_persisted_decode_header(&p, topic, record->key, record->value);
    if (status != KW_OK) {
        (void)report_status(&out->report, status, p.error_at, "");
        bool in_key =
            p.type < 0 && topic != KW_INTERNAL_TOPIC_CLUSTER_METADATA && topic != KW_INTERNAL_TOPIC_REMOTE_LOG_METADATA;
        (void)damaged(out, in_key ? "type of the record, in its key" : "version of the record, in its value");
    } else if (p.record == NULL) {
        out->outcome = DECODED_UNKNOWN;
    } else {
        put_known(d, &p, record);
    }
}

/* ---- control records ---- */

static void decode_control(record_decoder *d, const kw_record *record)
{
    decoded_record *out = &d->decoded;
    kw_control_record c;
    kw_status status = kw_control_record_decode(&c, record, &d->arena);
    if (status != KW_OK) {
        (void)report_status(&out->report, status, c.error_at, "");
        (void)damaged(out, c.message != NULL ? c.message->name : "control record");
        return;
    }
    out->outcome = DECODED_CONTROL;
    out->control = kw_control_type_name(c.type);
    out->control_type = c.type;
    if (c.message == NULL)
        return;
    int16_t last = c.message->versions.last;
    int16_t version = c.version > last ? last : c.version;
    status = kw_message_json(c.message, version, &c.value, &d->json);
    if (status != KW_OK) {
        (void)report_status(&out->report, status, 0, "");
        (void)damaged(out, c.message->name);
        return;
    }
    out->value = (decoded_part){c.message, version, since(d, 0, mark(d))};
}

const decoded_record *record_decode(record_decoder *d, decoded_topic topic, const kw_batch *batch,
                                    const kw_record *record)
{
    decoded_record *out = &d->decoded;
    const decoded_part none = {NULL, 0, {NULL, 0}};
    out->outcome = DECODED_NOTHING;
    out->key = out->value = none;
    out->members.size = 0;
    out->control = NULL;
    bool control = kw_batch_is_control(batch);
    if (!control && !topic.known)
        return out;
    kw_arena_reset(&d->arena);
    kw_writer_reset(&d->json);
    if (control)
        decode_control(d, record);
    else
        decode_persisted(d, topic.topic, record);
    return out;
}

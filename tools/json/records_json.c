/* SPDX-License-Identifier: Apache-2.0 */
#include "records_json.h"

#include <string.h>

#include <kwire/persisted.h>
#include <kwire/record_builder.h>

#include "../command/message.h"
#include "../command/names.h"
#include "codec.h"
#include "json_scalar.h"

#define MOST_BYTES ((size_t)INT32_MAX)

/* ---- members of objects ---- */

static bool refuse(report *r, const json_place *place, const char *why)
{
    char prefix[PATH_SIZE];
    return report_set(r, CODE_VALUE, 0, "%s%s", json_place_prefix(place, prefix), why);
}

/* Which members an object may have. */
typedef struct member {
    const char *name;
    kw_kind kind; /* KW_KIND_STRUCT: read elsewhere, or computed */
    size_t offset;
} member;

static const member *find_member(const member *members, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

/* Reads the primitive members into the struct `to`; refuses those that are not known. */
static bool read_members(const member *members, size_t count, json_t *json, void *to, const json_place *place,
                         report *r)
{
    const char *key;
    json_t *value;
    if (!json_is_object(json))
        return refuse_kind(r, place, "an object", json);
    json_object_foreach (json, key, value) {
        const member *m = find_member(members, count, key);
        json_place inner = {place, m != NULL ? m->name : key, 0};
        if (m == NULL)
            return refuse(r, &inner, "there is no such member");
        const kw_field field = {.name = m->name, .kind = (uint8_t)m->kind};
        if (m->kind != KW_KIND_STRUCT && !scalar_from_json(&field, value, (char *)to + m->offset, NULL, &inner, r))
            return false;
    }
    return true;
}

/* ---- keys and values ---- */

/* A message in its own form: {"message":NAME,"version":N,"value":{...}}. */
typedef struct named_message {
    const kw_message *m;
    int16_t version;
    void *value;
} named_message;

static bool read_message(json_t *json, named_message *out, kw_arena *arena, const json_place *place, report *r)
{
    json_t *name = json_object_get(json, "message");
    json_t *version = json_object_get(json, "version");
    json_place inner = {place, "value", 0};
    if (!json_is_string(name) || !json_is_integer(version) || json_object_get(json, "value") == NULL)
        return refuse(r, place, "a message has the members \"message\", \"version\" and \"value\"");
    kw_string text = {json_string_value(name), (int32_t)json_string_length(name)};
    report inside;
    out->m = codec_find(text, json_integer_value(version), &inside);
    if (out->m == NULL)
        return refuse(r, place, inside.detail);
    out->version = (int16_t)json_integer_value(version);
    return message_from_json(out->m, out->version, json_object_get(json, "value"), JSON_MISSING_REFUSED, arena,
                             &out->value, &inside) ||
           refuse(r, &inner, inside.detail);
}

/* The bytes of a record that Kafka keeps in its own topics, headers included. */
static bool read_persisted(json_t *json, kw_bytes *out, kw_arena *arena, const json_place *place, report *r)
{
    named_message n;
    report inside;
    if (!read_message(json, &n, arena, place, r))
        return false;
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), MOST_BYTES);
    kw_persisted_encode_header(&w, n.m, n.version);
    bool fine = kw_writer_ok(&w)
                    ? message_encode(n.m, n.version, n.value, &w, &inside) || refuse(r, place, inside.detail)
                    : refuse(r, place, "not a message of a key or value in a topic of Kafka's own");
    kw_span bytes = kw_writer_data(&w);
    uint8_t *data = fine ? arena_items(arena, bytes.size + 1, 1, place, r) : NULL;
    if (data != NULL) {
        memcpy(data, bytes.data, bytes.size);
        *out = kw_bytes_of(data, bytes.size);
    }
    kw_writer_finish(&w);
    return data != NULL;
}

static bool read_bytes(json_t *json, kw_bytes *out, kw_arena *arena, const json_place *place, report *r)
{
    *out = (kw_bytes){NULL, -1};
    if (json == NULL || json_is_null(json))
        return true;
    if (json_is_string(json)) {
        *out = kw_bytes_of(json_string_value(json), json_string_length(json));
        return true;
    }
    if (!json_is_object(json))
        return refuse_kind(r, place, "a string, null, {\"base64\":...} or a message", json);
    json_t *base64 = json_object_get(json, "base64");
    if (base64 == NULL)
        return read_persisted(json, out, arena, place, r);
    const kw_field field = {.name = "base64", .kind = KW_KIND_BYTES};
    json_place inner = {place, "base64", 0};
    return scalar_from_json(&field, base64, out, arena, &inner, r);
}

/* ---- records ---- */

typedef struct record_members {
    int64_t offset;
    int64_t timestamp;
} record_members;

static const member of_record[] = {
    {"offset", KW_KIND_INT64, offsetof(record_members, offset)},
    {"timestamp", KW_KIND_INT64, offsetof(record_members, timestamp)},
    {"key", KW_KIND_STRUCT, 0},
    {"value", KW_KIND_STRUCT, 0},
    {"headers", KW_KIND_STRUCT, 0},
    {"control", KW_KIND_STRUCT, 0},
    {"controlType", KW_KIND_STRUCT, 0},
    {"sequence", KW_KIND_STRUCT, 0},
    {"batch", KW_KIND_STRUCT, 0},
    {"members", KW_KIND_STRUCT, 0},
};

static bool read_header(json_t *json, kw_record_header *out, kw_arena *arena, const json_place *place, report *r)
{
    static const member of_header[] = {{"key", KW_KIND_STRUCT, 0}, {"value", KW_KIND_STRUCT, 0}};
    json_place key_place = {place, "key", 0};
    json_place value_place = {place, "value", 0};
    kw_bytes key;
    if (!read_members(of_header, 2, json, NULL, place, r) ||
        !read_bytes(json_object_get(json, "key"), &key, arena, &key_place, r) ||
        !read_bytes(json_object_get(json, "value"), &out->value, arena, &value_place, r))
        return false;
    out->key = (kw_string){(const char *)key.data, key.len};
    return key.len >= 0 || refuse(r, &key_place, "the key of a header is not null");
}

static bool read_headers(json_t *json, kw_new_record *out, kw_arena *arena, const json_place *parent, report *r)
{
    json_place place = {parent, "headers", 0};
    if (json == NULL)
        return true;
    if (!json_is_array(json))
        return refuse_kind(r, &place, "an array", json);
    size_t count = json_array_size(json);
    kw_record_header *headers = arena_items(arena, count + 1, sizeof *headers, &place, r);
    if (headers == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        json_place element = {&place, NULL, i};
        if (!read_header(json_array_get(json, i), &headers[i], arena, &element, r))
            return false;
    }
    out->headers = headers;
    out->header_count = (int32_t)count;
    return true;
}

/* The message in the value of such a control record. */
static const kw_message *control_message(int16_t type)
{
    static const char *const names[] = {"EndTxnMarker",         "EndTxnMarker",         "LeaderChangeMessage",
                                        "SnapshotHeaderRecord", "SnapshotFooterRecord", "KRaftVersionRecord",
                                        "VotersRecord"};
    return kw_message_by_name(kw_string_of(names[type]));
}

/* The type of a control record, by its name. */
static bool read_control_type(json_t *json, int16_t *out, const json_place *parent, report *r)
{
    json_place place = {parent, "control", 0};
    for (int16_t type = 0; json_is_string(json) && type <= KW_CONTROL_VOTERS; type++)
        if (name_is(kw_control_type_name(type), json_string_value(json), json_string_length(json))) {
            *out = type;
            return true;
        }
    return refuse(r, &place, "the type of a control record: \"ABORT\", \"COMMIT\", ...");
}

static bool append_control(kw_batch_builder *b, json_t *json, int64_t timestamp, kw_arena *arena,
                           const json_place *place, report *r)
{
    kw_control_record control = {0};
    named_message n;
    json_place value_place = {place, "value", 0};
    if (!read_control_type(json_object_get(json, "control"), &control.type, place, r) ||
        !read_message(json_object_get(json, "value"), &n, arena, &value_place, r))
        return false;
    if (n.m != control_message(control.type))
        return refuse(r, &value_place, "not the message of such a control record");
    control.version = n.version;
    control.message = n.m;
    memcpy(&control.value, n.value, n.m->type->size);
    kw_status status = kw_batch_builder_append_control(b, timestamp, &control);
    return status == KW_OK || refuse(r, place, kw_status_text(status));
}

static bool append_record(kw_batch_builder *b, json_t *json, kw_arena *arena, const json_place *place, report *r)
{
    record_members m = {b->last_offset + 1, KW_NO_TIMESTAMP};
    kw_new_record record = {.key = {NULL, -1}};
    json_place key_place = {place, "key", 0};
    json_place value_place = {place, "value", 0};
    if (!read_members(of_record, sizeof of_record / sizeof of_record[0], json, &m, place, r))
        return false;
    if (b->options.control)
        return append_control(b, json, m.timestamp, arena, place, r);
    record.timestamp = m.timestamp;
    if (!read_bytes(json_object_get(json, "key"), &record.key, arena, &key_place, r) ||
        !read_bytes(json_object_get(json, "value"), &record.value, arena, &value_place, r) ||
        !read_headers(json_object_get(json, "headers"), &record, arena, place, r))
        return false;
    kw_status status = kw_batch_builder_append_at(b, m.offset, &record);
    return status == KW_OK || refuse(r, place, kw_status_text(status));
}

/* ---- batches ---- */

/* Computed: "position", "size", "lastOffset", "count", "crc", "crcValid", "baseTimestamp", "lastSequence". */
static const member of_batch[] = {
    {"baseOffset", KW_KIND_INT64, offsetof(kw_batch_options, base_offset)},
    {"leaderEpoch", KW_KIND_INT32, offsetof(kw_batch_options, leader_epoch)},
    {"producerId", KW_KIND_INT64, offsetof(kw_batch_options, producer_id)},
    {"producerEpoch", KW_KIND_INT16, offsetof(kw_batch_options, producer_epoch)},
    {"baseSequence", KW_KIND_INT32, offsetof(kw_batch_options, base_sequence)},
    {"transactional", KW_KIND_BOOL, offsetof(kw_batch_options, transactional)},
    {"control", KW_KIND_BOOL, offsetof(kw_batch_options, control)},
    {"magic", KW_KIND_STRUCT, 0},
    {"codec", KW_KIND_STRUCT, 0},
    {"timestampType", KW_KIND_STRUCT, 0},
    {"maxTimestamp", KW_KIND_STRUCT, 0},
    {"deleteHorizon", KW_KIND_STRUCT, 0},
    {"records", KW_KIND_STRUCT, 0},
    {"position", KW_KIND_STRUCT, 0},
    {"size", KW_KIND_STRUCT, 0},
    {"lastOffset", KW_KIND_STRUCT, 0},
    {"count", KW_KIND_STRUCT, 0},
    {"crc", KW_KIND_STRUCT, 0},
    {"crcValid", KW_KIND_STRUCT, 0},
    {"baseTimestamp", KW_KIND_STRUCT, 0},
    {"lastSequence", KW_KIND_STRUCT, 0},
};

static bool read_codec(json_t *json, kw_codec *out, const json_place *parent, report *r)
{
    json_place place = {parent, "codec", 0};
    for (int c = KW_CODEC_NONE; c <= KW_CODEC_ZSTD; c++)
        if (json == NULL ||
            (json_is_string(json) && strcmp(json_string_value(json), kw_codec_name((kw_codec)c)) == 0)) {
            *out = (kw_codec)c;
            return true;
        }
    return refuse(r, &place, "\"none\", \"gzip\", \"snappy\", \"lz4\" or \"zstd\"");
}

/* A number of ms; null and a missing member leave *out as it is. */
static bool read_time(json_t *json, const char *name, int64_t *out, const json_place *parent, report *r)
{
    const kw_field field = {.name = name, .kind = KW_KIND_INT64};
    json_place place = {parent, name, 0};
    return json == NULL || json_is_null(json) || scalar_from_json(&field, json, out, NULL, &place, r);
}

static bool read_magic(json_t *json, uint8_t *out, const json_place *parent, report *r)
{
    json_place place = {parent, "magic", 0};
    if (json == NULL)
        return true;
    if (!json_is_integer(json) || json_integer_value(json) < 0 || json_integer_value(json) > KW_MAGIC_V2)
        return refuse(r, &place, "0, 1 or 2");
    *out = (uint8_t)json_integer_value(json);
    return true;
}

/* LogAppendTime takes the greatest time for all records. */
static bool read_append_time(json_t *json, int64_t *out, const json_place *parent, report *r)
{
    json_place place = {parent, "timestampType", 0};
    const char *type = json_string_value(json_object_get(json, "timestampType"));
    if (json_object_get(json, "timestampType") == NULL || (type != NULL && name_is("CreateTime", type, strlen(type))))
        return true;
    if (type == NULL || !name_is("LogAppendTime", type, strlen(type)))
        return refuse(r, &place, "\"CreateTime\" or \"LogAppendTime\"");
    *out = 0;
    return read_time(json_object_get(json, "maxTimestamp"), "maxTimestamp", out, parent, r);
}

static bool read_options(json_t *json, kw_batch_options *o, const json_place *place, report *r)
{
    kw_batch_options_init(o);
    return read_members(of_batch, sizeof of_batch / sizeof of_batch[0], json, o, place, r) &&
           read_magic(json_object_get(json, "magic"), &o->magic, place, r) &&
           read_codec(json_object_get(json, "codec"), &o->codec, place, r) &&
           read_time(json_object_get(json, "deleteHorizon"), "deleteHorizon", &o->delete_horizon, place, r) &&
           read_append_time(json, &o->append_time, place, r);
}

static bool build(kw_writer *out, const kw_batch_options *o, json_t *records, kw_arena *arena, const json_place *place,
                  report *r)
{
    kw_batch_builder b;
    kw_status status = kw_batch_builder_init(&b, out, o);
    if (status == KW_ERR_ARGUMENT)
        return refuse(r, place, "members of the batch contradict each other, as a transaction without a producer does");
    if (status != KW_OK)
        return refuse(r, place, kw_status_text(status));
    for (size_t i = 0; i < json_array_size(records); i++) {
        json_place element = {place, NULL, i};
        if (!append_record(&b, json_array_get(records, i), arena, &element, r)) {
            kw_batch_builder_cancel(&b);
            return false;
        }
    }
    status = kw_batch_builder_end(&b);
    return status == KW_OK || refuse(r, place, kw_status_text(status));
}

/* `place` is that of the records. */
static bool build_batch(kw_writer *out, kw_batch_options *o, json_t *records, kw_arena *arena, const json_place *place,
                        report *r)
{
    if (!json_is_array(records))
        return refuse_kind(r, place, "an array", records);
    if (o->codec == KW_CODEC_NONE)
        return build(out, o, records, arena, place, r);
    kw_writer scratch;
    kw_writer_init_growing(&scratch, kw_allocator_libc(), MOST_BYTES);
    o->scratch = &scratch;
    o->compressor = kw_compressor_create(kw_allocator_libc());
    bool fine =
        o->compressor != NULL ? build(out, o, records, arena, place, r) : report_status(r, KW_ERR_NO_MEMORY, 0, "");
    kw_compressor_destroy(o->compressor);
    kw_writer_finish(&scratch);
    return fine;
}

static bool build_all(kw_writer *out, const json_t *batches, kw_arena *arena, const json_place *place, report *r)
{
    kw_batch_options o;
    const json_t *first = json_array_get(batches, 0);
    bool are_records = json_is_object(first) && json_object_get(first, "records") == NULL;
    if (are_records) {
        kw_batch_options_init(&o);
        json_t *records = json_copy((json_t *)(uintptr_t)batches);
        bool fine = build_batch(out, &o, records, arena, place, r);
        json_decref(records);
        return fine;
    }
    for (size_t i = 0; i < json_array_size(batches); i++) {
        json_place element = {place, NULL, i};
        json_place inner = {&element, "records", 0};
        json_t *batch = json_array_get(batches, i);
        if (!read_options(batch, &o, &element, r) ||
            !build_batch(out, &o, json_object_get(batch, "records"), arena, &inner, r))
            return false;
    }
    return true;
}

bool records_from_json(const json_t *batches, kw_bytes *out, kw_arena *arena, const json_place *place, report *r)
{
    kw_writer w;
    kw_writer_init_growing(&w, kw_allocator_libc(), MOST_BYTES);
    bool fine = build_all(&w, batches, arena, place, r);
    if (fine) {
        kw_span bytes = kw_writer_data(&w);
        uint8_t *data = arena_items(arena, bytes.size + 1, 1, place, r);
        fine = data != NULL;
        if (fine && bytes.size != 0)
            memcpy(data, bytes.data, bytes.size);
        *out = kw_bytes_of(data, fine ? bytes.size : 0);
    }
    kw_writer_finish(&w);
    return fine;
}

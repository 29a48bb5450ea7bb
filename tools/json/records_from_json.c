/* SPDX-License-Identifier: Apache-2.0 */
#include "records_from_json.h"

#include <string.h>

#include <kwire/persisted.h>
#include <kwire/record_builder.h>

#include "../command/message.h"
#include "../command/names.h"
#include "codec.h"
#include "json_scalar.h"

#define MOST_BYTES ((size_t)INT32_MAX)

/* ---- members of objects ---- */

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
            return refuse_value(r, &inner, "there is no such member");
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
        return refuse_value(r, place, "a message has the members \"message\", \"version\" and \"value\"");
    kw_string text = {json_string_value(name), (int32_t)json_string_length(name)};
    report inside;
    out->m = codec_find(text, json_integer_value(version), &inside);
    if (out->m == NULL)
        return refuse_value(r, place, inside.detail);
    out->version = (int16_t)json_integer_value(version);
    return message_from_json(out->m, out->version, json_object_get(json, "value"), JSON_MISSING_REFUSED, arena,
                             &out->value, &inside) ||
           refuse_value(r, &inner, inside.detail);
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
                    ? message_encode(n.m, n.version, n.value, &w, &inside) || refuse_value(r, place, inside.detail)
                    : refuse_value(r, place, "not a message of a key or value in a topic of Kafka's own");
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

#define NOT_GIVEN INT64_MIN

typedef struct record_members {
    int64_t offset;
    int64_t timestamp;
    int64_t create_time; /* NOT_GIVEN: the timestamp */
} record_members;

static const member of_record[] = {
    {"offset", KW_KIND_INT64, offsetof(record_members, offset)},
    {"timestamp", KW_KIND_INT64, offsetof(record_members, timestamp)},
    {"createTime", KW_KIND_INT64, offsetof(record_members, create_time)},
    {"key", KW_KIND_STRUCT, 0},
    {"value", KW_KIND_STRUCT, 0},
    {"headers", KW_KIND_STRUCT, 0},
    {"control", KW_KIND_STRUCT, 0},
    {"controlType", KW_KIND_STRUCT, 0},
    {"sequence", KW_KIND_STRUCT, 0},
    {"batch", KW_KIND_STRUCT, 0},
    {"members", KW_KIND_STRUCT, 0},
    {"decodeError", KW_KIND_STRUCT, 0},
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
    return key.len >= 0 || refuse_value(r, &key_place, "the key of a header is not null");
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
    return refuse_value(r, &place, "the type of a control record: \"ABORT\", \"COMMIT\", ...");
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
        return refuse_value(r, &value_place, "not the message of such a control record");
    control.version = n.version;
    control.message = n.m;
    memcpy(&control.value, n.value, n.m->type->size);
    kw_status status = kw_batch_builder_append_control(b, timestamp, &control);
    return status == KW_OK || refuse_value(r, place, kw_status_text(status));
}

static bool append_record(kw_batch_builder *b, json_t *json, kw_arena *arena, const json_place *place, report *r)
{
    record_members m = {b->last_offset + 1, KW_NO_TIMESTAMP, NOT_GIVEN};
    kw_new_record record = {.key = {NULL, -1}};
    json_place key_place = {place, "key", 0};
    json_place value_place = {place, "value", 0};
    if (!read_members(of_record, sizeof of_record / sizeof of_record[0], json, &m, place, r))
        return false;
    record.timestamp = m.create_time != NOT_GIVEN ? m.create_time : m.timestamp;
    if (b->options.control)
        return append_control(b, json, record.timestamp, arena, place, r);
    if (!read_bytes(json_object_get(json, "key"), &record.key, arena, &key_place, r) ||
        !read_bytes(json_object_get(json, "value"), &record.value, arena, &value_place, r) ||
        !read_headers(json_object_get(json, "headers"), &record, arena, place, r))
        return false;
    kw_status status = kw_batch_builder_append_at(b, m.offset, &record);
    return status == KW_OK || refuse_value(r, place, kw_status_text(status));
}

/* ---- batches ---- */

typedef struct batch_members {
    kw_batch_options options;
    int64_t last_offset; /* KW_NO_OFFSET: of the last record */
    int64_t max_timestamp;
} batch_members;

/* Computed: "position", "size", "count", "crc", "crcValid", "baseTimestamp", "lastSequence". */
static const member of_batch[] = {
    {"baseOffset", KW_KIND_INT64, offsetof(batch_members, options.base_offset)},
    {"leaderEpoch", KW_KIND_INT32, offsetof(batch_members, options.leader_epoch)},
    {"producerId", KW_KIND_INT64, offsetof(batch_members, options.producer_id)},
    {"producerEpoch", KW_KIND_INT16, offsetof(batch_members, options.producer_epoch)},
    {"baseSequence", KW_KIND_INT32, offsetof(batch_members, options.base_sequence)},
    {"transactional", KW_KIND_BOOL, offsetof(batch_members, options.transactional)},
    {"control", KW_KIND_BOOL, offsetof(batch_members, options.control)},
    {"magic", KW_KIND_STRUCT, 0},
    {"codec", KW_KIND_STRUCT, 0},
    {"timestampType", KW_KIND_STRUCT, 0},
    {"maxTimestamp", KW_KIND_STRUCT, 0},
    {"deleteHorizon", KW_KIND_STRUCT, 0},
    {"records", KW_KIND_STRUCT, 0},
    {"base64", KW_KIND_STRUCT, 0},
    {"note", KW_KIND_STRUCT, 0},
    {"lastOffset", KW_KIND_INT64, offsetof(batch_members, last_offset)},
    {"position", KW_KIND_STRUCT, 0},
    {"size", KW_KIND_STRUCT, 0},
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
    return refuse_value(r, &place, "\"none\", \"gzip\", \"snappy\", \"lz4\" or \"zstd\"");
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
        return refuse_value(r, &place, "0, 1 or 2");
    *out = (uint8_t)json_integer_value(json);
    return true;
}

/* LogAppendTime takes the greatest time for all records. */
static bool read_append_time(json_t *json, batch_members *m, const json_place *parent, report *r)
{
    json_place place = {parent, "timestampType", 0};
    json_t *given = json_object_get(json, "timestampType");
    const char *type = json_string_value(given);
    if (given == NULL ||
        (type != NULL && (name_is("CreateTime", type, strlen(type)) || name_is("NoTimestampType", type, strlen(type)))))
        return true;
    if (type == NULL || !name_is("LogAppendTime", type, strlen(type)))
        return refuse_value(r, &place, "\"CreateTime\" or \"LogAppendTime\"");
    m->options.append_time = m->max_timestamp != KW_NO_TIMESTAMP ? m->max_timestamp : 0;
    return true;
}

/* The offsets inside a compressed message of magic 0 and 1 follow from its first one, which its header does not have.
 */
static bool read_base_of_messages(json_t *json, kw_batch_options *o, const json_place *parent, report *r)
{
    json_t *first = json_array_get(json_object_get(json, "records"), 0);
    json_t *offset = json_object_get(first, "offset");
    json_place records = {parent, "records", 0};
    json_place element = {&records, NULL, 0};
    json_place place = {&element, "offset", 0};
    const kw_field field = {.name = "offset", .kind = KW_KIND_INT64};
    if (o->magic == KW_MAGIC_V2 || offset == NULL || json_object_get(json, "baseOffset") != NULL)
        return true;
    return scalar_from_json(&field, offset, &o->base_offset, NULL, &place, r);
}

static bool read_header_of_batch(json_t *json, batch_members *m, const json_place *place, report *r)
{
    kw_batch_options *o = &m->options;
    kw_batch_options_init(o);
    m->last_offset = KW_NO_OFFSET;
    m->max_timestamp = KW_NO_TIMESTAMP;
    return read_members(of_batch, sizeof of_batch / sizeof of_batch[0], json, m, place, r) &&
           read_magic(json_object_get(json, "magic"), &o->magic, place, r) &&
           read_codec(json_object_get(json, "codec"), &o->codec, place, r) &&
           read_time(json_object_get(json, "deleteHorizon"), "deleteHorizon", &o->delete_horizon, place, r) &&
           read_time(json_object_get(json, "maxTimestamp"), "maxTimestamp", &m->max_timestamp, place, r) &&
           read_append_time(json, m, place, r) && read_base_of_messages(json, o, place, r);
}

static bool append_records(kw_batch_builder *b, json_t *records, kw_arena *arena, const json_place *place, report *r)
{
    for (size_t i = 0; i < json_array_size(records); i++) {
        json_place element = {place, NULL, i};
        if (!append_record(b, json_array_get(records, i), arena, &element, r))
            return false;
    }
    return true;
}

/* Compaction removes records at the end of a batch, or all of them, but keeps its last offset. */
static bool end_batch(kw_batch_builder *b, kw_writer *out, const batch_members *m, const json_place *place, report *r)
{
    bool reaches = m->options.magic == KW_MAGIC_V2 && m->last_offset > b->last_offset;
    kw_status status = KW_OK;
    if (reaches && b->count == 0) {
        kw_batch_builder_cancel(b);
        status = kw_write_empty_batch(out, &m->options, m->last_offset, m->max_timestamp);
    } else {
        status = reaches ? kw_batch_builder_reach(b, m->last_offset) : KW_OK;
        status = status == KW_OK ? kw_batch_builder_end(b) : status;
    }
    return status == KW_OK || refuse_value(r, place, kw_status_text(status));
}

static bool build(kw_writer *out, const batch_members *m, json_t *records, kw_arena *arena, const json_place *place,
                  report *r)
{
    kw_batch_builder b;
    kw_status status = kw_batch_builder_init(&b, out, &m->options);
    if (status == KW_ERR_ARGUMENT)
        return refuse_value(r, place,
                            "members of the batch contradict each other, as a transaction without a producer does");
    if (status != KW_OK)
        return refuse_value(r, place, kw_status_text(status));
    if (append_records(&b, records, arena, place, r) && end_batch(&b, out, m, place, r))
        return true;
    kw_batch_builder_cancel(&b);
    return false;
}

/* `place` is that of the records. */
static bool build_batch(kw_writer *out, batch_members *m, json_t *records, kw_arena *arena, const json_place *place,
                        report *r)
{
    if (!json_is_array(records))
        return refuse_kind(r, place, "an array", records);
    if (m->options.codec == KW_CODEC_NONE)
        return build(out, m, records, arena, place, r);
    kw_writer scratch;
    kw_writer_init_growing(&scratch, kw_allocator_libc(), MOST_BYTES);
    m->options.scratch = &scratch;
    m->options.compressor = kw_compressor_create(kw_allocator_libc());
    bool fine = m->options.compressor != NULL ? build(out, m, records, arena, place, r)
                                              : report_status(r, KW_ERR_NO_MEMORY, 0, "");
    kw_compressor_destroy(m->options.compressor);
    kw_writer_finish(&scratch);
    return fine;
}

/* Any bytes in place of a batch. */
static bool put_bytes(kw_writer *out, json_t *base64, kw_arena *arena, const json_place *parent, report *r)
{
    const kw_field field = {.name = "base64", .kind = KW_KIND_BYTES};
    json_place place = {parent, "base64", 0};
    kw_bytes bytes;
    if (!scalar_from_json(&field, base64, &bytes, arena, &place, r))
        return false;
    kw_write_raw(out, bytes.data, (size_t)bytes.len);
    return kw_writer_ok(out) || refuse_value(r, &place, kw_status_text(out->status));
}

static bool build_element(kw_writer *out, json_t *batch, kw_arena *arena, const json_place *place, report *r)
{
    batch_members m;
    json_place records = {place, "records", 0};
    json_t *base64 = json_object_get(batch, "base64");
    if (base64 != NULL)
        return put_bytes(out, base64, arena, place, r);
    return read_header_of_batch(batch, &m, place, r) &&
           build_batch(out, &m, json_object_get(batch, "records"), arena, &records, r);
}

static bool are_records(const json_t *elements)
{
    const json_t *first = json_array_get(elements, 0);
    return json_is_object(first) && json_object_get(first, "records") == NULL &&
           json_object_get(first, "base64") == NULL;
}

static bool build_from_records(kw_writer *out, const json_t *elements, kw_arena *arena, const json_place *place,
                               report *r)
{
    batch_members m = {.last_offset = KW_NO_OFFSET, .max_timestamp = KW_NO_TIMESTAMP};
    kw_batch_options_init(&m.options);
    json_t *records = json_copy((json_t *)(uintptr_t)elements);
    bool fine = build_batch(out, &m, records, arena, place, r);
    json_decref(records);
    return fine;
}

static bool build_all(kw_writer *out, const json_t *elements, kw_arena *arena, const json_place *place, report *r)
{
    if (are_records(elements))
        return build_from_records(out, elements, arena, place, r);
    for (size_t i = 0; i < json_array_size(elements); i++) {
        json_place element = {place, NULL, i};
        if (!build_element(out, json_array_get(elements, i), arena, &element, r))
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

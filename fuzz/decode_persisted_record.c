/* SPDX-License-Identifier: Apache-2.0 */
/* A record of one of Kafka's own topics, from an untrusted log: headers and bodies of key and value. Parts that were
 * read without an error are written again and read again. The input: topic (8 bits; +128: the value is null), size
 * of the key (16 bits; 65535: null), the key, the value. */
#include <kwire/persisted.h>

#include "message.h"

enum { NULL_VALUE = 128, NULL_KEY = 65535 };

typedef struct bodies {
    reading key;
    reading value;
} bodies;

static void check_bounds(const kw_persisted *p, kw_bytes key, kw_bytes value)
{
    if (p->key.len >= 0)
        FUZZ_REQUIRE(p->key.len <= key.len && p->key.data + p->key.len == key.data + key.len);
    if (p->value.len >= 0)
        FUZZ_REQUIRE(p->value.len <= value.len && p->value.data + p->value.len == value.data + value.len);
    if (p->kind == KW_PERSISTED_KNOWN || p->kind == KW_PERSISTED_TOMBSTONE)
        FUZZ_REQUIRE(p->record == kw_record_type_find(p->record->topic, p->type));
}

static bool decode_bodies(const kw_persisted *p, bodies *out, kw_arena *arena)
{
    bool done = true;
    if (p->record->key != NULL) {
        out->key = decode_message(p->record->key, 0, p->key.data, (size_t)p->key.len, 0, arena);
        done = out->key.status == KW_OK;
    }
    if (p->kind == KW_PERSISTED_TOMBSTONE)
        return done;
    FUZZ_REQUIRE(kw_versions_have(p->record->value->versions, p->version));
    out->value = decode_message(p->record->value, p->version, p->value.data, (size_t)p->value.len, 0, arena);
    return done && out->value.status == KW_OK;
}

/* One part of the record as bytes in the writer; null if tags that only a lenient reader accepts cannot be written. */
static kw_bytes write_part(const kw_message *m, int16_t version, const void *value, kw_writer *w)
{
    kw_bytes part = {NULL, -1};
    kw_persisted_encode_header(w, m, version);
    FUZZ_REQUIRE(kw_writer_ok(w));
    kw_status status = encode_message(m, version, value, w);
    FUZZ_REQUIRE(status == KW_OK || status == KW_ERR_TAG_ORDER || status == KW_ERR_TAG_DUPLICATE);
    if (status == KW_OK) {
        part.data = kw_writer_data(w).data;
        part.len = (int32_t)kw_writer_data(w).size;
    }
    return part;
}

static void read_again(const kw_persisted *p, const bodies *b, kw_bytes key, kw_bytes value, kw_arena *arena)
{
    kw_persisted again;
    bodies read;
    FUZZ_REQUIRE(kw_persisted_decode_header(&again, p->record->topic, key, value) == KW_OK);
    FUZZ_REQUIRE(again.kind == p->kind && again.record == p->record && again.version == p->version);
    FUZZ_REQUIRE(decode_bodies(&again, &read, arena));
    if (p->record->key != NULL)
        FUZZ_REQUIRE(kw_message_equal(p->record->key, b->key.value, read.key.value));
    if (p->kind == KW_PERSISTED_KNOWN)
        FUZZ_REQUIRE(kw_message_equal(p->record->value, b->value.value, read.value.value));
}

static void write_again(const kw_persisted *p, const bodies *b, kw_arena *arena)
{
    kw_writer key_writer, value_writer;
    kw_bytes key = {NULL, -1}, value = {NULL, -1};
    kw_writer_init_growing(&key_writer, kw_allocator_libc(), FUZZ_MEMORY);
    kw_writer_init_growing(&value_writer, kw_allocator_libc(), FUZZ_MEMORY);
    bool has_value = p->kind == KW_PERSISTED_KNOWN;
    if (p->record->key != NULL)
        key = write_part(p->record->key, 0, b->key.value, &key_writer);
    if (has_value)
        value = write_part(p->record->value, p->version, b->value.value, &value_writer);
    if (kw_writer_ok(&key_writer) && kw_writer_ok(&value_writer))
        read_again(p, b, key, value, arena);
    kw_writer_finish(&key_writer);
    kw_writer_finish(&value_writer);
}

static void read_record(kw_internal_topic topic, kw_bytes key, kw_bytes value, kw_arena *arena)
{
    kw_persisted p;
    bodies b;
    kw_status status = kw_persisted_decode_header(&p, topic, key, value);
    if (status != KW_OK) {
        FUZZ_REQUIRE(p.error_at <= (size_t)(key.len > 0 ? key.len : 0) + (size_t)(value.len > 0 ? value.len : 0));
        return;
    }
    check_bounds(&p, key, value);
    if ((p.kind == KW_PERSISTED_KNOWN || p.kind == KW_PERSISTED_TOMBSTONE) && decode_bodies(&p, &b, arena))
        write_again(&p, &b, arena);
}

static kw_bytes take(fuzz_input *in, size_t size)
{
    size_t taken = size < fuzz_left(in) ? size : fuzz_left(in);
    kw_bytes bytes = kw_bytes_of(in->pos, taken);
    in->pos += taken;
    return bytes;
}

void fuzz_target(const uint8_t *data, size_t size)
{
    static const kw_bytes null = {NULL, -1};
    fuzz_input in = {data, data + size};
    uint8_t first = fuzz_take8(&in);
    uint16_t key_size = fuzz_take16(&in);
    kw_internal_topic topic = (kw_internal_topic)((first & ~NULL_VALUE) % (KW_INTERNAL_TOPIC_SHARE_GROUP_STATE + 1));
    kw_bytes key = key_size == NULL_KEY ? null : take(&in, key_size);
    kw_bytes value = (first & NULL_VALUE) != 0 ? null : take(&in, fuzz_left(&in));
    kw_arena arena;
    fuzz_arena(&arena);
    read_record(topic, key, value, &arena);
    kw_arena_finish(&arena);
}

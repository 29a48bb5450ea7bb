/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <kwire/walk.h>

/* The lower half of FNV-1a. */
static uint16_t name_hash(const char *name)
{
    uint32_t hash = UINT32_C(2166136261);
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * UINT32_C(16777619);
    return (uint16_t)hash;
}

/* By hash. The table is filled once: hashing all names takes longer than decoding most messages. */
static const kw_message *message_of(uint16_t hash)
{
    static const kw_message *found[UINT16_MAX + 1];
    for (size_t i = 0; found[hash] == NULL && i < kw_message_count(); i++)
        if (name_hash(kw_message_at(i)->name) == hash)
            found[hash] = kw_message_at(i);
    if (found[hash] == NULL)
        found[hash] = kw_message_at(hash % kw_message_count());
    return found[hash];
}

static int16_t version_of(const kw_message *m, uint8_t byte)
{
    if (kw_versions_have(m->versions, byte))
        return byte;
    return (int16_t)(m->versions.first + byte % (m->versions.last - m->versions.first + 1));
}

choice choice_take(fuzz_input *in)
{
    choice c;
    c.message = message_of(fuzz_take16(in));
    c.version = version_of(c.message, fuzz_take8(in));
    c.flags = fuzz_take8(in);
    return c;
}

void choice_put(choice c, uint8_t *out)
{
    uint16_t hash = name_hash(c.message->name);
    out[0] = (uint8_t)(hash >> 8);
    out[1] = (uint8_t)hash;
    out[2] = (uint8_t)c.version;
    out[3] = c.flags;
}

reading decode_message(const kw_message *m, int16_t version, const uint8_t *body, size_t size, uint32_t flags,
                       kw_arena *arena)
{
    reading r;
    kw_reader in;
    kw_reader_init(&in, body, size);
    in.flags = flags;
    r.status = kw_message_decode(m, version, &in, arena, &r.value);
    r.error_at = in.error_at;
    r.left = kw_reader_remaining(&in);
    FUZZ_REQUIRE(r.status == in.status && r.left <= size && r.error_at <= size);
    if (r.status != KW_OK) {
        char path[256];
        size_t length = kw_decode_error_path(m, version, body, size, flags, arena, path, sizeof path);
        FUZZ_REQUIRE(strlen(path) == (length < sizeof path ? length : sizeof path - 1));
        FUZZ_REQUIRE(r.left == 0);
    }
    return r;
}

kw_status encode_message(const kw_message *m, int16_t version, const void *value, kw_writer *out)
{
    char path[64];
    kw_writer counted;
    kw_writer_init_counting(&counted);
    size_t before = kw_writer_needed(out);
    kw_status status = kw_message_encode(m, version, value, out);
    FUZZ_REQUIRE(kw_message_encode(m, version, value, &counted) == status);
    FUZZ_REQUIRE(kw_encode_error_path(m, version, value, path, sizeof path) == status);
    if (status == KW_OK)
        FUZZ_REQUIRE(kw_writer_needed(out) - before == kw_writer_needed(&counted));
    return status;
}

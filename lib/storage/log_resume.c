/* SPDX-License-Identifier: Apache-2.0 */
#include "log_reader.h"

#include <kwire/endian.h>

/* Finds the next batch after a damaged one. Every byte may be its start; the bytes there must pass checks that are
 * increasingly unlikely to pass by chance, the last one being the checksum. */

enum { CODEC_MOST = KW_CODEC_ZSTD, LEGACY_CODEC_MOST = KW_CODEC_LZ4 };

/* A batch's size from its length field; 0: no batch has that. */
static uint64_t size_at(const uint8_t *p)
{
    uint32_t length = kw_load_be32(p + KW_BATCH_LENGTH);
    bool possible = length >= KW_LEGACY_V0_KEY + 8 - KW_BATCH_OVERHEAD && length <= INT32_MAX - KW_BATCH_OVERHEAD;
    return possible ? (uint64_t)length + KW_BATCH_OVERHEAD : 0;
}

/* The offsets of a segment are within 2^31 of its first one. */
static bool offset_may_follow(const kw_log_reader *r, int64_t offset)
{
    if (r->next_offset < 0)
        return offset >= 0;
    return offset >= r->next_offset && offset - r->next_offset <= INT32_MAX;
}

/* True if this may be a header of magic 2. */
static bool header_may_be(const uint8_t *p)
{
    unsigned attributes = kw_load_be16(p + KW_BATCH_V2_ATTRIBUTES);
    uint32_t last_delta = kw_load_be32(p + KW_BATCH_V2_LAST_OFFSET_DELTA);
    uint32_t count = kw_load_be32(p + KW_BATCH_V2_COUNT);
    return attributes < 2 * KW_ATTRIBUTE_DELETE_HORIZON && (attributes & KW_ATTRIBUTE_CODEC) <= CODEC_MOST &&
           last_delta <= INT32_MAX && count <= (uint64_t)last_delta + 1;
}

/* True if a message of magic 0 or 1 ends where its key and value do. */
static bool message_may_be(kw_log_reader *r, const uint8_t *p, uint64_t position, uint64_t size)
{
    unsigned attributes = p[KW_LEGACY_ATTRIBUTES];
    uint64_t key = p[KW_BATCH_MAGIC] == KW_MAGIC_V0 ? KW_LEGACY_V0_KEY : KW_LEGACY_V1_KEY;
    uint32_t key_size = kw_load_be32(p + key);
    if (attributes >= 2 * KW_ATTRIBUTE_LOG_APPEND_TIME || (attributes & KW_ATTRIBUTE_CODEC) > LEGACY_CODEC_MOST)
        return false;
    uint64_t value = key + 4 + (key_size == UINT32_MAX ? 0 : key_size);
    uint8_t bytes[4];
    size_t got;
    if (value + 4 > size || r->search_left < sizeof bytes)
        return false;
    r->search_left -= sizeof bytes;
    if (kwi_log_reader_peek(r, position + value, bytes, sizeof bytes, &got) != KW_OK || got != sizeof bytes)
        return false;
    uint32_t value_size = kw_load_be32(bytes);
    return value + 4 + (value_size == UINT32_MAX ? 0 : value_size) == size;
}

/* The checks that need only the bytes at `p`; there are KW_BATCH_V2_RECORDS of them. */
static bool may_start_at(kw_log_reader *r, const uint8_t *p, uint64_t position)
{
    if (p[KW_BATCH_MAGIC] > KW_MAGIC_V2)
        return false;
    uint64_t size = size_at(p);
    if (size == 0 || size > r->limit || size > r->search_left || !offset_may_follow(r, (int64_t)kw_load_be64(p)))
        return false;
    return p[KW_BATCH_MAGIC] == KW_MAGIC_V2 ? header_may_be(p) : message_may_be(r, p, position, size);
}

/* True if the window starts with a complete batch. It may have moved afterwards. */
static bool is_whole(kw_log_reader *r)
{
    uint64_t size = size_at(r->window + r->start);
    r->search_left -= size;
    if (kwi_log_reader_fill(r, (size_t)size) != KW_OK)
        return false;
    kw_batches bs;
    kw_batch batch;
    kw_batches_init_memory(&bs, r->window + r->start, r->end - r->start);
    bs.flags = KW_BATCHES_CHECK_CRC;
    return kw_batches_next(&bs, &batch);
}

/* The last bytes of the file in a block that is long enough for a header, with zeros after them. */
static bool may_start_at_the_end(kw_log_reader *r, const uint8_t *p, size_t left, uint64_t position)
{
    uint8_t header[KW_BATCH_V2_RECORDS] = {0};
    if (left < KW_LEGACY_V0_KEY + 8)
        return false;
    memcpy(header, p, left);
    return size_at(header) <= left && may_start_at(r, header, position);
}

static bool search(kw_log_reader *r)
{
    for (;;) {
        if (kwi_log_reader_fill(r, KW_BATCH_V2_RECORDS) != KW_OK || r->end == r->start)
            return false;
        while (r->end - r->start >= KW_BATCH_V2_RECORDS) {
            if (may_start_at(r, r->window + r->start, r->position) && is_whole(r))
                return true;
            kwi_log_reader_skip(r, 1);
        }
        while (r->at_end && r->end != r->start) {
            if (may_start_at_the_end(r, r->window + r->start, r->end - r->start, r->position) && is_whole(r))
                return true;
            kwi_log_reader_skip(r, 1);
        }
    }
}

bool kw_log_reader_resume(kw_log_reader *r)
{
    if (r->status == KW_OK || r->status == KW_ERR_FILE || r->status == KW_ERR_NO_MEMORY)
        return false;
    const kw_log_reader before = *r;
    kw_log_reader_seek(r, r->position + 1);
    if (search(r))
        return true;
    kw_log_reader_seek(r, before.position);
    r->status = before.status;
    return false;
}

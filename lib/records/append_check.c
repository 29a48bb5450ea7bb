/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/append.h>

#include <kwire/endian.h>

/* From these versions on Produce requests have only magic 2, and may have zstd. */
enum { FIRST_VERSION_OF_V2 = 3, FIRST_VERSION_OF_ZSTD = 7 };

/* The records that are checked, and the result. */
struct check {
    kw_append *out;
    const kw_append_rules *rules;
    const kw_append_tools *tools;
    kw_refused_records *refused;
    kw_bytes records;
    kw_batch first;
    int32_t batches;
    bool compressed;
    bool uneven; /* magic 2: inner offsets are not 0, 1, 2... */
};

void kw_append_rules_init(kw_append_rules *rules)
{
    memset(rules, 0, sizeof *rules);
    rules->timestamp_before_max = INT64_MAX;
    rules->timestamp_after_max = 3600000;
    rules->max_message_bytes = 1048588;
    rules->segment_bytes = 1 << 30;
    rules->produce_version = INT16_MAX;
    rules->from_client = true;
    rules->keep_codec = true;
    rules->level = KW_LEVEL_DEFAULT;
}

static const struct {
    int16_t error;
    const char *text;
} reasons[] = {
#define FAULT(name, error, text) [KW_APPEND_##name] = {KW_ERROR_##error, text},
    KW_APPEND_REASON_MAP(FAULT)
#undef FAULT
};

const char *kw_append_reason_text(kw_append_reason reason)
{
    return (size_t)reason < sizeof reasons / sizeof reasons[0] ? reasons[reason].text : "unknown reason";
}

static bool refuse(struct check *c, kw_append_reason reason, kw_status status, size_t at)
{
    c->out->reason = reason;
    c->out->error = reasons[reason].error;
    c->out->status = status;
    c->out->error_at = at;
    return false;
}

static bool refuse_damage(struct check *c, const kw_batches *bs)
{
    return refuse(c, KW_APPEND_DAMAGED, bs->status, bs->error_at);
}

/* ---- what the version of the Produce request allows ---- */

static bool check_request(struct check *c)
{
    kw_batches bs;
    kw_batch b;
    kw_batches_init(&bs, c->records);
    if (!kw_batches_next(&bs, &b))
        return bs.status != KW_OK ? refuse_damage(c, &bs) : refuse(c, KW_APPEND_NO_BATCH, KW_OK, 0);
    if (b.magic != KW_MAGIC_V2)
        return refuse(c, KW_APPEND_MAGIC, KW_OK, KW_BATCH_MAGIC);
    if (c->rules->produce_version < FIRST_VERSION_OF_ZSTD) {
        if (kw_batch_codec(&b) == KW_CODEC_ZSTD)
            return refuse(c, KW_APPEND_ZSTD, KW_OK, KW_BATCH_V2_ATTRIBUTES);
        if (kw_batch_codec(&b) > KW_CODEC_ZSTD)
            return refuse(c, KW_APPEND_CODEC_UNKNOWN, KW_ERR_CODEC_UNKNOWN, KW_BATCH_V2_ATTRIBUTES);
    }
    if (kw_batches_next(&bs, &b))
        return refuse(c, KW_APPEND_MANY_BATCHES, KW_OK, b.position);
    return bs.status != KW_OK ? refuse_damage(c, &bs) : true;
}

/* ---- batches as bytes ---- */

static bool check_batch(struct check *c, const kw_batch *b)
{
    bool v2 = b->magic == KW_MAGIC_V2;
    if (v2 && c->rules->from_client && b->base_offset != 0)
        return refuse(c, KW_APPEND_BASE_OFFSET, KW_OK, b->position);
    if (b->size > (size_t)(c->rules->max_message_bytes > 0 ? c->rules->max_message_bytes : 0))
        return refuse(c, KW_APPEND_TOO_LARGE, KW_OK, b->position + KW_BATCH_LENGTH);
    if (kw_batch_check_crc(b) != KW_OK)
        return refuse(c, KW_APPEND_CRC, KW_ERR_CRC, b->position + (v2 ? (size_t)KW_BATCH_V2_CRC : KW_LEGACY_CRC));
    if (kw_batch_codec(b) > (v2 ? KW_CODEC_ZSTD : KW_CODEC_LZ4))
        return refuse(c, KW_APPEND_CODEC_UNKNOWN, KW_ERR_CODEC_UNKNOWN,
                      b->position + (v2 ? (size_t)KW_BATCH_V2_ATTRIBUTES : KW_LEGACY_ATTRIBUTES));
    return true;
}

static bool check_batches(struct check *c)
{
    kw_batches bs;
    kw_batch b;
    for (kw_batches_init(&bs, c->records); kw_batches_next(&bs, &b);) {
        if (!check_batch(c, &b))
            return false;
        if (c->batches++ == 0)
            c->first = b;
        if (kw_batch_codec(&b) != KW_CODEC_NONE) {
            c->compressed = true;
            c->out->codec = kw_batch_codec(&b);
        }
        c->out->size = b.position + b.size;
    }
    if (bs.status != KW_OK)
        return refuse_damage(c, &bs);
    if (c->batches == 0)
        return refuse(c, KW_APPEND_NO_BATCH, KW_OK, 0);
    if (c->batches > 1 && (c->first.magic == KW_MAGIC_V2 || c->compressed))
        return refuse(c, KW_APPEND_MANY_BATCHES, KW_OK, c->first.size);
    return true;
}

/* ---- the fields of batches ---- */

static bool check_header(struct check *c, const kw_batch *b)
{
    if (b->magic != c->first.magic)
        return refuse(c, KW_APPEND_MIXED_MAGIC, KW_OK, b->position + KW_BATCH_MAGIC);
    if (b->magic != KW_MAGIC_V2)
        return true;
    uint64_t delta = (uint64_t)b->last_offset - (uint64_t)b->base_offset;
    if (b->count <= 0 || delta != (uint64_t)b->count - 1)
        return refuse(c, KW_APPEND_COUNT, KW_ERR_COUNT, b->position + KW_BATCH_V2_COUNT);
    if (!c->rules->from_client)
        return true;
    if (kw_batch_is_control(b))
        return refuse(c, KW_APPEND_CONTROL, KW_OK, b->position + KW_BATCH_V2_ATTRIBUTES);
    if (b->producer_id >= 0 && b->base_sequence < 0)
        return refuse(c, KW_APPEND_SEQUENCE, KW_OK, b->position + KW_BATCH_V2_BASE_SEQUENCE);
    return true;
}

/* ---- records ---- */

static kw_append_reason reason_of(kw_status status)
{
    switch (status) {
    case KW_ERR_COMPRESSED_DATA:
        return KW_APPEND_DECOMPRESSION;
    case KW_ERR_CODEC_UNKNOWN:
        return KW_APPEND_CODEC_UNKNOWN;
    case KW_ERR_CODEC:
    case KW_ERR_ARGUMENT:
        return KW_APPEND_CODEC;
    case KW_ERR_SPACE:
    case KW_ERR_MEMORY_LIMIT:
        return KW_APPEND_EXPANSION;
    case KW_ERR_NO_MEMORY:
        return KW_APPEND_MEMORY;
    case KW_ERR_CRC:
        return KW_APPEND_CRC;
    case KW_ERR_COUNT:
    case KW_ERR_TRAILING:
        return KW_APPEND_COUNT;
    default:
        return KW_APPEND_RECORD;
    }
}

/* Both differences wrap, as in Kafka: a timestamp that is out of range by overflow is out of range too. */
static bool is_in_time(const kw_append_rules *rules, int64_t timestamp)
{
    uint64_t age = (uint64_t)rules->now - (uint64_t)timestamp;
    return (int64_t)age <= rules->timestamp_before_max && (int64_t)(0 - age) <= rules->timestamp_after_max;
}

/* False, and *why, if the topic does not accept the record. */
static bool is_accepted(const struct check *c, const kw_batch *b, const kw_record *r, kw_refusal *why)
{
    if (c->rules->compacted && r->key.len < 0) {
        *why = KW_REFUSED_KEY;
        return false;
    }
    if (!c->rules->append_time && r->timestamp != KW_NO_TIMESTAMP) {
        *why = KW_REFUSED_TIMESTAMP;
        return is_in_time(c->rules, r->timestamp);
    }
    *why = KW_REFUSED_TIMESTAMP_TYPE;
    return !kw_batch_has_append_time(b);
}

static void note(struct check *c, int32_t index, kw_refusal why, int64_t timestamp)
{
    kw_refused_records *list = c->refused;
    if (list == NULL)
        return;
    if (list->count < list->capacity) {
        kw_refused_record *item = &list->items[list->count];
        item->index = index;
        item->why = why;
        item->timestamp = timestamp;
    }
    list->count++;
}

static void note_time(struct check *c, int64_t timestamp, int32_t index)
{
    if (timestamp > c->out->max_timestamp) {
        c->out->max_timestamp = timestamp;
        c->out->max_timestamp_index = c->out->count + index;
    }
}

/* Of the messages inside a compressed one, which have been decompressed. */
static bool has_other_magic(const struct check *c, const kw_batch *b)
{
    if (b->magic == KW_MAGIC_V2 || kw_batch_codec(b) == KW_CODEC_NONE)
        return false;
    kw_span all = kw_writer_data(c->tools->scratch);
    const uint8_t *messages = all.data;
    for (size_t at = 0; at < all.size; at += KW_BATCH_OVERHEAD + kw_load_be32(messages + at + KW_BATCH_LENGTH))
        if (messages[at + KW_BATCH_MAGIC] != b->magic)
            return true;
    return false;
}

static bool check_records(struct check *c, const kw_batch *b)
{
    kw_records rs;
    kw_record r;
    int32_t index = 0;
    bool bad_key = false, bad_time = false;
    if (kw_records_init(&rs, b, c->tools->decompressor, c->tools->scratch) == KW_OK && has_other_magic(c, b))
        return refuse(c, KW_APPEND_MIXED_MAGIC, KW_OK, b->position + KW_BATCH_MAGIC);
    rs.flags |= KW_RECORDS_CHECK_CRC;
    for (; kw_records_next(&rs, &r); index++) {
        kw_refusal why;
        if (KW_UNLIKELY(!is_accepted(c, b, &r, &why))) {
            bad_key = bad_key || why == KW_REFUSED_KEY;
            bad_time = bad_time || why != KW_REFUSED_KEY;
            note(c, index, why, r.timestamp);
        }
        if (KW_UNLIKELY((uint64_t)r.offset - (uint64_t)b->base_offset != (uint64_t)index))
            c->uneven = c->uneven || b->magic == KW_MAGIC_V2;
        note_time(c, r.timestamp, index);
    }
    if (rs.status != KW_OK)
        return refuse(c, reason_of(rs.status), rs.status, rs.error_at);
    if (bad_key || bad_time)
        return refuse(c, bad_time ? KW_APPEND_TIMESTAMPS : KW_APPEND_KEYS, KW_OK, b->position);
    if (c->uneven && !c->rules->any_offsets)
        return refuse(c, KW_APPEND_OFFSETS, KW_OK, b->position);
    c->out->count += index;
    return true;
}

/* ---- the result ---- */

static void conclude(struct check *c)
{
    kw_append *out = c->out;
    const kw_append_rules *rules = c->rules;
    out->magic = c->first.magic;
    out->producer_id = c->first.producer_id;
    out->producer_epoch = c->first.producer_epoch;
    out->base_sequence = c->first.base_sequence;
    out->transactional = kw_batch_is_transactional(&c->first);
    out->control = kw_batch_is_control(&c->first);
    out->append_time = rules->append_time;
    if (rules->append_time) {
        out->max_timestamp = rules->now;
        out->max_timestamp_index = 0;
    }
    bool plain_control = out->control && out->codec == KW_CODEC_NONE;
    bool other_codec = !rules->keep_codec && rules->codec != out->codec && !plain_control;
    bool mend = c->uneven && c->compressed;
    out->rewrite = other_codec || mend || out->magic != KW_MAGIC_V2;
}

static bool check_all(struct check *c)
{
    if (c->rules->produce_version >= FIRST_VERSION_OF_V2 && !check_request(c))
        return false;
    if (!check_batches(c))
        return false;
    kw_batches bs;
    kw_batch b;
    for (kw_batches_init(&bs, c->records); kw_batches_next(&bs, &b);)
        if (!check_header(c, &b) || !check_records(c, &b))
            return false;
    if (c->out->size > (size_t)(c->rules->segment_bytes > 0 ? c->rules->segment_bytes : 0))
        return refuse(c, KW_APPEND_SEGMENT, KW_OK, KW_BATCH_LENGTH);
    if (c->first.producer_id >= 0 && c->first.producer_epoch < KW_NO_PRODUCER_EPOCH)
        return refuse(c, KW_APPEND_EPOCH, KW_OK, KW_BATCH_V2_PRODUCER_EPOCH);
    conclude(c);
    return true;
}

int16_t kw_append_check(kw_append *out, kw_bytes records, const kw_append_rules *rules, const kw_append_tools *tools,
                        kw_refused_records *refused)
{
    static const kw_append_tools none = {NULL, NULL, NULL, NULL};
    struct check c = {
        .out = out, .rules = rules, .tools = tools != NULL ? tools : &none, .refused = refused, .records = records};
    memset(out, 0, sizeof *out);
    out->max_timestamp = KW_NO_TIMESTAMP;
    out->max_timestamp_index = -1;
    if (refused != NULL)
        refused->count = 0;
    (void)check_all(&c);
    if (refused != NULL && out->reason != KW_APPEND_KEYS && out->reason != KW_APPEND_TIMESTAMPS)
        refused->count = 0;
    return out->error;
}

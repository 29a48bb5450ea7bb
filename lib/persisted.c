/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/persisted.h>

#include <kwire/reader.h>

static kw_reader reader_of(kw_bytes bytes)
{
    kw_reader in;
    kw_reader_init_bytes(&in, bytes);
    if (bytes.len < 0)
        (void)kw_reader_fail(&in, KW_ERR_NULL);
    return in;
}

static kw_bytes rest_of(const kw_reader *in)
{
    kw_bytes rest = {in->pos, (int32_t)kw_reader_remaining(in)};
    return rest;
}

/* Kafka stores these numbers in an INT16, and refuses larger ones. */
static int16_t read_small_varint(kw_reader *in)
{
    kw_reader before = *in;
    uint32_t number = kw_read_unsigned_varint(in);
    if (number > INT16_MAX) {
        *in = before;
        (void)kw_reader_fail(in, KW_ERR_VARINT);
    }
    return kw_reader_ok(in) ? (int16_t)number : -1;
}

static int16_t read_int16_or_none(kw_reader *in)
{
    int16_t number = kw_read_int16(in);
    return kw_reader_ok(in) ? number : -1;
}

static kw_persisted_kind kind_of(const kw_persisted *found)
{
    if (found->record == NULL)
        return KW_PERSISTED_UNKNOWN_TYPE;
    return kw_versions_have(found->record->value->versions, found->version) ? KW_PERSISTED_KNOWN
                                                                            : KW_PERSISTED_UNKNOWN_VERSION;
}

static kw_status end(kw_persisted *out, const kw_reader *in)
{
    out->error_at = in->error_at;
    return in->status;
}

static kw_status open_metadata(kw_persisted *out, kw_internal_topic topic, kw_bytes value)
{
    kw_reader in = reader_of(value);
    int16_t frame = read_small_varint(&in);
    if (kw_reader_ok(&in) && frame != KW_METADATA_FRAME_VERSION) {
        out->kind = KW_PERSISTED_UNKNOWN_FRAME;
        out->value = rest_of(&in);
        return KW_OK;
    }
    out->type = read_small_varint(&in);
    out->version = read_small_varint(&in);
    if (!kw_reader_ok(&in))
        return end(out, &in);
    out->record = kw_record_type_find(topic, out->type);
    out->kind = kind_of(out);
    out->value = rest_of(&in);
    return KW_OK;
}

static kw_status open_coordinator(kw_persisted *out, kw_internal_topic topic, kw_bytes key, kw_bytes value)
{
    kw_reader in = reader_of(key);
    out->type = read_int16_or_none(&in);
    if (!kw_reader_ok(&in))
        return end(out, &in);
    out->key = rest_of(&in);
    out->record = kw_record_type_find(topic, out->type);
    if (out->record == NULL) {
        out->value = value;
        return KW_OK;
    }
    if (value.len < 0) {
        out->kind = KW_PERSISTED_TOMBSTONE;
        return KW_OK;
    }
    in = reader_of(value);
    out->version = read_int16_or_none(&in);
    if (!kw_reader_ok(&in))
        return end(out, &in);
    out->kind = kind_of(out);
    out->value = rest_of(&in);
    return KW_OK;
}

kw_status kw_persisted_decode_header(kw_persisted *out, kw_internal_topic topic, kw_bytes key, kw_bytes value)
{
    memset(out, 0, sizeof *out);
    out->kind = KW_PERSISTED_UNKNOWN_TYPE;
    out->type = out->version = -1;
    out->key.len = out->value.len = -1;
    switch (topic) {
    case KW_INTERNAL_TOPIC_CLUSTER_METADATA:
    case KW_INTERNAL_TOPIC_REMOTE_LOG_METADATA:
        return open_metadata(out, topic, value);
    case KW_INTERNAL_TOPIC_CONSUMER_OFFSETS:
    case KW_INTERNAL_TOPIC_TRANSACTION_STATE:
    case KW_INTERNAL_TOPIC_SHARE_GROUP_STATE:
        return open_coordinator(out, topic, key, value);
    }
    return KW_ERR_ARGUMENT;
}

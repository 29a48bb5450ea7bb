/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"

#include <kwire/endian.h>

/* The key: its own version, 0, and the type. */
enum { KEY_SIZE = 4 };

/* All types except the markers have values that start with a field `version`, which must be the version they have. */
static const kw_message *set_value_version(kw_control_record *c)
{
    switch (c->type) {
    case KW_CONTROL_ABORT:
    case KW_CONTROL_COMMIT:
        return &kw_end_txn_marker_message;
    case KW_CONTROL_LEADER_CHANGE:
        c->value.leader_change.version = c->version;
        return &kw_leader_change_message_message;
    case KW_CONTROL_SNAPSHOT_HEADER:
        c->value.snapshot_header.version = c->version;
        return &kw_snapshot_header_record_message;
    case KW_CONTROL_SNAPSHOT_FOOTER:
        c->value.snapshot_footer.version = c->version;
        return &kw_snapshot_footer_record_message;
    case KW_CONTROL_KRAFT_VERSION:
        c->value.kraft_version.version = c->version;
        return &kw_kraft_version_record_message;
    case KW_CONTROL_VOTERS:
        c->value.voters.version = c->version;
        return &kw_voters_record_message;
    default:
        return NULL;
    }
}

static kw_status write_value(const kw_control_record *c, const kw_message *message, kw_writer *w)
{
    if (message == &kw_end_txn_marker_message)
        kw_write_int16(w, c->version);
    return message->encode(&c->value, c->version, w);
}

kw_status kw_batch_builder_append_control(kw_batch_builder *b, int64_t timestamp, const kw_control_record *record)
{
    if (!b->open || !b->options.control)
        return KW_ERR_ARGUMENT;
    if (b->last_offset == INT64_MAX)
        return KW_ERR_BATCH_FULL;
    kw_control_record c = *record;
    const kw_message *message = set_value_version(&c);
    if (message == NULL || (message == &kw_end_txn_marker_message && !b->options.transactional))
        return KW_ERR_ARGUMENT;

    kw_writer counter, value;
    kw_writer_init_counting(&counter);
    kw_status status = write_value(&c, message, &counter);
    size_t size = kw_writer_needed(&counter);
    if (status == KW_OK && size > INT32_MAX)
        status = KW_ERR_BATCH_FULL;
    if (status != KW_OK)
        return status;

    uint8_t key[KEY_SIZE] = {0};
    kw_store_be16(key + 2, (uint16_t)c.type);
    kw_new_record r = {.timestamp = timestamp, .key = {key, KEY_SIZE}, .value = {NULL, (int32_t)size}};
    uint8_t *place = NULL;
    status = kwi_batch_builder_add(b, b->last_offset + 1, &r, NULL, &place);
    if (status != KW_OK || place == NULL)
        return status;
    kw_writer_init(&value, place, size);
    return write_value(&c, message, &value);
}

kw_status kw_write_control_batch(kw_writer *out, const kw_batch_options *options, int64_t timestamp,
                                 const kw_control_record *record)
{
    kw_batch_options o = *options;
    o.control = true;
    kw_batch_builder b;
    kw_status status = kw_batch_builder_init(&b, out, &o);
    if (status == KW_OK)
        status = kw_batch_builder_append_control(&b, timestamp, record);
    if (status == KW_OK)
        return kw_batch_builder_end(&b);
    kw_batch_builder_cancel(&b);
    return status;
}

kw_status kw_write_empty_batch(kw_writer *out, const kw_batch_options *options, int64_t last_offset, int64_t timestamp)
{
    kw_batch_options o = *options;
    o.codec = KW_CODEC_NONE;
    kw_status status = out->status != KW_OK ? out->status : kwi_batch_options_check(&o);
    if (status != KW_OK)
        return status;
    if (o.magic != KW_MAGIC_V2 || last_offset < o.base_offset || last_offset - o.base_offset > INT32_MAX)
        return KW_ERR_ARGUMENT;
    uint8_t *batch = kwi_writer_take(out, KW_BATCH_V2_RECORDS, &status);
    if (batch != NULL)
        kwi_batch_v2_seal(batch, KW_BATCH_V2_RECORDS, &o, (int32_t)(last_offset - o.base_offset), o.delete_horizon,
                          timestamp, 0);
    return status;
}

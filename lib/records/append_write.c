/* SPDX-License-Identifier: Apache-2.0 */
#include "builder.h"

#include "../writer_back.h"
#include "patch.h"

#include <kwire/append.h>
#include <kwire/crc.h>
#include <kwire/endian.h>

/* The checksum of the header and the bytes after it, which are elsewhere. */
static void checksum(uint8_t *header, kw_bytes after)
{
    uint32_t crc = kw_crc32c(0, header + KW_BATCH_V2_ATTRIBUTES, KW_BATCH_V2_RECORDS - KW_BATCH_V2_ATTRIBUTES);
    kw_store_be32(header + KW_BATCH_V2_CRC, kw_crc32c(crc, after.data, (size_t)after.len));
}

kw_status kw_append_assign(const kw_append *a, kw_bytes records, int64_t first_offset, int32_t leader_epoch,
                           kw_writer *out)
{
    if (a->error != KW_ERROR_NONE || a->rewrite || a->count <= 0 || a->size > kw_span_of_bytes(records).size ||
        first_offset < 0 || first_offset > INT64_MAX - a->count)
        return KW_ERR_ARGUMENT;
    kw_batch b;
    kw_status status = kwi_batch_open_v2(&b, records.data, a->size);
    if (status != KW_OK)
        return status;
    uint8_t header[KW_BATCH_V2_RECORDS];
    kw_bytes after = kw_bytes_of(b.data + sizeof header, b.size - sizeof header);
    memcpy(header, b.data, sizeof header);
    kw_store_be64(header + KW_BATCH_OFFSET, (uint64_t)kwi_batch_base_offset(&b, first_offset + a->count - 1));
    kw_store_be32(header + KW_BATCH_V2_LEADER_EPOCH, (uint32_t)leader_epoch);
    if (kwi_batch_stamp(header, &b, a->append_time, a->max_timestamp))
        checksum(header, after);
    kw_write_raw(out, header, sizeof header);
    kw_write_raw_view(out, after.data, (size_t)after.len);
    return out->status;
}

static kw_status copy_records(kw_batch_builder *builder, kw_bytes records, const kw_append_tools *tools)
{
    kw_batches bs;
    kw_batch b;
    for (kw_batches_init(&bs, records); kw_batches_next(&bs, &b);) {
        kw_records rs;
        kw_record r;
        (void)kw_records_init(&rs, &b, tools->decompressor, tools->scratch);
        while (kw_records_next(&rs, &r)) {
            kw_status status = kw_batch_builder_append_copy(builder, builder->last_offset + 1, &r);
            if (status != KW_OK)
                return status;
        }
        if (rs.status != KW_OK)
            return rs.status;
    }
    return bs.status;
}

static void choose_options(kw_batch_options *o, const kw_append *a, const kw_append_rules *rules)
{
    kw_batch_options_init(o);
    o->append_time = rules->append_time ? rules->now : KW_NO_TIMESTAMP;
    o->producer_id = a->producer_id;
    o->producer_epoch = a->producer_epoch;
    o->base_sequence = a->base_sequence;
    o->transactional = a->transactional;
    o->codec = rules->keep_codec ? a->codec : rules->codec;
    o->level = rules->level;
}

kw_status kw_append_rewrite(const kw_append *a, kw_bytes records, const kw_append_rules *rules,
                            const kw_append_tools *tools, int64_t first_offset, int32_t leader_epoch, kw_writer *out)
{
    static const kw_append_tools none = {NULL, NULL, NULL, NULL};
    if (a->error != KW_ERROR_NONE || a->control || first_offset < 0 || first_offset > INT64_MAX - a->count)
        return KW_ERR_ARGUMENT;
    if (tools == NULL)
        tools = &none;
    kw_batch_options o;
    choose_options(&o, a, rules);
    o.base_offset = first_offset;
    o.leader_epoch = leader_epoch;
    o.compressor = tools->compressor;
    o.scratch = tools->scratch2;
    kw_batch_builder b;
    size_t size = kwi_writer_size(out), extra = out->extra;
    kw_status status = kw_batch_builder_init(&b, out, &o);
    if (status != KW_OK)
        return status;
    status = copy_records(&b, records, tools);
    if (status != KW_OK) {
        kw_batch_builder_cancel(&b);
        return status;
    }
    status = kw_batch_builder_end(&b);
    if (status == KW_OK && ((int64_t)b.size > rules->max_message_bytes || (int64_t)b.size > rules->segment_bytes)) {
        kwi_writer_back(out, size, extra);
        return KW_ERR_BATCH_FULL;
    }
    return status;
}

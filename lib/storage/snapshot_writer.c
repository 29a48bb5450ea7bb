/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/storage/snapshot_writer.h>

#include <kwire/record_builder.h>

static kw_status begin_batch(kw_batch_builder *b, const kw_snapshot_writer *s, bool control)
{
    kw_batch_options o;
    kw_batch_options_init(&o);
    o.base_offset = s->next_offset;
    o.leader_epoch = s->epoch;
    o.control = control;
    return kw_batch_builder_init(b, s->out, &o);
}

static kw_status end_batch(kw_batch_builder *b, kw_snapshot_writer *s, kw_status status)
{
    if (status == KW_OK)
        status = kw_batch_builder_end(b);
    else
        kw_batch_builder_cancel(b);
    if (status == KW_OK)
        s->next_offset += b->count;
    return status;
}

static kw_status append_header(kw_batch_builder *b, const kw_snapshot_options *options)
{
    kw_control_record c = {.type = KW_CONTROL_SNAPSHOT_HEADER};
    c.value.snapshot_header.last_contained_log_timestamp = options->last_contained_log_timestamp;
    kw_status status = kw_batch_builder_append_control(b, options->timestamp, &c);
    if (status != KW_OK || options->kraft_version == 0)
        return status;
    kw_control_record version = {.type = KW_CONTROL_KRAFT_VERSION};
    version.value.kraft_version.kraft_version = options->kraft_version;
    status = kw_batch_builder_append_control(b, options->timestamp, &version);
    if (status != KW_OK || options->voters == NULL)
        return status;
    kw_control_record voters = {.type = KW_CONTROL_VOTERS};
    voters.value.voters = *options->voters;
    return kw_batch_builder_append_control(b, options->timestamp, &voters);
}

kw_status kw_snapshot_writer_init(kw_snapshot_writer *s, kw_writer *out, const kw_snapshot_options *options)
{
    kw_batch_builder b;
    s->timestamp = options->timestamp;
    s->next_offset = 0;
    s->epoch = options->epoch;
    s->out = out;
    if (options->timestamp < 0 || options->epoch < 0 || options->kraft_version < 0 ||
        (options->kraft_version == 0 && options->voters != NULL))
        return KW_ERR_ARGUMENT;
    kw_status status = begin_batch(&b, s, true);
    return status == KW_OK ? end_batch(&b, s, append_header(&b, options)) : status;
}

kw_status kw_snapshot_writer_append(kw_snapshot_writer *s, const kw_bytes *values, size_t count)
{
    kw_batch_builder b;
    kw_status status = begin_batch(&b, s, false);
    if (status != KW_OK)
        return status;
    for (size_t i = 0; i < count && status == KW_OK; i++) {
        const kw_new_record r = {s->timestamp, {NULL, -1}, values[i], NULL, 0};
        status = kw_batch_builder_append(&b, &r);
    }
    return end_batch(&b, s, status);
}

kw_status kw_snapshot_writer_end(kw_snapshot_writer *s)
{
    kw_batch_builder b;
    const kw_control_record c = {.type = KW_CONTROL_SNAPSHOT_FOOTER};
    kw_status status = begin_batch(&b, s, true);
    return status == KW_OK ? end_batch(&b, s, kw_batch_builder_append_control(&b, s->timestamp, &c)) : status;
}

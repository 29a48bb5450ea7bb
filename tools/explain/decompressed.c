/* SPDX-License-Identifier: Apache-2.0 */
#include "decompressed.h"

#include <stdio.h>

/* Deviations that Kafka ignores. */
static void show_warnings(explainer *e, uint32_t warnings)
{
    static const struct {
        uint32_t bit;
        const char *text;
    } all[] = {
        {KW_DECOMPRESS_TRAILING, "bytes after the end of the compressed data; Kafka ignores them"},
        {KW_DECOMPRESS_CONTENT_CHECKSUM, "the checksum of the content is wrong; Kafka ignores it"},
        {KW_DECOMPRESS_CONTENT_SIZE, "the frame's size is not that of its content; Kafka ignores it"},
        {KW_DECOMPRESS_HEADER_CHECKSUM, "the checksum of the frame's header is wrong; Kafka ignores it in magic 0"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if ((warnings & all[i].bit) != 0)
            show_remark(e, all[i].text);
}

static bool refuse(explainer *e, kw_status status, size_t at, size_t end)
{
    const kw_decompression *details = kw_decompressor_details(e->decompressor);
    explain_problem p = {
        .start = at, .offset = at, .depth = e->depth + 1, .type = "RECORDS", .fatal = true, .end = end};
    if (status == KW_ERR_COMPRESSED_DATA) {
        p.offset = at + details->error_at;
        note_format(&e->reason, "%s: %s", kw_status_text(status), details->detail);
    } else if (status == KW_ERR_MEMORY_LIMIT) {
        note_format(&e->reason, "the records take %s%llu bytes, which is above the limit of %zu",
                    details->exact ? "" : "more than ", (unsigned long long)details->size, e->options.max_memory);
    }
    show_problem(e, p, status);
    return false;
}

bool enter_decompressed(explainer *e, const kw_batch *batch, size_t at, size_t end, const char *name,
                        explain_region *out)
{
    if (e->decompressor == NULL) {
        e->decompressor = kw_decompressor_create(kw_allocator_libc());
        if (e->decompressor == NULL)
            die("out of memory");
    }
    kw_codec codec = kw_batch_codec(batch);
    kw_bytes in = kw_bytes_of(e->in->data + at, end - at);
    path_set(e, name);
    kw_writer_reset(&e->scratch);
    kw_status status = kw_decompress(e->decompressor, codec, batch->magic, in, &e->scratch);
    if (status != KW_OK)
        return refuse(e, status, at, end);

    kw_span content = kw_writer_data(&e->scratch);
    explain_row r = {
        .offset = at, .size = end - at, .depth = e->depth + 1, .type = "RECORDS", .value = value_size(content.size)};
    r.secret_size = e->secret && !e->options.secrets ? r.size : 0;
    note_format(&e->meaning, "when decompressed by %s", kw_codec_name(codec));
    show_row(e, r);
    show_warnings(e, kw_decompressor_details(e->decompressor)->warnings);
    *out = (explain_region){.data = content.data, .size = content.size, .number = ++e->regions};
    char title[80];
    snprintf(title, sizeof title, "decompressed by %s; offsets with a + count from here", kw_codec_name(codec));
    e->in = out;
    show_part(e, title, NULL, -1);
    return true;
}

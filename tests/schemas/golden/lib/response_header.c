/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of ResponseHeader.
 * Generated from schema/response_header.kws; do not edit. */
#include <kwire/messages/response_header.h>

void kw_response_header_init(kw_response_header *m)
{
    memset(m, 0, sizeof *m);
}

static void read_message(kw_response_header *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version == 1;
    m->correlation_id = kw_read_int32(r);
    if (flexible)
        kw_read_tag_buffer(r, arena, &m->unknown_tags);
    else
        m->unknown_tags = NULL;
}

static void write_message(const kw_response_header *m, int16_t version, kw_writer *w)
{
    const bool flexible = version == 1;
    kw_write_int32(w, m->correlation_id);
    if (flexible)
        kw_write_tag_buffer(w, m->unknown_tags);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

kw_status kw_response_header_decode(kw_response_header *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version < 0 || version > 1) {
        kw_response_header_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_response_header_encode(const kw_response_header *m, int16_t version, kw_writer *out)
{
    if (version < 0 || version > 1)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

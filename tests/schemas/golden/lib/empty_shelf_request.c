/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of EmptyShelfRequest.
 * Generated from schema/empty_shelf.kws; do not edit. */
#include <kwire/messages/empty_shelf_request.h>

void kw_empty_shelf_request_init(kw_empty_shelf_request *m)
{
    memset(m, 0, sizeof *m);
}

KWI_INLINE void read_message(kw_empty_shelf_request *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    (void)version;
    kw_read_tag_buffer(r, arena, &m->unknown_tags);
}

KWI_INLINE void write_message(const kw_empty_shelf_request *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_tag_buffer(w, m->unknown_tags);
}

kw_status kw_empty_shelf_request_decode(kw_empty_shelf_request *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version != 0) {
        kw_empty_shelf_request_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_empty_shelf_request_encode(const kw_empty_shelf_request *m, int16_t version, kw_writer *out)
{
    if (version != 0)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of EmptyShelfResponse.
 * Generated from schema/empty_shelf.kws; do not edit. */
#include <kwire/messages/empty_shelf_response.h>

void kw_empty_shelf_response_init(kw_empty_shelf_response *m)
{
    memset(m, 0, sizeof *m);
}

KWI_INLINE void read_message(kw_empty_shelf_response *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    (void)version;
    (void)r;
    (void)arena;
    m->no_fields = 0;
}

KWI_INLINE void write_message(const kw_empty_shelf_response *m, int16_t version, kw_writer *w)
{
    (void)m;
    (void)version;
    (void)w;
}

kw_status kw_empty_shelf_response_decode(kw_empty_shelf_response *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version != 0) {
        kw_empty_shelf_response_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_empty_shelf_response_encode(const kw_empty_shelf_response *m, int16_t version, kw_writer *out)
{
    if (version != 0)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

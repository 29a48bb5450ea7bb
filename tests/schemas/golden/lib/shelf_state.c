/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of ShelfState.
 * Generated from schema/persisted/files/shelf_state.kws; do not edit. */
#include <kwire/messages/shelf_state.h>

void kw_shelf_state_init(kw_shelf_state *m)
{
    memset(m, 0, sizeof *m);
}

static void read_message(kw_shelf_state *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    (void)version;
    (void)arena;
    m->crc = kw_read_uint32(r);
}

static void write_message(const kw_shelf_state *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_uint32(w, m->crc);
}

kw_status kw_shelf_state_decode(kw_shelf_state *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version != 1) {
        kw_shelf_state_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_shelf_state_encode(const kw_shelf_state *m, int16_t version, kw_writer *out)
{
    if (version != 1)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

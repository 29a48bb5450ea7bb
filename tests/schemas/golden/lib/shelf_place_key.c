/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of ShelfPlaceKey.
 * Generated from schema/persisted/consumer_offsets/shelf_place.kws; do not edit. */
#include <kwire/messages/shelf_place_key.h>

void kw_shelf_place_key_init(kw_shelf_place_key *m)
{
    memset(m, 0, sizeof *m);
}

static void read_message(kw_shelf_place_key *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    (void)version;
    (void)arena;
    m->name = kw_read_any_string(r, false, false);
}

static void write_message(const kw_shelf_place_key *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_any_string(w, m->name, false, false);
}

kw_status kw_shelf_place_key_decode(kw_shelf_place_key *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version != 0) {
        kw_shelf_place_key_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_shelf_place_key_encode(const kw_shelf_place_key *m, int16_t version, kw_writer *out)
{
    if (version != 0)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

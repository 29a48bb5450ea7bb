/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of ShelfPlaceValue.
 * Generated from schema/persisted/consumer_offsets/shelf_place.kws; do not edit. */
#include <kwire/messages/shelf_place_value.h>

void kw_shelf_place_value_init(kw_shelf_place_value *m)
{
    memset(m, 0, sizeof *m);
    m->since = -1;
}

static void read_message(kw_shelf_place_value *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version == 1;
    m->room = kw_read_any_string(r, flexible, version == 1);
    if (version == 1)
        m->since = kw_read_int64(r);
    else
        m->since = -1;
    if (flexible)
        kw_read_tag_buffer(r, arena, &m->unknown_tags);
    else
        m->unknown_tags = NULL;
}

static void write_message(const kw_shelf_place_value *m, int16_t version, kw_writer *w)
{
    const bool flexible = version == 1;
    kw_write_any_string(w, m->room, flexible, version == 1);
    if (version == 1)
        kw_write_int64(w, m->since);
    if (flexible)
        kw_write_tag_buffer(w, m->unknown_tags);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

kw_status kw_shelf_place_value_decode(kw_shelf_place_value *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version < 0 || version > 1) {
        kw_shelf_place_value_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_shelf_place_value_encode(const kw_shelf_place_value *m, int16_t version, kw_writer *out)
{
    if (version < 0 || version > 1)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

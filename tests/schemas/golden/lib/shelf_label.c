/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of ShelfLabel.
 * Generated from schema/shelf_label.kws; do not edit. */
#include <kwire/messages/shelf_label.h>

void kw_shelf_label_label_line_init(kw_shelf_label_label_line *m)
{
    memset(m, 0, sizeof *m);
}

void kw_shelf_label_init(kw_shelf_label *m)
{
    memset(m, 0, sizeof *m);
}

static void read_label_line(kw_shelf_label_label_line *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    kw_read_string_array(r, arena, false, false, &m->words);
    if (version == 3)
        kwi_read_float64(r, &m->size);
    else
        m->size = 0;
}

static void read_message(kw_shelf_label *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->text = kw_read_any_string(r, false, version >= 2);
    if (version >= 2) {
        m->lines.len = kw_read_any_array(r, 4, false, version == 3);
        m->lines.items = kw_read_items(r, arena, &m->lines.len, sizeof *m->lines.items);
        for (int32_t i = 0; i < m->lines.len; i++) {
            read_label_line(&m->lines.items[i], version, r, arena);
            if (KW_UNLIKELY(!kw_reader_ok(r)))
                m->lines.len = i + 1;
        }
    } else {
        m->lines.items = NULL;
        m->lines.len = 0;
    }
}

static void write_label_line(const kw_shelf_label_label_line *m, int16_t version, kw_writer *w)
{
    kw_write_string_array(w, m->words, false, false);
    if (version == 3)
        kwi_write_float64(w, &m->size);
    else if (m->size != 0.0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

static void write_message(const kw_shelf_label *m, int16_t version, kw_writer *w)
{
    kw_write_any_string(w, m->text, false, version >= 2);
    if (version >= 2) {
        kw_write_any_array(w, m->lines.len, false, version == 3);
        for (int32_t i = 0; i < m->lines.len; i++)
            write_label_line(&m->lines.items[i], version, w);
    } else if (m->lines.len != 0) {
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    }
}

kw_status kw_shelf_label_decode(kw_shelf_label *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version < 1 || version > 3) {
        kw_shelf_label_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_shelf_label_encode(const kw_shelf_label *m, int16_t version, kw_writer *out)
{
    if (version < 1 || version > 3)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of ShelfRecord.
 * Generated from schema/persisted/cluster_metadata/shelf_record.kws; do not edit. */
#include <kwire/messages/shelf_record.h>

void kw_shelf_record_init(kw_shelf_record *m)
{
    memset(m, 0, sizeof *m);
    m->rows.len = -1;
}

static void read_tags_of_message(kw_shelf_record *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->unknown_tags = NULL;
    if (kw_read_empty_tag_buffer(r))
        return;
    kw_tag_reader t;
    kw_tag_reader_init(&t, r);
    while (kw_tag_reader_next(&t)) {
        switch (t.tag) {
        case 0:
            if (version != 1)
                kw_tag_reader_refuse(&t);
            kw_read_int32_array(r, arena, true, true, &m->rows);
            break;
        default:
            kw_tag_reader_keep(&t, arena, &m->unknown_tags);
        }
    }
}

static void read_message(kw_shelf_record *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->name = kw_read_any_string(r, true, false);
    m->shelf_id = kw_read_uuid(r);
    m->rows.items = NULL;
    m->rows.len = -1;
    read_tags_of_message(m, version, r, arena);
}

static void write_rows_of_message(const kw_shelf_record *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_int32_array(w, m->rows, true, true);
}

static void write_tags_of_message(const kw_shelf_record *m, int16_t version, kw_writer *w)
{
    const bool has_rows = version == 1 && m->rows.len >= 0;
    if (!has_rows && m->unknown_tags == NULL) {
        kw_write_tag_buffer(w, NULL);
        return;
    }
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, has_rows, m->unknown_tags);
    if (has_rows) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_rows_of_message(m, version, &size);
        kw_tag_writer_field(&t, 0, kw_writer_needed(&size));
        write_rows_of_message(m, version, w);
    } else if (version == 1) {
        kw_tag_writer_absent(&t, 0);
    }
    (void)kw_tag_writer_end(&t);
}

static void write_message(const kw_shelf_record *m, int16_t version, kw_writer *w)
{
    kw_write_any_string(w, m->name, true, false);
    kw_write_uuid(w, m->shelf_id);
    if (version != 1 && m->rows.len >= 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    write_tags_of_message(m, version, w);
}

kw_status kw_shelf_record_decode(kw_shelf_record *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version < 0 || version > 1) {
        kw_shelf_record_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_shelf_record_encode(const kw_shelf_record *m, int16_t version, kw_writer *out)
{
    if (version < 0 || version > 1)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

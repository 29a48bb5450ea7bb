/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of ShelfResponse.
 * Generated from schema/shelf.kws; do not edit. */
#include <kwire/messages/shelf_response.h>

static const kw_shelf_response_spot default_spot = {.y = -1};

static const kw_shelf_response_person default_person = {.home = &default_spot, .born = 1900};

void kw_shelf_response_spot_init(kw_shelf_response_spot *m)
{
    memset(m, 0, sizeof *m);
    m->y = -1;
}

void kw_shelf_response_person_init(kw_shelf_response_person *m)
{
    memset(m, 0, sizeof *m);
    m->home = &default_spot;
    m->born = 1900;
}

void kw_shelf_response_book_init(kw_shelf_response_book *m)
{
    memset(m, 0, sizeof *m);
    m->batch.len = -1;
}

void kw_shelf_response_row_init(kw_shelf_response_row *m)
{
    memset(m, 0, sizeof *m);
}

void kw_shelf_response_init(kw_shelf_response *m)
{
    memset(m, 0, sizeof *m);
    m->titles.len = -1;
    m->keeper = &default_person;
    kw_shelf_response_spot_init(&m->nearest);
}

static bool is_default_spot(const kw_shelf_response_spot *m)
{
    return m != NULL &&
           m->x == 0 &&
           m->y == -1 &&
           (m->unknown_tags == NULL || m->unknown_tags->len <= 0);
}

static bool is_default_person(const kw_shelf_response_person *m)
{
    return m != NULL &&
           m->name.len == 0 &&
           is_default_spot(m->home) &&
           m->born == 1900 &&
           (m->unknown_tags == NULL || m->unknown_tags->len <= 0);
}

static void read_spot(kw_shelf_response_spot *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    uint8_t spare[8];
    const uint8_t *p;
    p = kwi_read_run(r, 8, "44", spare);
    m->x = (int32_t)kw_load_be32(p);
    m->y = (int32_t)kw_load_be32(p + 4);
    if (flexible)
        kw_read_tag_buffer(r, arena, &m->unknown_tags);
    else
        m->unknown_tags = NULL;
}

static void read_tags_of_person(kw_shelf_response_person *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->unknown_tags = NULL;
    if (kw_read_empty_tag_buffer(r))
        return;
    kw_tag_reader t;
    kw_tag_reader_init(&t, r);
    while (kw_tag_reader_next(&t)) {
        switch (t.tag) {
        case 0:
            if (version < 4)
                kw_tag_reader_refuse(&t);
            m->born = kw_read_int16(r);
            break;
        default:
            kw_tag_reader_keep(&t, arena, &m->unknown_tags);
        }
    }
}

static void read_person(kw_shelf_response_person *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    m->name = kw_read_any_string(r, flexible, false);
    if (version >= 2) {
        m->home = NULL;
        if (version < 3 || kw_read_struct(r)) {
            kw_shelf_response_spot *home = kw_read_place(r, arena, sizeof *home);
            m->home = home;
            if (home != NULL)
                read_spot(home, version, r, arena);
        }
    } else {
        m->home = &default_spot;
    }
    m->born = 1900;
    if (flexible)
        read_tags_of_person(m, version, r, arena);
    else
        m->unknown_tags = NULL;
}

static void read_tags_of_book(kw_shelf_response_book *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->unknown_tags = NULL;
    if (kw_read_empty_tag_buffer(r))
        return;
    kw_tag_reader t;
    kw_tag_reader_init(&t, r);
    while (kw_tag_reader_next(&t)) {
        switch (t.tag) {
        case 0:
            m->lender = NULL;
            if (kw_read_tagged_struct(r)) {
                m->lender = kw_read_place(r, arena, sizeof *m->lender);
                if (m->lender != NULL)
                    read_person(m->lender, version, r, arena);
            }
            break;
        default:
            kw_tag_reader_keep(&t, arena, &m->unknown_tags);
        }
    }
}

static void read_book(kw_shelf_response_book *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    m->number = kw_read_int32(r);
    if (version >= 1) {
        m->authors.len = kw_read_any_array(r, 2, flexible, true);
        m->authors.items = kw_read_items(r, arena, &m->authors.len, sizeof *m->authors.items);
        for (int32_t i = 0; i < m->authors.len; i++) {
            read_person(&m->authors.items[i], version, r, arena);
            if (KW_UNLIKELY(!kw_reader_ok(r)))
                m->authors.len = i + 1;
        }
    } else {
        m->authors.items = NULL;
        m->authors.len = 0;
    }
    m->lender = NULL;
    m->batch = kw_read_any_bytes(r, flexible, true);
    if (flexible)
        read_tags_of_book(m, version, r, arena);
    else
        m->unknown_tags = NULL;
}

static void read_row(kw_shelf_response_row *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    m->name = kw_read_any_string(r, flexible, false);
    if (version >= 2)
        m->row_id = kw_read_uuid(r);
    else
        memset(&m->row_id, 0, sizeof m->row_id);
    m->books.len = kw_read_any_array(r, 7, flexible, version >= 2);
    m->books.items = kw_read_items(r, arena, &m->books.len, sizeof *m->books.items);
    for (int32_t i = 0; i < m->books.len; i++) {
        read_book(&m->books.items[i], version, r, arena);
        if (KW_UNLIKELY(!kw_reader_ok(r)))
            m->books.len = i + 1;
    }
    if (flexible)
        kw_read_tag_buffer(r, arena, &m->unknown_tags);
    else
        m->unknown_tags = NULL;
}

static void read_tags_of_message(kw_shelf_response *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->unknown_tags = NULL;
    if (kw_read_empty_tag_buffer(r))
        return;
    kw_tag_reader t;
    kw_tag_reader_init(&t, r);
    while (kw_tag_reader_next(&t)) {
        switch (t.tag) {
        case 0:
            if (version < 4)
                kw_tag_reader_refuse(&t);
            read_spot(&m->nearest, version, r, arena);
            break;
        default:
            kw_tag_reader_keep(&t, arena, &m->unknown_tags);
        }
    }
}

static void read_message(kw_shelf_response *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    kw_read_bool_array(r, arena, flexible, false, &m->flags);
    kw_read_int8_array(r, arena, flexible, false, &m->levels);
    kw_read_int16_array(r, arena, flexible, true, &m->depths);
    kw_read_uint16_array(r, arena, flexible, false, &m->ports);
    kw_read_int32_array(r, arena, flexible, version >= 1, &m->widths);
    kw_read_uint32_array(r, arena, flexible, false, &m->masks);
    kw_read_int64_array(r, arena, flexible, false, &m->offsets);
    kw_read_float64_array(r, arena, flexible, false, &m->ratios);
    kw_read_uuid_array(r, arena, flexible, version >= 3, &m->ids);
    kw_read_string_array(r, arena, flexible, true, &m->titles);
    kw_read_bytes_array(r, arena, flexible, false, &m->covers);
    if (version == 0) {
        kw_read_string_array(r, arena, false, false, &m->old);
    } else {
        m->old.items = NULL;
        m->old.len = 0;
    }
    m->rows.len = kw_read_any_array(r, 6, flexible, false);
    m->rows.items = kw_read_items(r, arena, &m->rows.len, sizeof *m->rows.items);
    for (int32_t i = 0; i < m->rows.len; i++) {
        read_row(&m->rows.items[i], version, r, arena);
        if (KW_UNLIKELY(!kw_reader_ok(r)))
            m->rows.len = i + 1;
    }
    if (version >= 2 && version <= 4) {
        m->editors.len = kw_read_any_array(r, 2, flexible, false);
        m->editors.items = kw_read_items(r, arena, &m->editors.len, sizeof *m->editors.items);
        for (int32_t i = 0; i < m->editors.len; i++) {
            read_person(&m->editors.items[i], version, r, arena);
            if (KW_UNLIKELY(!kw_reader_ok(r)))
                m->editors.len = i + 1;
        }
    } else {
        m->editors.items = NULL;
        m->editors.len = 0;
    }
    if (version >= 1) {
        m->keeper = NULL;
        if (!(version >= 2 && version <= 3) || kw_read_struct(r)) {
            kw_shelf_response_person *keeper = kw_read_place(r, arena, sizeof *keeper);
            m->keeper = keeper;
            if (keeper != NULL)
                read_person(keeper, version, r, arena);
        }
    } else {
        m->keeper = &default_person;
    }
    if (version >= 2 && version <= 3)
        read_spot(&m->nearest, version, r, arena);
    else
        kw_shelf_response_spot_init(&m->nearest);
    if (flexible)
        read_tags_of_message(m, version, r, arena);
    else
        m->unknown_tags = NULL;
}

static void write_spot(const kw_shelf_response_spot *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    uint8_t *p;
    p = kwi_writer_reserve(w, 8);
    kw_store_be32(p, (uint32_t)m->x);
    kw_store_be32(p + 4, (uint32_t)m->y);
    if (flexible)
        kw_write_tag_buffer(w, m->unknown_tags);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

static void write_tags_of_person(const kw_shelf_response_person *m, int16_t version, kw_writer *w)
{
    const bool has_born = version >= 4 && m->born != 1900;
    if (!has_born && m->unknown_tags == NULL) {
        kw_write_tag_buffer(w, NULL);
        return;
    }
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, has_born, m->unknown_tags);
    if (has_born) {
        kw_tag_writer_field(&t, 0, 2);
        kw_write_int16(w, m->born);
    } else if (version >= 4) {
        kw_tag_writer_absent(&t, 0);
    }
    (void)kw_tag_writer_end(&t);
}

static void write_person(const kw_shelf_response_person *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    kw_write_any_string(w, m->name, flexible, false);
    if (version >= 2) {
        if (version >= 3)
            kw_write_struct(w, m->home != NULL);
        else if (m->home == NULL)
            (void)kw_writer_fail(w, KW_ERR_NULL);
        if (m->home != NULL)
            write_spot(m->home, version, w);
    } else if (!is_default_spot(m->home)) {
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    }
    if (version < 4 && m->born != 1900)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (flexible)
        write_tags_of_person(m, version, w);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

static void write_lender_of_book(const kw_shelf_response_book *m, int16_t version, kw_writer *w)
{
    kw_write_tagged_struct(w, m->lender != NULL);
    if (m->lender != NULL)
        write_person(m->lender, version, w);
}

static void write_tags_of_book(const kw_shelf_response_book *m, int16_t version, kw_writer *w)
{
    const bool has_lender = m->lender != NULL;
    if (!has_lender && m->unknown_tags == NULL) {
        kw_write_tag_buffer(w, NULL);
        return;
    }
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, has_lender, m->unknown_tags);
    if (has_lender) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_lender_of_book(m, version, &size);
        kw_tag_writer_field(&t, 0, kw_writer_needed(&size));
        write_lender_of_book(m, version, w);
    } else {
        kw_tag_writer_absent(&t, 0);
    }
    (void)kw_tag_writer_end(&t);
}

static void write_book(const kw_shelf_response_book *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    kw_write_int32(w, m->number);
    if (version >= 1) {
        kw_write_any_array(w, m->authors.len, flexible, true);
        for (int32_t i = 0; i < m->authors.len; i++)
            write_person(&m->authors.items[i], version, w);
    } else if (m->authors.len != 0) {
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    }
    if (version < 3 && m->lender != NULL)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    kw_write_any_bytes(w, m->batch, flexible, true);
    if (flexible)
        write_tags_of_book(m, version, w);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

static void write_row(const kw_shelf_response_row *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    kw_write_any_string(w, m->name, flexible, false);
    if (version >= 2)
        kw_write_uuid(w, m->row_id);
    kw_write_any_array(w, m->books.len, flexible, version >= 2);
    for (int32_t i = 0; i < m->books.len; i++)
        write_book(&m->books.items[i], version, w);
    if (flexible)
        kw_write_tag_buffer(w, m->unknown_tags);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

static void write_nearest_of_message(const kw_shelf_response *m, int16_t version, kw_writer *w)
{
    write_spot(&m->nearest, version, w);
}

static void write_tags_of_message(const kw_shelf_response *m, int16_t version, kw_writer *w)
{
    const bool has_nearest = version >= 4 && !is_default_spot(&m->nearest);
    if (!has_nearest && m->unknown_tags == NULL) {
        kw_write_tag_buffer(w, NULL);
        return;
    }
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, has_nearest, m->unknown_tags);
    if (has_nearest) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_nearest_of_message(m, version, &size);
        kw_tag_writer_field(&t, 0, kw_writer_needed(&size));
        write_nearest_of_message(m, version, w);
    } else if (version >= 4) {
        kw_tag_writer_absent(&t, 0);
    }
    (void)kw_tag_writer_end(&t);
}

static void write_message(const kw_shelf_response *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    kw_write_bool_array(w, m->flags, flexible, false);
    kw_write_int8_array(w, m->levels, flexible, false);
    kw_write_int16_array(w, m->depths, flexible, true);
    kw_write_uint16_array(w, m->ports, flexible, false);
    kw_write_int32_array(w, m->widths, flexible, version >= 1);
    kw_write_uint32_array(w, m->masks, flexible, false);
    kw_write_int64_array(w, m->offsets, flexible, false);
    kw_write_float64_array(w, m->ratios, flexible, false);
    kw_write_uuid_array(w, m->ids, flexible, version >= 3);
    kw_write_string_array(w, m->titles, flexible, true);
    kw_write_bytes_array(w, m->covers, flexible, false);
    if (version == 0)
        kw_write_string_array(w, m->old, false, false);
    else if (m->old.len != 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    kw_write_any_array(w, m->rows.len, flexible, false);
    for (int32_t i = 0; i < m->rows.len; i++)
        write_row(&m->rows.items[i], version, w);
    if (version >= 2 && version <= 4) {
        kw_write_any_array(w, m->editors.len, flexible, false);
        for (int32_t i = 0; i < m->editors.len; i++)
            write_person(&m->editors.items[i], version, w);
    } else if (m->editors.len != 0) {
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    }
    if (version >= 1) {
        if (version >= 2 && version <= 3)
            kw_write_struct(w, m->keeper != NULL);
        else if (m->keeper == NULL)
            (void)kw_writer_fail(w, KW_ERR_NULL);
        if (m->keeper != NULL)
            write_person(m->keeper, version, w);
    } else if (!is_default_person(m->keeper)) {
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    }
    if (version >= 2 && version <= 3)
        write_spot(&m->nearest, version, w);
    if (version < 2 && !is_default_spot(&m->nearest))
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (flexible)
        write_tags_of_message(m, version, w);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

kw_status kw_shelf_response_decode(kw_shelf_response *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version < 0 || version > 5) {
        kw_shelf_response_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_shelf_response_encode(const kw_shelf_response *m, int16_t version, kw_writer *out)
{
    if (version < 0 || version > 5)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

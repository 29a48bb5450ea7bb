/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of ShelfRequest.
 * Generated from schema/shelf.kws; do not edit. */
#include <kwire/messages/shelf_request.h>

static const kw_shelf_request_bookmark default_bookmark = {.ribbon.len = -1};

void kw_shelf_request_place_init(kw_shelf_request_place *m)
{
    memset(m, 0, sizeof *m);
}

void kw_shelf_request_cursor_init(kw_shelf_request_cursor *m)
{
    memset(m, 0, sizeof *m);
    m->page = -1;
}

void kw_shelf_request_bookmark_init(kw_shelf_request_bookmark *m)
{
    memset(m, 0, sizeof *m);
    m->ribbon.len = -1;
}

void kw_shelf_request_last_bookmark_init(kw_shelf_request_last_bookmark *m)
{
    memset(m, 0, sizeof *m);
}

void kw_shelf_request_stamp_init(kw_shelf_request_stamp *m)
{
    memset(m, 0, sizeof *m);
}

void kw_shelf_request_init(kw_shelf_request *m)
{
    memset(m, 0, sizeof *m);
    m->batch.len = -1;
    m->locked = true;
    m->low_level = -128;
    m->low_depth = -32768;
    m->high_port = 65535;
    m->low_width = INT32_MIN;
    m->high_mask = UINT32_C(4294967295);
    m->low_offset = INT64_MIN;
    m->high_offset = INT64_C(9223372036854775807);
    m->motto = kw_string_of("spines out");
    m->note.len = -1;
    m->seal.len = -1;
    m->scan.len = -1;
    m->producer = -1;
    kw_shelf_request_place_init(&m->place);
    m->bookmark = &default_bookmark;
    m->colour = kw_string_of("plain");
    m->weight = 1;
    m->tickets.len = -1;
}

static bool is_default_bookmark(const kw_shelf_request_bookmark *m)
{
    return m != NULL &&
           m->page == 0 &&
           m->ribbon.len < 0 &&
           (m->unknown_tags == NULL || m->unknown_tags->len <= 0);
}

static void read_place(kw_shelf_request_place *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    m->room = kw_read_any_string(r, flexible, false);
    if (version <= 2)
        m->row = kw_read_int16(r);
    else
        m->row = 0;
    if (version >= 4)
        m->lamp = kw_read_boolean(r);
    else
        m->lamp = false;
    if (flexible)
        kw_read_tag_buffer(r, arena, &m->unknown_tags);
    else
        m->unknown_tags = NULL;
}

static void read_cursor(kw_shelf_request_cursor *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    m->book = kw_read_any_string(r, flexible, false);
    m->page = kw_read_int32(r);
    if (flexible)
        kw_read_tag_buffer(r, arena, &m->unknown_tags);
    else
        m->unknown_tags = NULL;
}

static void read_tags_of_bookmark(kw_shelf_request_bookmark *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->unknown_tags = NULL;
    if (kw_read_empty_tag_buffer(r))
        return;
    kw_tag_reader t;
    kw_tag_reader_init(&t, r);
    while (kw_tag_reader_next(&t)) {
        switch (t.tag) {
        case 0:
            if (version != 5)
                kw_tag_reader_refuse(&t);
            m->ribbon = kw_read_any_string(r, true, true);
            break;
        default:
            kw_tag_reader_keep(&t, arena, &m->unknown_tags);
        }
    }
}

static void read_bookmark(kw_shelf_request_bookmark *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    m->page = kw_read_int32(r);
    if (version == 4) {
        m->ribbon = kw_read_any_string(r, true, true);
    } else {
        m->ribbon.data = NULL;
        m->ribbon.len = -1;
    }
    if (flexible)
        read_tags_of_bookmark(m, version, r, arena);
    else
        m->unknown_tags = NULL;
}

static void read_last_bookmark(kw_shelf_request_last_bookmark *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    (void)version;
    m->page = kw_read_int32(r);
    kw_read_tag_buffer(r, arena, &m->unknown_tags);
}

static void read_stamp(kw_shelf_request_stamp *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    (void)version;
    m->day = kw_read_int32(r);
    kw_read_tag_buffer(r, arena, &m->unknown_tags);
}

static void read_tags_of_message(kw_shelf_request *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->unknown_tags = NULL;
    if (kw_read_empty_tag_buffer(r))
        return;
    kw_tag_reader t;
    kw_tag_reader_init(&t, r);
    while (kw_tag_reader_next(&t)) {
        switch (t.tag) {
        case 0:
            m->bookmark = NULL;
            if (version < 4 || kw_read_tagged_struct(r)) {
                kw_shelf_request_bookmark *bookmark = kw_read_place(r, arena, sizeof *bookmark);
                m->bookmark = bookmark;
                if (bookmark != NULL)
                    read_bookmark(bookmark, version, r, arena);
            }
            break;
        case 1:
            m->last_bookmark = NULL;
            if (kw_read_tagged_struct(r)) {
                m->last_bookmark = kw_read_place(r, arena, sizeof *m->last_bookmark);
                if (m->last_bookmark != NULL)
                    read_last_bookmark(m->last_bookmark, version, r, arena);
            }
            break;
        case 2:
            m->colour = kw_read_any_string(r, true, false);
            break;
        case 3:
            if (version < 4)
                kw_tag_reader_refuse(&t);
            m->weight = kw_read_int32(r);
            break;
        case 4:
            kw_read_int32_array(r, arena, true, true, &m->tickets);
            break;
        case 5:
            if (version < 4)
                kw_tag_reader_refuse(&t);
            m->stamps.len = kw_read_any_array(r, 5, true, false);
            m->stamps.items = kw_read_items(r, arena, &m->stamps.len, sizeof *m->stamps.items);
            for (int32_t i = 0; i < m->stamps.len; i++) {
                read_stamp(&m->stamps.items[i], version, r, arena);
                if (KW_UNLIKELY(!kw_reader_ok(r)))
                    m->stamps.len = i + 1;
            }
            break;
        case 6:
            m->receipt = kw_read_uuid(r);
            break;
        case 7:
            m->attachment = kw_read_any_bytes(r, true, false);
            break;
        default:
            kw_tag_reader_keep(&t, arena, &m->unknown_tags);
        }
    }
}

static void read_message(kw_shelf_request *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 3;
    uint8_t spare[46];
    const uint8_t *p;
    p = kwi_read_run(r, 46, "11224488G", spare);
    m->open = p[0] != 0;
    m->level = (int8_t)p[1];
    m->depth = (int16_t)kw_load_be16(p + 2);
    m->port = kw_load_be16(p + 4);
    m->width = (int32_t)kw_load_be32(p + 6);
    m->mask = kw_load_be32(p + 10);
    m->offset = (int64_t)kw_load_be64(p + 14);
    kw_load_float64(&m->ratio, p + 22);
    memcpy(m->id.bytes, p + 30, 16);
    m->title = kw_read_any_string(r, flexible, false);
    m->cover = kw_read_any_bytes(r, flexible, false);
    m->batch = kw_read_any_bytes(r, flexible, true);
    if (version >= 1) {
        p = kwi_read_run(r, 38, "112244888", spare);
        m->locked = p[0] != 0;
        m->low_level = (int8_t)p[1];
        m->low_depth = (int16_t)kw_load_be16(p + 2);
        m->high_port = kw_load_be16(p + 4);
        m->low_width = (int32_t)kw_load_be32(p + 6);
        m->high_mask = kw_load_be32(p + 10);
        m->low_offset = (int64_t)kw_load_be64(p + 14);
        m->high_offset = (int64_t)kw_load_be64(p + 22);
        kw_load_float64(&m->half, p + 30);
        m->motto = kw_read_any_string(r, flexible, false);
    } else {
        m->locked = true;
        m->low_level = -128;
        m->low_depth = -32768;
        m->high_port = 65535;
        m->low_width = INT32_MIN;
        m->high_mask = UINT32_C(4294967295);
        m->low_offset = INT64_MIN;
        m->high_offset = INT64_C(9223372036854775807);
        m->half = 0;
        m->motto = kw_string_of("spines out");
    }
    m->subtitle = kw_read_any_string(r, flexible, version >= 2);
    if (version >= 1) {
        m->note = kw_read_any_string(r, flexible, true);
    } else {
        m->note.data = NULL;
        m->note.len = -1;
    }
    if (version >= 2 && version <= 4) {
        m->seal = kw_read_any_bytes(r, flexible, true);
    } else {
        m->seal.data = NULL;
        m->seal.len = -1;
    }
    if (version >= 1) {
        m->scan = kw_read_any_bytes(r, flexible, version >= 2 && version <= 3);
    } else {
        m->scan.data = NULL;
        m->scan.len = -1;
    }
    m->topic = kw_read_any_string(r, flexible, false);
    m->group = kw_read_any_string(r, flexible, false);
    m->transaction = kw_read_any_string(r, flexible, true);
    p = kwi_read_run(r, 12, "48", spare);
    m->owner = (int32_t)kw_load_be32(p);
    m->producer = (int64_t)kw_load_be64(p + 4);
    m->plain = kw_read_any_string(r, false, false);
    read_place(&m->place, version, r, arena);
    m->cursor = NULL;
    if (version >= 1 && kw_read_struct(r)) {
        m->cursor = kw_read_place(r, arena, sizeof *m->cursor);
        if (m->cursor != NULL)
            read_cursor(m->cursor, version, r, arena);
    }
    if (version == 2) {
        m->bookmark = NULL;
        kw_shelf_request_bookmark *bookmark = kw_read_place(r, arena, sizeof *bookmark);
        m->bookmark = bookmark;
        if (bookmark != NULL)
            read_bookmark(bookmark, version, r, arena);
    } else {
        m->bookmark = &default_bookmark;
    }
    m->last_bookmark = NULL;
    if (version == 2)
        m->colour = kw_read_any_string(r, false, false);
    else
        m->colour = kw_string_of("plain");
    if (version == 3)
        m->weight = kw_read_int32(r);
    else
        m->weight = 1;
    m->tickets.items = NULL;
    m->tickets.len = -1;
    m->stamps.items = NULL;
    m->stamps.len = 0;
    memset(&m->receipt, 0, sizeof m->receipt);
    m->attachment.data = NULL;
    m->attachment.len = 0;
    if (flexible)
        read_tags_of_message(m, version, r, arena);
    else
        m->unknown_tags = NULL;
}

static void write_place(const kw_shelf_request_place *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    kw_write_any_string(w, m->room, flexible, false);
    if (version <= 2)
        kw_write_int16(w, m->row);
    else if (m->row != 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (version >= 4)
        kw_write_boolean(w, m->lamp);
    if (flexible)
        kw_write_tag_buffer(w, m->unknown_tags);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

static void write_cursor(const kw_shelf_request_cursor *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    kw_write_any_string(w, m->book, flexible, false);
    kw_write_int32(w, m->page);
    if (flexible)
        kw_write_tag_buffer(w, m->unknown_tags);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

static void write_ribbon_of_bookmark(const kw_shelf_request_bookmark *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_any_string(w, m->ribbon, true, true);
}

static void write_tags_of_bookmark(const kw_shelf_request_bookmark *m, int16_t version, kw_writer *w)
{
    const bool has_ribbon = version == 5 && m->ribbon.len >= 0;
    if (!has_ribbon && m->unknown_tags == NULL) {
        kw_write_tag_buffer(w, NULL);
        return;
    }
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, has_ribbon, m->unknown_tags);
    if (has_ribbon) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_ribbon_of_bookmark(m, version, &size);
        kw_tag_writer_field(&t, 0, kw_writer_needed(&size));
        write_ribbon_of_bookmark(m, version, w);
    } else if (version == 5) {
        kw_tag_writer_absent(&t, 0);
    }
    (void)kw_tag_writer_end(&t);
}

static void write_bookmark(const kw_shelf_request_bookmark *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    kw_write_int32(w, m->page);
    if (version == 4)
        kw_write_any_string(w, m->ribbon, true, true);
    if (version < 4 && m->ribbon.len >= 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (flexible)
        write_tags_of_bookmark(m, version, w);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

static void write_last_bookmark(const kw_shelf_request_last_bookmark *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_int32(w, m->page);
    kw_write_tag_buffer(w, m->unknown_tags);
}

static void write_stamp(const kw_shelf_request_stamp *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_int32(w, m->day);
    kw_write_tag_buffer(w, m->unknown_tags);
}

static void write_bookmark_of_message(const kw_shelf_request *m, int16_t version, kw_writer *w)
{
    if (version >= 4)
        kw_write_tagged_struct(w, m->bookmark != NULL);
    else if (m->bookmark == NULL)
        (void)kw_writer_fail(w, KW_ERR_NULL);
    if (m->bookmark != NULL)
        write_bookmark(m->bookmark, version, w);
}

static void write_last_bookmark_of_message(const kw_shelf_request *m, int16_t version, kw_writer *w)
{
    kw_write_tagged_struct(w, m->last_bookmark != NULL);
    if (m->last_bookmark != NULL)
        write_last_bookmark(m->last_bookmark, version, w);
}

static void write_colour_of_message(const kw_shelf_request *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_any_string(w, m->colour, true, false);
}

static void write_tickets_of_message(const kw_shelf_request *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_int32_array(w, m->tickets, true, true);
}

static void write_stamps_of_message(const kw_shelf_request *m, int16_t version, kw_writer *w)
{
    kw_write_any_array(w, m->stamps.len, true, false);
    for (int32_t i = 0; i < m->stamps.len; i++)
        write_stamp(&m->stamps.items[i], version, w);
}

static void write_attachment_of_message(const kw_shelf_request *m, int16_t version, kw_writer *w)
{
    (void)version;
    kw_write_any_bytes(w, m->attachment, true, false);
}

static void write_tags_of_message(const kw_shelf_request *m, int16_t version, kw_writer *w)
{
    const bool has_bookmark = !is_default_bookmark(m->bookmark);
    const bool has_last_bookmark = m->last_bookmark != NULL;
    const bool has_colour = !kw_string_equal(m->colour, kw_string_of("plain"));
    const bool has_weight = version >= 4 && m->weight != 1;
    const bool has_tickets = m->tickets.len >= 0;
    const bool has_stamps = version >= 4 && m->stamps.len != 0;
    const bool has_receipt = !kw_uuid_is_zero(m->receipt);
    const bool has_attachment = m->attachment.len != 0;
    if (!has_bookmark && !has_last_bookmark && !has_colour && !has_weight && !has_tickets && !has_stamps &&
        !has_receipt && !has_attachment && m->unknown_tags == NULL) {
        kw_write_tag_buffer(w, NULL);
        return;
    }
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, (uint32_t)(has_bookmark + has_last_bookmark + has_colour + has_weight + has_tickets +
        has_stamps + has_receipt + has_attachment), m->unknown_tags);
    if (has_bookmark) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_bookmark_of_message(m, version, &size);
        kw_tag_writer_field(&t, 0, kw_writer_needed(&size));
        write_bookmark_of_message(m, version, w);
    } else {
        kw_tag_writer_absent(&t, 0);
    }
    if (has_last_bookmark) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_last_bookmark_of_message(m, version, &size);
        kw_tag_writer_field(&t, 1, kw_writer_needed(&size));
        write_last_bookmark_of_message(m, version, w);
    } else {
        kw_tag_writer_absent(&t, 1);
    }
    if (has_colour) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_colour_of_message(m, version, &size);
        kw_tag_writer_field(&t, 2, kw_writer_needed(&size));
        write_colour_of_message(m, version, w);
    } else {
        kw_tag_writer_absent(&t, 2);
    }
    if (has_weight) {
        kw_tag_writer_field(&t, 3, 4);
        kw_write_int32(w, m->weight);
    } else if (version >= 4) {
        kw_tag_writer_absent(&t, 3);
    }
    if (has_tickets) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_tickets_of_message(m, version, &size);
        kw_tag_writer_field(&t, 4, kw_writer_needed(&size));
        write_tickets_of_message(m, version, w);
    } else {
        kw_tag_writer_absent(&t, 4);
    }
    if (has_stamps) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_stamps_of_message(m, version, &size);
        kw_tag_writer_field(&t, 5, kw_writer_needed(&size));
        write_stamps_of_message(m, version, w);
    } else if (version >= 4) {
        kw_tag_writer_absent(&t, 5);
    }
    if (has_receipt) {
        kw_tag_writer_field(&t, 6, 16);
        kw_write_uuid(w, m->receipt);
    } else {
        kw_tag_writer_absent(&t, 6);
    }
    if (has_attachment) {
        kw_writer size;
        kw_writer_init_counting(&size);
        write_attachment_of_message(m, version, &size);
        kw_tag_writer_field(&t, 7, kw_writer_needed(&size));
        write_attachment_of_message(m, version, w);
    } else {
        kw_tag_writer_absent(&t, 7);
    }
    (void)kw_tag_writer_end(&t);
}

static void write_message(const kw_shelf_request *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 3;
    uint8_t *p;
    p = kwi_writer_reserve(w, 46);
    p[0] = m->open ? 1 : 0;
    p[1] = (uint8_t)m->level;
    kw_store_be16(p + 2, (uint16_t)m->depth);
    kw_store_be16(p + 4, m->port);
    kw_store_be32(p + 6, (uint32_t)m->width);
    kw_store_be32(p + 10, m->mask);
    kw_store_be64(p + 14, (uint64_t)m->offset);
    kw_store_float64(p + 22, &m->ratio);
    memcpy(p + 30, m->id.bytes, 16);
    kw_write_any_string(w, m->title, flexible, false);
    kw_write_any_bytes(w, m->cover, flexible, false);
    kw_write_any_bytes(w, m->batch, flexible, true);
    if (version >= 1) {
        p = kwi_writer_reserve(w, 38);
        p[0] = m->locked ? 1 : 0;
        p[1] = (uint8_t)m->low_level;
        kw_store_be16(p + 2, (uint16_t)m->low_depth);
        kw_store_be16(p + 4, m->high_port);
        kw_store_be32(p + 6, (uint32_t)m->low_width);
        kw_store_be32(p + 10, m->high_mask);
        kw_store_be64(p + 14, (uint64_t)m->low_offset);
        kw_store_be64(p + 22, (uint64_t)m->high_offset);
        kw_store_float64(p + 30, &m->half);
        kw_write_any_string(w, m->motto, flexible, false);
    } else if (m->low_level != -128 || m->low_depth != -32768 || m->high_port != 65535 ||
        m->low_width != INT32_MIN || m->high_mask != UINT32_C(4294967295) || m->low_offset != INT64_MIN ||
        m->half != 0.0 || !kw_string_equal(m->motto, kw_string_of("spines out"))) {
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    }
    kw_write_any_string(w, m->subtitle, flexible, version >= 2);
    if (version >= 1)
        kw_write_any_string(w, m->note, flexible, true);
    if (version >= 2 && version <= 4)
        kw_write_any_bytes(w, m->seal, flexible, true);
    else if (m->seal.len >= 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (version >= 1)
        kw_write_any_bytes(w, m->scan, flexible, version >= 2 && version <= 3);
    else if (m->scan.len >= 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    kw_write_any_string(w, m->topic, flexible, false);
    kw_write_any_string(w, m->group, flexible, false);
    kw_write_any_string(w, m->transaction, flexible, true);
    p = kwi_writer_reserve(w, 12);
    kw_store_be32(p, (uint32_t)m->owner);
    kw_store_be64(p + 4, (uint64_t)m->producer);
    kw_write_any_string(w, m->plain, false, false);
    write_place(&m->place, version, w);
    if (version >= 1) {
        kw_write_struct(w, m->cursor != NULL);
        if (m->cursor != NULL)
            write_cursor(m->cursor, version, w);
    } else if (m->cursor != NULL) {
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    }
    if (version == 2) {
        if (m->bookmark != NULL)
            write_bookmark(m->bookmark, version, w);
        else
            (void)kw_writer_fail(w, KW_ERR_NULL);
    }
    if (version < 2 && !is_default_bookmark(m->bookmark))
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (version < 3 && m->last_bookmark != NULL)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (version == 2)
        kw_write_any_string(w, m->colour, false, false);
    if (version < 2 && !kw_string_equal(m->colour, kw_string_of("plain")))
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (version == 3)
        kw_write_int32(w, m->weight);
    if (version < 3 && m->tickets.len >= 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (version < 4 && m->stamps.len != 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (version < 3 && !kw_uuid_is_zero(m->receipt))
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (version < 3 && m->attachment.len != 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
    if (flexible)
        write_tags_of_message(m, version, w);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

kw_status kw_shelf_request_decode(kw_shelf_request *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version < 0 || version > 5) {
        kw_shelf_request_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_shelf_request_encode(const kw_shelf_request *m, int16_t version, kw_writer *out)
{
    if (version < 0 || version > 5)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

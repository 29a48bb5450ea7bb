/* SPDX-License-Identifier: Apache-2.0 */
/* Codec of RequestHeader.
 * Generated from schema/request_header.kws; do not edit. */
#include <kwire/messages/request_header.h>

void kw_request_header_init(kw_request_header *m)
{
    memset(m, 0, sizeof *m);
}

static void read_tags_of_message(kw_request_header *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    m->unknown_tags = NULL;
    if (kw_read_empty_tag_buffer(r))
        return;
    kw_tag_reader t;
    kw_tag_reader_init(&t, r);
    while (kw_tag_reader_next(&t)) {
        switch (t.tag) {
        case 0:
            if (version != 3)
                kw_tag_reader_refuse(&t);
            m->client_instance_id = kw_read_uuid(r);
            break;
        default:
            kw_tag_reader_keep(&t, arena, &m->unknown_tags);
        }
    }
}

static void read_message(kw_request_header *m, int16_t version, kw_reader *r, kw_arena *arena)
{
    const bool flexible = version >= 2;
    uint8_t spare[8];
    const uint8_t *p;
    p = kwi_read_run(r, 8, "224", spare);
    m->request_api_key = (int16_t)kw_load_be16(p);
    m->request_api_version = (int16_t)kw_load_be16(p + 2);
    m->correlation_id = (int32_t)kw_load_be32(p + 4);
    if (version >= 1) {
        m->client_id = kw_read_any_string(r, false, true);
    } else {
        m->client_id.data = NULL;
        m->client_id.len = 0;
    }
    memset(&m->client_instance_id, 0, sizeof m->client_instance_id);
    if (flexible)
        read_tags_of_message(m, version, r, arena);
    else
        m->unknown_tags = NULL;
}

static void write_tags_of_message(const kw_request_header *m, int16_t version, kw_writer *w)
{
    const bool has_client_instance_id = version == 3 && !kw_uuid_is_zero(m->client_instance_id);
    if (!has_client_instance_id && m->unknown_tags == NULL) {
        kw_write_tag_buffer(w, NULL);
        return;
    }
    kw_tag_writer t;
    kw_tag_writer_init(&t, w, has_client_instance_id, m->unknown_tags);
    if (has_client_instance_id) {
        kw_tag_writer_field(&t, 0, 16);
        kw_write_uuid(w, m->client_instance_id);
    } else if (version == 3) {
        kw_tag_writer_absent(&t, 0);
    }
    (void)kw_tag_writer_end(&t);
}

static void write_message(const kw_request_header *m, int16_t version, kw_writer *w)
{
    const bool flexible = version >= 2;
    uint8_t *p;
    p = kwi_writer_reserve(w, 8);
    kw_store_be16(p, (uint16_t)m->request_api_key);
    kw_store_be16(p + 2, (uint16_t)m->request_api_version);
    kw_store_be32(p + 4, (uint32_t)m->correlation_id);
    if (version >= 1)
        kw_write_any_string(w, m->client_id, false, true);
    if (flexible)
        write_tags_of_message(m, version, w);
    else if (m->unknown_tags != NULL && m->unknown_tags->len > 0)
        (void)kw_writer_fail(w, KW_ERR_FIELD_VERSION);
}

kw_status kw_request_header_decode(kw_request_header *m, int16_t version, kw_reader *in, kw_arena *arena)
{
    if (version < 0 || version > 3) {
        kw_request_header_init(m);
        return kw_reader_fail(in, KW_ERR_VERSION);
    }
    read_message(m, version, in, arena);
    return in->status;
}

kw_status kw_request_header_encode(const kw_request_header *m, int16_t version, kw_writer *out)
{
    if (version < 0 || version > 3)
        return kw_writer_fail(out, KW_ERR_VERSION);
    write_message(m, version, out);
    return out->status;
}

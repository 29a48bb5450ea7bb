/* SPDX-License-Identifier: Apache-2.0 */
#include "batch_fields.h"

#include <kwire/compression.h>
#include <kwire/crc.h>

#include "meaning.h"

bool batch_show(batch_header *h, const char *name, const char *type, int64_t number)
{
    fields *f = &h->fields;
    if (kw_reader_ok(&f->in) && h->fault != KW_OK && f->shown == h->fault_at)
        return fields_refuse(f, name, type, h->fault);
    if (kw_reader_ok(&f->in))
        return fields_show(f, name, type, value_integer(number));
    note_clear(&f->e->meaning);
    return false;
}

bool batch_show_optional(batch_header *h, const char *name, const char *type, int64_t number)
{
    if (number == -1)
        meaning_note_text(h->fields.e, "none");
    return batch_show(h, name, type, number);
}

bool batch_show_time(batch_header *h, const char *name)
{
    int64_t ms = kw_read_int64(&h->fields.in);
    if (ms != KW_NO_TIMESTAMP)
        meaning_note_time(h->fields.e, ms);
    return batch_show_optional(h, name, "INT64", ms);
}

static uint32_t right_crc(const kw_batch *b)
{
    if (b->magic == KW_MAGIC_V2)
        return kw_crc32c(0, b->data + KW_BATCH_V2_ATTRIBUTES, b->size - KW_BATCH_V2_ATTRIBUTES);
    return kw_crc32(0, b->data + KW_BATCH_MAGIC, b->size - KW_BATCH_MAGIC);
}

/* Reading continues if it is wrong. */
bool batch_show_crc(batch_header *h)
{
    explainer *e = h->fields.e;
    size_t at = h->fields.shown;
    uint32_t crc = kw_read_uint32(&h->fields.in);
    uint32_t right = h->batch != NULL ? right_crc(h->batch) : 0;
    note_format(&e->meaning, "0x%08x%s", (unsigned)crc,
                h->batch == NULL ? ", cannot be checked"
                : crc == right   ? ", right"
                                 : "");
    if (!batch_show(h, "crc", "UINT32", crc))
        return false;
    if (h->batch == NULL || crc == right)
        return true;
    note_format(&e->reason, "the checksum of these bytes is 0x%08x", (unsigned)right);
    explain_problem p = {
        .start = at, .offset = at, .size = 4, .depth = h->fields.depth, .type = "UINT32", .end = at + 4};
    show_problem(e, p, KW_ERR_CRC);
    return true;
}

static void note_attributes(explainer *e, unsigned attributes, uint8_t magic)
{
    static const struct {
        unsigned bit;
        const char *text;
    } bits[] = {
        {KW_ATTRIBUTE_TRANSACTIONAL, "transactional"},
        {KW_ATTRIBUTE_CONTROL, "control"},
        {KW_ATTRIBUTE_DELETE_HORIZON, "baseTimestamp is the delete horizon"},
    };
    note_next(&e->meaning);
    note_format(&e->meaning, "codec %s", kw_codec_name((kw_codec)(attributes & KW_ATTRIBUTE_CODEC)));
    if (magic != KW_MAGIC_V0)
        meaning_note_text(e, (attributes & KW_ATTRIBUTE_LOG_APPEND_TIME) != 0 ? "append time" : "create time");
    unsigned known = magic != KW_MAGIC_V0 ? KW_ATTRIBUTE_CODEC | KW_ATTRIBUTE_LOG_APPEND_TIME : KW_ATTRIBUTE_CODEC;
    for (size_t i = 0; magic == KW_MAGIC_V2 && i < sizeof bits / sizeof bits[0]; i++) {
        known |= bits[i].bit;
        if ((attributes & bits[i].bit) != 0)
            meaning_note_text(e, bits[i].text);
    }
    if ((attributes & ~known) != 0) {
        note_next(&e->meaning);
        note_format(&e->meaning, "0x%x means nothing", attributes & ~known);
    }
}

bool batch_show_attributes(batch_header *h, uint8_t magic)
{
    bool is_v2 = magic == KW_MAGIC_V2;
    kw_reader *in = &h->fields.in;
    int16_t attributes = is_v2 ? kw_read_int16(in) : kw_read_int8(in);
    note_attributes(h->fields.e, is_v2 ? (uint16_t)attributes : (uint8_t)attributes, magic);
    return batch_show(h, "attributes", is_v2 ? "INT16" : "INT8", attributes);
}

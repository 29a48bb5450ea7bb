/* SPDX-License-Identifier: Apache-2.0 */
#include "print_json.h"

#include <math.h>
#include <string.h>

#include <kwire/json.h>

/* ---- parts of JSON ---- */

static void put(print_json *p, const char *text)
{
    sheet_ascii(&p->sheet, text, strlen(text));
}

/* In parts that fit in a block of memory; they end between characters. */
static void put_string(print_json *p, const char *text, size_t size)
{
    enum { PIECE = 256 };
    put(p, "\"");
    while (size != 0) {
        char block[6 * PIECE + 2];
        size_t n = size < PIECE ? size : PIECE;
        while (n < size && n > PIECE - 4 && ((unsigned char)text[n] & 0xc0) == 0x80)
            n--;
        kw_writer w;
        kw_writer_init(&w, block, sizeof block);
        kw_json_string((kw_string){text, (int32_t)n}, &w);
        sheet_put(&p->sheet, block + 1, kw_writer_needed(&w) - 2);
        text += n;
        size -= n;
    }
    put(p, "\"");
}

/* A member that follows others. */
static void put_key(print_json *p, const char *key)
{
    put(p, ",\"");
    put(p, key);
    put(p, "\":");
}

static void text_member(print_json *p, const char *key, const char *text)
{
    put_key(p, key);
    put_string(p, text, strlen(text));
}

/* Text of the schema, which needs no escapes. */
static void name_member(print_json *p, const char *key, const char *name)
{
    put_key(p, key);
    put(p, "\"");
    put(p, name);
    put(p, "\"");
}

static void number_member(print_json *p, const char *key, int64_t number)
{
    put_key(p, key);
    sheet_number(&p->sheet, number);
}

/* ---- values ---- */

static void put_hex(print_json *p, kw_bytes bytes)
{
    put(p, "\"");
    for (int32_t i = 0; i < bytes.len; i++)
        sheet_hex(&p->sheet, bytes.data[i], 2);
    put(p, "\"");
}

/* JSON has only finite numbers; for others Kafka's converters write text. */
static void put_float(print_json *p, double real)
{
    const char *quote = isfinite(real) ? "" : "\"";
    put(p, quote);
    sheet_float(&p->sheet, real);
    put(p, quote);
}

static void put_value(print_json *p, const explain_value *v)
{
    char uuid[23];
    switch (v->kind) {
    case VALUE_NONE:
        break;
    case VALUE_NULL:
        put(p, "null");
        break;
    case VALUE_BOOL:
        put(p, v->truth ? "true" : "false");
        break;
    case VALUE_INTEGER:
    case VALUE_COUNT:
    case VALUE_SIZE:
        sheet_number(&p->sheet, v->integer);
        break;
    case VALUE_FLOAT:
        put_float(p, v->real);
        break;
    case VALUE_STRING:
        put_string(p, (const char *)v->bytes.data, (size_t)v->bytes.len);
        break;
    case VALUE_BYTES:
        put_hex(p, v->bytes);
        break;
    case VALUE_UUID:
        kw_uuid_format(v->uuid, uuid);
        put_string(p, uuid, strlen(uuid));
        break;
    }
}

/* "value", or "count" or "contentSize" instead of the value. */
static void value_member(print_json *p, const explain_row *r)
{
    const explain_value *v = &r->value;
    if (v->kind == VALUE_NONE)
        return;
    if (r->secret_size != 0) {
        put(p, ",\"masked\":true");
        return;
    }
    put_key(p, v->kind == VALUE_COUNT ? "count" : v->kind == VALUE_SIZE ? "contentSize" : "value");
    put_value(p, v);
}

/* ---- the printer ---- */

static void json_begin(void *self, const explain_title *t, const explain_region *input)
{
    print_json *p = self;
    (void)input;
    p->has_row = false;
    put(p, "{\"input\":");
    sheet_number(&p->sheet, (int64_t)t->number);
    if (t->label != NULL)
        text_member(p, "label", t->label);
    number_member(p, "offset", (int64_t)t->offset);
    number_member(p, "size", (int64_t)t->size);
    text_member(p, "kind", t->kind);
    if (t->name != NULL)
        text_member(p, t->api_key >= 0 ? "api" : "message", t->name);
    if (t->api_key >= 0)
        number_member(p, "apiKey", t->api_key);
    if (t->version >= 0)
        number_member(p, "version", t->version);
    if (t->has_correlation_id)
        number_member(p, "correlationId", t->correlation_id);
    put(p, ",\"rows\":[");
}

static void begin_row(print_json *p)
{
    put(p, p->has_row ? ",{" : "{");
    p->has_row = true;
}

static void json_part(void *self, const explain_part *part)
{
    print_json *p = self;
    if (part->title == NULL)
        return;
    begin_row(p);
    put(p, "\"part\":");
    put_string(p, part->title, strlen(part->title));
    number_member(p, "depth", part->depth);
    if (part->message != NULL) {
        text_member(p, "message", part->message);
        number_member(p, "version", part->version);
    }
    put(p, "}");
}

static void json_row(void *self, const explain_row *r)
{
    print_json *p = self;
    begin_row(p);
    put(p, "\"offset\":");
    sheet_number(&p->sheet, (int64_t)r->offset);
    number_member(p, "size", (int64_t)r->size);
    if (r->in->number != 0)
        number_member(p, "region", r->in->number);
    number_member(p, "depth", r->depth);
    name_member(p, "path", r->path);
    name_member(p, "type", r->type);
    value_member(p, r);
    if (r->meaning[0] != '\0')
        text_member(p, "meaning", r->meaning);
    put(p, "}");
}

static void json_problem(void *self, const explain_problem *wrong)
{
    print_json *p = self;
    begin_row(p);
    put(p, "\"offset\":");
    sheet_number(&p->sheet, (int64_t)wrong->offset);
    if (wrong->in->number != 0)
        number_member(p, "region", wrong->in->number);
    name_member(p, "path", wrong->path);
    if (wrong->type[0] != '\0')
        name_member(p, "type", wrong->type);
    put_key(p, "error");
    put(p, "{\"code\":");
    put_string(p, wrong->code, strlen(wrong->code));
    text_member(p, "detail", wrong->reason);
    put(p, "}}");
}

static void json_remark(void *self, unsigned depth, const char *text)
{
    print_json *p = self;
    (void)depth;
    begin_row(p);
    put(p, "\"remark\":");
    put_string(p, text, strlen(text));
    put(p, "}");
}

static void json_end(void *self, bool fine)
{
    print_json *p = self;
    put(p, fine ? "],\"fine\":true}" : "],\"fine\":false}");
    sheet_end_line(&p->sheet);
    sheet_flush(&p->sheet);
}

printer print_json_init(print_json *p, void (*write)(void *context, const void *data, size_t size), void *context)
{
    sheet_init(&p->sheet, write, context);
    return (printer){.self = p,
                     .begin = json_begin,
                     .part = json_part,
                     .row = json_row,
                     .problem = json_problem,
                     .remark = json_remark,
                     .end = json_end};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "row_text.h"

#include <string.h>

#include "../text/printable.h"

enum { VALUE_SHOWN = 72 }; /* bytes of a text, unless all are shown */

/* Up to the first secret byte. */
static void text_value(sheet *s, kw_bytes text, size_t secret_at, bool full)
{
    size_t size = (size_t)text.len;
    size_t most = full ? size : VALUE_SHOWN;
    sheet_ascii(s, "\"", 1);
    for (size_t at = 0; at < size && at < most;) {
        if (at >= secret_at) {
            sheet_text(s, "\"...");
            return;
        }
        char piece[PRINTABLE_SIZE];
        size_t taken;
        size_t made = printable_next(text.data + at, size - at, piece, &taken);
        sheet_put(s, piece, made);
        at += taken;
    }
    sheet_text(s, size > most ? "\"..." : "\"");
}

static void bytes_value(sheet *s, kw_bytes bytes, size_t secret_at, bool full)
{
    if (printable_text(bytes.data, (size_t)bytes.len)) {
        text_value(s, bytes, secret_at, full);
        return;
    }
    sheet_number(s, bytes.len);
    sheet_text(s, bytes.len == 1 ? " byte" : " bytes");
}

static void view_value(sheet *s, const explain_row *r, bool full)
{
    kw_bytes bytes = r->value.bytes;
    size_t secret_at = SIZE_MAX;
    if (r->secret_size != 0)
        secret_at = r->secret_at - ((size_t)(bytes.data - r->in->data) - r->offset);
    if (secret_at == 0)
        sheet_text(s, "masked");
    else if (r->value.kind == VALUE_STRING)
        text_value(s, bytes, secret_at, full);
    else
        bytes_value(s, bytes, secret_at, full);
}

static void uuid_value(sheet *s, kw_uuid uuid)
{
    char text[23];
    kw_uuid_format(uuid, text);
    sheet_text(s, text);
}

void sheet_value(sheet *s, const explain_row *r, bool full)
{
    const explain_value *v = &r->value;
    switch (v->kind) {
    case VALUE_NONE:
        break;
    case VALUE_NULL:
        sheet_text(s, "null");
        break;
    case VALUE_BOOL:
        sheet_text(s, v->truth ? "true" : "false");
        break;
    case VALUE_INTEGER:
    case VALUE_COUNT:
        sheet_number(s, v->integer);
        break;
    case VALUE_SIZE:
        sheet_number(s, v->integer);
        sheet_text(s, v->integer == 1 ? " byte" : " bytes");
        break;
    case VALUE_FLOAT:
        sheet_float(s, v->real);
        break;
    case VALUE_STRING:
    case VALUE_BYTES:
        view_value(s, r, full);
        break;
    case VALUE_UUID:
        uuid_value(s, v->uuid);
        break;
    }
}

void sheet_printable(sheet *s, const char *text)
{
    size_t size = strlen(text);
    for (size_t at = 0; at < size;) {
        char piece[PRINTABLE_SIZE];
        size_t taken;
        size_t made = printable_next((const uint8_t *)text + at, size - at, piece, &taken);
        sheet_put(s, piece, made);
        at += taken;
    }
}

void sheet_title(sheet *s, const explain_title *t)
{
    bool is_message = t->name != NULL && t->api_key < 0; /* whose name says what it is */
    if (t->name != NULL)
        sheet_text(s, t->name);
    if (t->name != NULL && !is_message)
        sheet_text(s, " ");
    if (!is_message)
        sheet_text(s, t->kind);
    if (t->name == NULL && t->api_key >= 0) {
        sheet_text(s, " of API ");
        sheet_number(s, t->api_key);
    }
    if (t->version >= 0) {
        sheet_text(s, " version ");
        sheet_number(s, t->version);
    }
    if (t->has_correlation_id) {
        sheet_text(s, ", correlation id ");
        sheet_number(s, t->correlation_id);
    }
    sheet_text(s, ", ");
    sheet_number(s, (int64_t)t->size);
    sheet_text(s, t->size == 1 ? " byte" : " bytes");
    if (t->offset != 0) {
        sheet_text(s, " at ");
        sheet_number(s, (int64_t)t->offset);
    }
}

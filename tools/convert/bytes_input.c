/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes_input.h"

#include <string.h>

#include "../command/output.h"
#include "../text/base64.h"
#include "../text/bytes_text.h"
#include "../text/hex.h"

/* Copies the digits of `text` without the white space between them. */
static size_t squeeze(char *to, const char *text, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i < size; i++)
        if (memchr(" \t\r\n\f\v", text[i], 6) == NULL)
            to[n++] = text[i];
    return n;
}

/* Digits and white space only. */
static bool read_plain_hex(const char *text, size_t size, kw_writer *to, report *r)
{
    const size_t given = size;
    buffer digits = {0};
    buffer_reserve(&digits, size + 1);
    size = squeeze(digits.data, text, size);
    uint8_t *bytes = (uint8_t *)digits.data; /* each byte is behind the digits that were read */
    bool fine = hex_decode(bytes, digits.data, size);
    if (fine)
        kw_write_raw(to, bytes, size / 2);
    else
        report_hex(r, digits.data, squeeze(digits.data, text, given)); /* some digits are bytes now */
    buffer_finish(&digits);
    return fine;
}

static bool read_text(const char *text, size_t size, bytes_shape shape, kw_writer *to, report *r)
{
    bytes_text t;
    bytes_text_init(&t, shape);
    if (bytes_text_read(&t, text, size, true, to))
        return true;
    return report_set(r, CODE_HEX, 0, "line %zu, column %zu: read as %s: %s", t.line, t.column, bytes_shape_name(shape),
                      t.error);
}

static bool has_punctuation(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (memchr("xX,:;-_.|<#/", text[i], 12) != NULL)
            return true;
    return false;
}

bool bytes_input_read(const char *text, size_t size, const bytes_shape *shape, kw_writer *to, report *r)
{
    bytes_shape found = shape != NULL ? *shape : size == 0 ? BYTES_HEX : bytes_shape_of(text, size);
    bool is_plain = !bytes_are_hex(text, size) || !has_punctuation(text, size);
    if (found == BYTES_BASE64 && shape == NULL)
        found = BYTES_HEX;
    if (found == BYTES_HEX && is_plain)
        return read_plain_hex(text, size, to, r);
    if (!read_text(text, size, found, to, r))
        return false;
    return kw_writer_ok(to) || report_status(r, to->status, 0, "");
}

bool output_form_named(const char *name, output_form *out)
{
    static const char *const names[] = {"hex", "0x", "base64", "binary"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (output_form)i;
            return true;
        }
    return false;
}

void output_bytes(output_form form, const char *digits, size_t size)
{
    if (form == OUTPUT_HEX || form == OUTPUT_0X) {
        output_write("0x", form == OUTPUT_0X ? 2 : 0);
        output_write(digits, size);
        output_write("\n", 1);
        return;
    }
    buffer bytes = {0};
    buffer text = {0};
    buffer_reserve(&bytes, size / 2 + 1);
    (void)hex_decode((uint8_t *)bytes.data, digits, size);
    if (form == OUTPUT_BINARY) {
        output_write(bytes.data, size / 2);
    } else {
        buffer_reserve(&text, (size / 2 + 2) / 3 * 4 + 1);
        size_t n = base64_encode(text.data, (const uint8_t *)bytes.data, size / 2);
        output_write(text.data, n);
        output_write("\n", 1);
    }
    buffer_finish(&text);
    buffer_finish(&bytes);
}

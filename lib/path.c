/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/walk.h>

/* Text that is truncated if it does not fit; the length is counted in full. */
typedef struct line {
    char *text;
    size_t size;
    size_t len;
} line;

static void put_char(line *out, char c)
{
    if (out->len + 1 < out->size)
        out->text[out->len] = c;
    out->len++;
}

static void put_text(line *out, const char *text)
{
    for (; *text != '\0'; text++)
        put_char(out, *text);
}

static void put_number(line *out, uint32_t v)
{
    char digits[10];
    size_t n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    while (n > 0)
        put_char(out, digits[--n]);
}

static void put_path(line *out, const kw_step *step)
{
    if (step->parent == NULL)
        return;
    put_path(out, step->parent);
    if (step->index >= 0) {
        put_char(out, '[');
        put_number(out, (uint32_t)step->index);
        put_char(out, ']');
        return;
    }
    if (out->len != 0)
        put_char(out, '.');
    if (step->field != NULL) {
        put_text(out, step->field->name);
    } else {
        put_text(out, "unknownTag");
        put_number(out, ((const kw_raw_tag *)step->value)->tag);
    }
}

size_t kw_step_path(const kw_step *step, char *text, size_t size)
{
    line out = {text, size, 0};
    put_path(&out, step);
    if (size != 0)
        text[out.len < size ? out.len : size - 1] = '\0';
    return out.len;
}

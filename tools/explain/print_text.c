/* SPDX-License-Identifier: Apache-2.0 */
#include "print_text.h"

#include <string.h>

#include "row_text.h"

enum {
    BYTES_A_LINE = 8,
    HEX_A_LINE = 3 * BYTES_A_LINE - 1, /* columns */
    BYTES_SHOWN = 4 * BYTES_A_LINE,    /* of one field, unless all are shown */
    LEAST_VALUE = 9,                   /* columns, so that most meanings are aligned */
    LEAST_PATH = 16
};

typedef enum ink {
    INK_PLAIN,
    INK_OFFSET,
    INK_BYTES,
    INK_PATH,
    INK_TYPE,
    INK_VALUE,
    INK_MEANING,
    INK_TITLE,
    INK_ERROR
} ink;

static const char *const inks[] = {"\033[0m",  "\033[2m",  "\033[36m", "",          "\033[2m",
                                   "\033[32m", "\033[33m", "\033[1m",  "\033[1;31m"};

static void use(print_text *p, ink i)
{
    if (p->colour)
        sheet_escape(&p->sheet, inks[i]);
}

static void put(print_text *p, ink i, const char *text)
{
    use(p, i);
    sheet_text(&p->sheet, text);
    use(p, INK_PLAIN);
}

static void put_at(print_text *p, size_t column, ink i, const char *text)
{
    sheet_to(&p->sheet, column, 2);
    put(p, i, text);
}

/* ---- columns ---- */

static size_t bytes_at(const print_text *p)
{
    return p->digits + 2;
}

/* Moves the columns after the path to the right if necessary. */
static void widen(print_text *p, size_t path_width, size_t type_width)
{
    size_t type_at = p->path_at + path_width + 2;
    if (p->type_at < type_at) {
        p->value_at += type_at - p->type_at;
        p->type_at = type_at;
    }
    if (p->value_at < p->type_at + type_width + 2)
        p->value_at = p->type_at + type_width + 2;
}

static unsigned digits_of(size_t size)
{
    return size <= 0x10000 ? 4 : size <= 0x1000000 ? 6 : 8;
}

/* Decompressed content may be larger than the input. */
static void widen_offsets(print_text *p, size_t size)
{
    unsigned digits = digits_of(size);
    if (digits <= p->digits)
        return;
    p->path_at += digits - p->digits;
    p->type_at += digits - p->digits;
    p->value_at += digits - p->digits;
    p->digits = digits;
}

static void offset(print_text *p, const explain_region *in, size_t at)
{
    widen_offsets(p, in->size);
    use(p, INK_OFFSET);
    sheet_hex(&p->sheet, at, p->digits);
    if (in->number != 0)
        sheet_text(&p->sheet, "+");
    use(p, INK_PLAIN);
}

static bool is_secret(const explain_row *r, size_t at)
{
    return at >= r->secret_at && at - r->secret_at < r->secret_size;
}

static void hex_line(print_text *p, const explain_row *r, size_t from, size_t count)
{
    if (count == 0)
        return;
    sheet_to(&p->sheet, bytes_at(p), 1);
    use(p, INK_BYTES);
    if (r->secret_size == 0)
        sheet_bytes(&p->sheet, r->in->data + r->offset + from, count);
    for (size_t i = from; i < from + count && r->secret_size != 0; i++) {
        if (i != from)
            sheet_ascii(&p->sheet, " ", 1);
        if (is_secret(r, i))
            sheet_ascii(&p->sheet, "**", 2);
        else
            sheet_hex(&p->sheet, r->in->data[r->offset + i], 2);
    }
    use(p, INK_PLAIN);
}

static void line_of_bytes(print_text *p, const explain_row *r, size_t from)
{
    offset(p, r->in, r->offset + from);
    hex_line(p, r, from, r->size - from < BYTES_A_LINE ? r->size - from : BYTES_A_LINE);
    sheet_end_line(&p->sheet);
}

static void skipped_bytes(print_text *p, size_t count)
{
    sheet_to(&p->sheet, bytes_at(p), 0);
    use(p, INK_OFFSET);
    sheet_text(&p->sheet, "... ");
    sheet_number(&p->sheet, (int64_t)count);
    sheet_text(&p->sheet, count == 1 ? " more byte" : " more bytes");
    use(p, INK_PLAIN);
    sheet_end_line(&p->sheet);
}

/* The lines of a field's bytes after the first. */
static void more_lines(print_text *p, const explain_row *r)
{
    size_t most = p->full || r->size <= BYTES_SHOWN ? SIZE_MAX : BYTES_SHOWN - BYTES_A_LINE;
    size_t at = BYTES_A_LINE;
    for (; at < r->size && at < most; at += BYTES_A_LINE)
        line_of_bytes(p, r, at);
    if (at < r->size)
        skipped_bytes(p, r->size - at);
}

/* ---- the printer ---- */

static void print_begin(void *self, const explain_title *t, const explain_region *input)
{
    print_text *p = self;
    if (p->follows)
        sheet_end_line(&p->sheet);
    p->follows = true;
    p->digits = digits_of(input->size);
    p->path_at = bytes_at(p) + HEX_A_LINE + 2;
    p->type_at = p->path_at + LEAST_PATH + 2;
    p->value_at = p->type_at;
    p->titled = t->name != NULL && t->api_key < 0;
    use(p, INK_TITLE);
    if (t->label != NULL) {
        sheet_printable(&p->sheet, t->label);
        sheet_text(&p->sheet, ": ");
    }
    sheet_title(&p->sheet, t);
    use(p, INK_PLAIN);
    sheet_end_line(&p->sheet);
}

static void print_part(void *self, const explain_part *part)
{
    print_text *p = self;
    widen(p, part->path_width, part->type_width);
    bool is_said = p->titled || part->title == NULL;
    p->titled = p->titled && part->title == NULL;
    if (is_said)
        return;
    sheet_to(&p->sheet, p->path_at + 2 * (size_t)part->depth, 0);
    put(p, INK_TITLE, part->title);
    sheet_end_line(&p->sheet);
}

static void print_row(void *self, const explain_row *r)
{
    print_text *p = self;
    sheet *s = &p->sheet;
    const char *path = p->short_names ? explain_short_name(r->path + r->local) : r->path + r->local;
    widen(p, 2 * (size_t)r->depth + strlen(path), strlen(r->type));
    offset(p, r->in, r->offset);
    hex_line(p, r, 0, r->size < BYTES_A_LINE ? r->size : BYTES_A_LINE);
    if (path[0] != '\0') {
        sheet_to(s, p->path_at + 2 * (size_t)r->depth, 0);
        put(p, INK_PATH, path);
    }
    if (r->type[0] != '\0')
        put_at(p, p->type_at, INK_TYPE, r->type);
    if (r->value.kind != VALUE_NONE) {
        sheet_to(s, p->value_at, 2);
        use(p, INK_VALUE);
        sheet_value(s, r, p->full);
        use(p, INK_PLAIN);
    }
    if (r->meaning[0] != '\0')
        put_at(p, p->value_at + (r->value.kind != VALUE_NONE ? LEAST_VALUE : 0), INK_MEANING, r->meaning);
    sheet_end_line(s);
    if (r->size > BYTES_A_LINE)
        more_lines(p, r);
}

/* The line below the bytes: marks the wrong ones, `before` bytes from the start of the line, and prints the reason. */
static void print_caret(print_text *p, const explain_problem *wrong, size_t before)
{
    sheet *s = &p->sheet;
    size_t space = before < BYTES_A_LINE ? BYTES_A_LINE - before : 1;
    size_t size = wrong->size < space ? wrong->size : space;
    sheet_to(s, bytes_at(p) + 3 * before, 0);
    use(p, INK_ERROR);
    sheet_text(s, "^");
    if (size != 0)
        sheet_repeat(s, '~', 3 * size - 2);
    sheet_text(s, " ");
    sheet_text(s, wrong->code);
    sheet_text(s, " at byte ");
    sheet_number(s, (int64_t)wrong->offset);
    sheet_text(s, ": ");
    sheet_text(s, wrong->reason);
    use(p, INK_PLAIN);
    sheet_end_line(s);
}

static explain_row row_of_problem(const explain_problem *wrong, size_t start, size_t end)
{
    return (explain_row){.in = wrong->in,
                         .offset = start,
                         .size = end - start,
                         .depth = wrong->depth,
                         .path = "",
                         .type = "",
                         .meaning = "",
                         .secret_size = wrong->secret ? end - start : 0};
}

/* Bytes without a row, from `start` to the line with the wrong one; returns the start of that line. */
static size_t print_wrong_bytes(print_text *p, const explain_problem *wrong)
{
    explain_row r = row_of_problem(wrong, wrong->start, wrong->end);
    size_t size = r.size;
    size_t last = (wrong->offset - wrong->start) / BYTES_A_LINE * BYTES_A_LINE;
    if (last == size && last != 0)
        last -= BYTES_A_LINE;
    r.path = wrong->path;
    r.local = wrong->local;
    r.type = wrong->type;
    r.size = size < BYTES_A_LINE ? size : BYTES_A_LINE;
    print_row(p, &r);
    r.size = size;
    size_t at = BYTES_A_LINE;
    if (!p->full && last > BYTES_SHOWN) {
        skipped_bytes(p, last - at);
        at = last;
    }
    for (; at <= last; at += BYTES_A_LINE)
        line_of_bytes(p, &r, at);
    return wrong->start + last;
}

/* The bytes after the line with the wrong one. */
static void print_rest(print_text *p, const explain_problem *wrong, size_t line)
{
    if (wrong->end - line <= BYTES_A_LINE)
        return;
    explain_row r = row_of_problem(wrong, line + BYTES_A_LINE, wrong->end);
    r.meaning = "not explained";
    print_row(p, &r);
}

static void print_problem(void *self, const explain_problem *wrong)
{
    print_text *p = self;
    if (!wrong->fatal) {
        print_caret(p, wrong, 0);
        return;
    }
    size_t line = print_wrong_bytes(p, wrong);
    print_caret(p, wrong, wrong->offset - line);
    print_rest(p, wrong, line);
}

static void print_remark(void *self, unsigned depth, const char *text)
{
    print_text *p = self;
    sheet_to(&p->sheet, p->path_at + 2 * (size_t)depth, 0);
    put(p, INK_MEANING, text);
    sheet_end_line(&p->sheet);
}

static void print_end(void *self, bool fine)
{
    print_text *p = self;
    (void)fine;
    sheet_flush(&p->sheet);
}

printer print_text_init(print_text *p, void (*write)(void *context, const void *data, size_t size), void *context)
{
    sheet_init(&p->sheet, write, context);
    p->colour = false;
    p->full = false;
    p->short_names = false;
    p->follows = false;
    return (printer){.self = p,
                     .begin = print_begin,
                     .part = print_part,
                     .row = print_row,
                     .problem = print_problem,
                     .remark = print_remark,
                     .end = print_end};
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "print.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <kwire/json.h>

#include "../command/output.h"
#include "../text/hex.h"
#include "value_text.h"

enum { WIDEST_PATH = 72, MOST_SHOWN = 120 };

void diff_print_take(void *self, const difference *d)
{
    diff_print *p = self;
    if (p->count == p->cap) {
        size_t cap = p->cap != 0 ? p->cap * 2 : 64;
        difference *items = kw_arena_array(p->arena, cap, sizeof *items);
        if (items == NULL)
            die("out of memory; see --max-memory");
        if (p->count != 0)
            memcpy(items, p->items, p->count * sizeof *items);
        p->items = items;
        p->cap = cap;
    }
    p->items[p->count++] = *d;
}

static const diff_row *either(const difference *d)
{
    return d->first != NULL ? d->first : d->second;
}

static void put(kw_writer *w, const char *text)
{
    kw_write_raw(w, text, strlen(text));
}

/* Shows where two byte strings that are too long to be shown differ first. */
static void put_first_other_byte(kw_writer *w, const explain_value *a, const explain_value *b)
{
    if (a->kind != b->kind || (a->kind != VALUE_STRING && a->kind != VALUE_BYTES) ||
        (a->bytes.len <= MOST_SHOWN / 2 && b->bytes.len <= MOST_SHOWN / 2))
        return;
    int32_t i = 0;
    while (i < a->bytes.len && i < b->bytes.len && a->bytes.data[i] == b->bytes.data[i])
        i++;
    char text[40];
    snprintf(text, sizeof text, ", from byte %d on", i);
    put(w, text);
}

static void put_line(kw_writer *w, const difference *d, int width)
{
    static const char signs[] = {'-', '+', '~', '~'};
    char start[WIDEST_PATH + 1200];
    const diff_row *row = either(d);
    int n = snprintf(start, sizeof start, "%c %-*s  ", signs[d->kind], width, row->path);
    kw_write_raw(w, start, (size_t)n < sizeof start ? (size_t)n : sizeof start - 1);
    value_text(row, MOST_SHOWN, w);
    if (d->kind == OTHER_VALUE) {
        put(w, " -> ");
        value_text(d->second, MOST_SHOWN, w);
        put_first_other_byte(w, &d->first->value, &d->second->value);
    } else if (d->kind == OTHER_BYTES && !row->secret) {
        put(w, " in other bytes: ");
        hex_encode(w, d->first->bytes.data, (size_t)d->first->bytes.len);
        put(w, " -> ");
        hex_encode(w, d->second->bytes.data, (size_t)d->second->bytes.len);
    }
    put(w, "\n");
}

static void put_json(kw_writer *w, const difference *d)
{
    static const char *const kinds[] = {"only first", "only second", "value", "bytes"};
    put(w, "{\"path\":");
    kw_json_string(kw_string_of(either(d)->path), w);
    put(w, ",\"difference\":\"");
    put(w, kinds[d->kind]);
    put(w, "\"");
    if (d->first != NULL) {
        put(w, ",\"first\":");
        value_json(d->first, w);
    }
    if (d->second != NULL) {
        put(w, ",\"second\":");
        value_json(d->second, w);
    }
    put(w, "}\n");
}

static int widest(const diff_print *p)
{
    int width = 0;
    for (size_t i = 0; i < p->count; i++) {
        size_t size = strlen(either(&p->items[i])->path);
        if (size <= WIDEST_PATH && (int)size > width)
            width = (int)size;
    }
    return width;
}

void diff_print_end(const diff_print *p)
{
    int width = widest(p);
    kw_writer line;
    kw_writer_init_growing(&line, kw_allocator_libc(), SIZE_MAX / 4);
    for (size_t i = 0; i < p->count; i++) {
        kw_writer_reset(&line);
        if (p->json)
            put_json(&line, &p->items[i]);
        else
            put_line(&line, &p->items[i], width);
        if (!kw_writer_ok(&line))
            die("out of memory");
        kw_span text = kw_writer_data(&line);
        output_write(text.data, text.size);
    }
    kw_writer_finish(&line);
}

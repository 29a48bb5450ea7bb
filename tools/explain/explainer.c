/* SPDX-License-Identifier: Apache-2.0 */
#include "explainer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../command/max_memory.h"

explainer *explainer_create(const explain_options *options)
{
    explainer *e = calloc(1, sizeof *e);
    if (e == NULL)
        die("out of memory");
    e->options = *options;
    if (e->options.max_memory == 0)
        e->options.max_memory = MAX_MEMORY_DEFAULT;
    for (size_t i = 0; i < MOST_NESTING; i++)
        kw_arena_init_growing(&e->arenas[i], NULL, 0, kw_allocator_libc(), e->options.max_memory);
    kw_writer_init_growing(&e->scratch, kw_allocator_libc(), e->options.max_memory);
    if (options->printer != NULL)
        e->out = *options->printer;
    else if (options->style == EXPLAIN_JSON)
        e->out = print_json_init(&e->json, options->write, options->context);
    else
        e->out = print_text_init(&e->text, options->write, options->context);
    e->text.colour = options->style == EXPLAIN_COLOUR;
    e->text.full = options->full;
    e->text.short_names = options->short_names;
    return e;
}

void explainer_destroy(explainer *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < MOST_NESTING; i++)
        kw_arena_finish(&e->arenas[i]);
    kw_writer_finish(&e->scratch);
    topics_finish(&e->topics);
    kw_decompressor_destroy(e->decompressor);
    free(e);
}

const char *explain_short_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    if (dot == NULL || dot == path)
        return path;
    if (dot[-1] != ']')
        return dot + 1;
    while (dot > path && dot[-1] != '.')
        dot--;
    return dot;
}

unsigned explain_name_width(const explainer *e, const char *path)
{
    return (unsigned)strlen(e->options.short_names ? explain_short_name(path) : path);
}

scope scope_enter(explainer *e, unsigned depth)
{
    scope before = {e->in, e->depth, e->local, e->stem, e->cut, e->secret};
    e->depth = depth;
    size_t len = strlen(e->path);
    if (len != 0 && len + 1 < sizeof e->path) {
        e->path[len++] = '.';
        e->path[len] = '\0';
    }
    e->local = len;
    e->stem = len;
    return before;
}

void scope_leave(explainer *e, scope before)
{
    e->in = before.in;
    e->depth = before.depth;
    e->local = before.local;
    e->stem = before.stem;
    e->cut = before.cut;
    e->secret = before.secret;
    e->path[e->stem] = '\0';
}

static void set_stem(explainer *e, size_t at, const char *format, va_list list)
{
    size_t space = sizeof e->path - at;
    int len = vsnprintf(e->path + at, space, format, list);
    e->stem = at + (len < 0 ? 0 : (size_t)len < space ? (size_t)len : space - 1);
}

void path_stem(explainer *e, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    set_stem(e, e->local, format, list);
    va_end(list);
}

size_t path_stem_more(explainer *e, const char *format, ...)
{
    size_t before = e->stem;
    va_list list;
    va_start(list, format);
    set_stem(e, before, format, list);
    va_end(list);
    return before;
}

void path_set(explainer *e, const char *name)
{
    size_t space = sizeof e->path - 1 - e->stem;
    size_t len = strlen(name);
    len = len < space ? len : space;
    memcpy(e->path + e->stem, name, len);
    size_t end = e->stem + len;
    if (len == 0 && end > e->local && e->path[end - 1] == '.')
        end--;
    e->path[end] = '\0';
}

void show_part(explainer *e, const char *title, const kw_message *m, int version)
{
    explain_part p = {
        .in = e->in, .depth = e->depth, .title = title, .message = m != NULL ? m->name : NULL, .version = version};
    e->out.part(e->out.self, &p);
}

void show_row(explainer *e, explain_row r)
{
    r.in = e->in;
    r.path = e->path;
    r.local = e->local;
    r.meaning = e->meaning.text;
    e->out.row(e->out.self, &r);
    note_clear(&e->meaning);
}

void show_field(explainer *e, size_t offset, size_t size, const char *name, const char *type, explain_value v)
{
    path_set(e, name);
    explain_row r = {.offset = offset, .size = size, .depth = e->depth, .type = type, .value = v};
    show_row(e, r);
}

void show_problem(explainer *e, explain_problem p, kw_status status)
{
    if (e->reason.len == 0)
        note_text(&e->reason, kw_status_text(status));
    p.in = e->in;
    p.path = e->path;
    p.local = e->local;
    p.code = kw_status_name(status);
    p.reason = e->reason.text;
    p.secret = e->secret && !e->options.secrets;
    e->out.problem(e->out.self, &p);
    e->fine = false;
    note_clear(&e->reason);
}

void show_remark(explainer *e, const char *text)
{
    e->out.remark(e->out.self, e->depth, text);
}

void show_raw(explainer *e, size_t offset, size_t end, unsigned depth, const char *why)
{
    if (offset == end)
        return;
    path_set(e, "");
    explain_row r = {.offset = offset,
                     .size = end - offset,
                     .depth = depth,
                     .type = "RAW",
                     .value = value_bytes(VALUE_BYTES, e->in->data + offset, end - offset)};
    r.secret_size = e->secret && !e->options.secrets ? r.size : 0;
    note_text(&e->meaning, why);
    show_row(e, r);
}

void show_trailing(explainer *e, size_t offset, size_t end)
{
    if (!e->options.strict) {
        show_raw(e, offset, end, e->depth + 1, "after the end of the message; Kafka ignores it");
        return;
    }
    path_set(e, "");
    explain_problem p = {
        .start = offset, .offset = offset, .depth = e->depth + 1, .type = "", .fatal = true, .end = end};
    show_problem(e, p, KW_ERR_TRAILING);
}

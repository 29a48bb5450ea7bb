/* SPDX-License-Identifier: Apache-2.0 */
#include "explainer.h"

#include <stdlib.h>
#include <string.h>

#define MAX_MEMORY_DEFAULT ((size_t)256 * 1024 * 1024)

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
        e->out = print_text_init(&e->text, options->style == EXPLAIN_COLOUR, options->full, options->write,
                                 options->context);
    return e;
}

void explainer_destroy(explainer *e)
{
    if (e == NULL)
        return;
    for (size_t i = 0; i < MOST_NESTING; i++)
        kw_arena_finish(&e->arenas[i]);
    kw_writer_finish(&e->scratch);
    kw_decompressor_destroy(e->decompressor);
    free(e);
}

scope scope_enter(explainer *e, unsigned depth)
{
    scope before = {e->in, e->depth, e->local};
    e->depth = depth;
    size_t len = strlen(e->path);
    if (len != 0 && len + 1 < sizeof e->path) {
        e->path[len++] = '.';
        e->path[len] = '\0';
    }
    e->local = len;
    return before;
}

void scope_leave(explainer *e, scope before)
{
    e->in = before.in;
    e->depth = before.depth;
    e->local = before.local;
    e->path[e->local] = '\0';
}

void path_set(explainer *e, const char *name)
{
    size_t room = sizeof e->path - 1 - e->local;
    size_t len = strlen(name);
    len = len < room ? len : room;
    memcpy(e->path + e->local, name, len);
    e->path[e->local + len] = '\0';
}

void tell_part(explainer *e, const char *title, const kw_message *m, int version)
{
    explain_part p = {
        .in = e->in, .depth = e->depth, .title = title, .message = m != NULL ? m->name : NULL, .version = version};
    e->out.part(e->out.self, &p);
}

void tell_row(explainer *e, explain_row r)
{
    r.in = e->in;
    r.path = e->path;
    r.local = e->local;
    r.meaning = e->meaning.text;
    e->out.row(e->out.self, &r);
    note_clear(&e->meaning);
}

void tell_field(explainer *e, size_t offset, size_t size, const char *name, const char *type, explain_value v)
{
    path_set(e, name);
    explain_row r = {.offset = offset, .size = size, .depth = e->depth, .type = type, .value = v};
    tell_row(e, r);
}

void tell_problem(explainer *e, explain_problem p, kw_status status)
{
    if (e->reason.len == 0)
        note_text(&e->reason, kw_status_text(status));
    p.in = e->in;
    p.path = e->path;
    p.local = e->local;
    p.code = kw_status_name(status);
    p.reason = e->reason.text;
    e->out.problem(e->out.self, &p);
    e->fine = false;
    note_clear(&e->reason);
}

void tell_remark(explainer *e, const char *text)
{
    e->out.remark(e->out.self, e->depth, text);
}

void tell_trailing(explainer *e, size_t offset, size_t end)
{
    path_set(e, "");
    if (e->options.strict) {
        explain_problem p = {
            .begin = offset, .offset = offset, .depth = e->depth + 1, .type = "", .fatal = true, .end = end};
        tell_problem(e, p, KW_ERR_TRAILING);
        return;
    }
    explain_row r = {.offset = offset,
                     .size = end - offset,
                     .depth = e->depth + 1,
                     .type = "RAW",
                     .value = value_bytes(VALUE_BYTES, e->in->data + offset, end - offset)};
    note_text(&e->meaning, "left over after the message; Kafka ignores it");
    tell_row(e, r);
}

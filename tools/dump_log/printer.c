/* SPDX-License-Identifier: Apache-2.0 */
#include "printer.h"

#include <string.h>

#include <kwire/json.h>

#include "../command/output.h"
#include "../text/bytes.h"
#include "columns.h"

#define BLOCK_SIZE ((size_t)64 * 1024)
#define START_SIZE ((size_t)64 * 1024)

static void drain(void *context, const char *text, size_t size)
{
    (void)context;
    output_write(text, size);
}

void printer_init(printer *p, bool jsonl, bool colour, bool verify, long long max_problems)
{
    *p = (printer){.jsonl = jsonl, .colour = colour, .verify = verify, .max_problems = max_problems, .first = true};
    buffer_reserve(&p->memory, BLOCK_SIZE);
    emit_init(&p->out, p->memory.data, BLOCK_SIZE, drain, NULL);
    kw_writer_init_growing(&p->start_bytes, kw_allocator_libc(), START_SIZE);
}

void printer_finish(printer *p)
{
    printer_flush(p);
    buffer_finish(&p->memory);
    kw_writer_finish(&p->start_bytes);
}

void printer_flush(printer *p)
{
    emit_flush(&p->out);
}

/* ---- files ---- */

static void make_start(printer *p)
{
    static const char before[] = "{\"file\":";
    static const char after[] = ",\"type\":";
    kw_writer *w = &p->start_bytes;
    kw_writer_reset(w);
    kw_write_raw(w, before, sizeof before - 1);
    kw_json_string(kw_string_of(p->file->path), w);
    kw_write_raw(w, after, sizeof after - 1);
    if (!kw_writer_ok(w))
        die("%s: the name is too long", p->file->path);
    kw_span bytes = kw_writer_data(w);
    p->start = (kw_string){bytes.data, (int32_t)bytes.size};
}

void printer_begin(printer *p, dump_file *file, uint64_t size, const char *headings)
{
    p->file = file;
    p->file_size = size;
    p->headings = headings;
    p->headed = false;
    p->row_type = NULL;
    make_start(p);
}

static void put_start(printer *p, const char *type)
{
    emit_raw(&p->out, p->start.data, (size_t)p->start.len);
    emit_char(&p->out, '"');
    emit_text(&p->out, type);
    emit_char(&p->out, '"');
}

static void put_number(emitter *e, const char *name, int64_t number)
{
    EMIT_LITERAL(e, ",\"");
    emit_text(e, name);
    EMIT_LITERAL(e, "\":");
    emit_int(e, number);
}

static void put_text(emitter *e, const char *name, kw_string text)
{
    EMIT_LITERAL(e, ",\"");
    emit_text(e, name);
    EMIT_LITERAL(e, "\":");
    json_bytes(e, (const uint8_t *)text.data, text.len);
}

/* Whether the offset in the name follows the last record; otherwise it is that of the first. */
static bool ends_at_offset(file_kind kind)
{
    return kind == KIND_SNAPSHOT || kind == KIND_PRODUCERS;
}

static void head_in_json(printer *p)
{
    emitter *e = &p->out;
    dump_file *file = p->file;
    put_start(p, "file");
    put_text(e, "kind", kw_string_of(file_kind_name(file->kind)));
    put_number(e, "size", (int64_t)p->file_size);
    if (file->offset >= 0)
        put_number(e, ends_at_offset(file->kind) ? "endOffset" : "baseOffset", file->offset);
    if (file->epoch >= 0)
        put_number(e, "epoch", file->epoch);
    EMIT_LITERAL(e, "}\n");
}

static void head_in_text(printer *p)
{
    emitter *e = &p->out;
    dump_file *file = p->file;
    if (!p->first)
        emit_char(e, '\n');
    emit_text(e, p->colour ? "\033[1m" : "");
    emit_text(e, file->path);
    emit_text(e, p->colour ? "\033[0m" : "");
    EMIT_LITERAL(e, ": ");
    emit_text(e, file_kind_title(file->kind));
    if (file->offset >= 0) {
        emit_text(e, ends_at_offset(file->kind) ? " up to offset " : " from offset ");
        emit_int(e, file->offset);
    }
    if (file->epoch >= 0) {
        EMIT_LITERAL(e, ", epoch ");
        emit_int(e, file->epoch);
    }
    EMIT_LITERAL(e, ", ");
    emit_uint(e, p->file_size);
    EMIT_LITERAL(e, " bytes\n");
    emit_text(e, p->headings);
}

void printer_head(printer *p)
{
    if (p->headed || p->verify)
        return;
    if (p->jsonl)
        head_in_json(p);
    else
        head_in_text(p);
    p->headed = true;
    p->first = false;
}

/* ---- lines ---- */

void printer_lines(printer *p, const char *text, size_t size)
{
    if (size == 0)
        return;
    printer_head(p);
    printer_flush(p);
    output_write(text, size);
}

void printer_zeros(printer *p, uint64_t size)
{
    if (p->verify)
        return;
    printer_head(p);
    if (p->jsonl) {
        put_start(p, "zeros");
        put_number(&p->out, "size", (int64_t)size);
        EMIT_LITERAL(&p->out, "}\n");
    } else {
        emit_uint(&p->out, size);
        EMIT_LITERAL(&p->out, " zero bytes at the end, allocated ahead\n");
    }
}

static void row_in_json(printer *p, const char *type, const cell *cells, size_t count)
{
    emitter *e = &p->out;
    put_start(p, type);
    for (size_t i = 0; i < count; i++) {
        const cell *c = &cells[i];
        if (c->kind == CELL_NUMBER || c->kind == CELL_TIME)
            put_number(e, c->name, c->number);
        else
            put_text(e, c->name, c->text);
    }
    EMIT_LITERAL(e, "}\n");
}

/* A word as it is, "-" for none, anything else in quotes. */
static void put_word(emitter *e, kw_string text)
{
    if (text.len < 0)
        text = kw_string_of("-");
    size_t size = text.len > 0 ? (size_t)text.len : 0;
    size_t plain = 0;
    while (plain < size && text.data[plain] > ' ' && text.data[plain] <= '~')
        plain++;
    if (plain == size && size != 0)
        emit_raw(e, text.data, size);
    else
        text_bytes(e, (const uint8_t *)text.data, text.len);
}

/* The last cell of a row is not padded. */
static void put_cell(emitter *e, const cell *c, bool last)
{
    column start = column_begin(e);
    switch (c->kind) {
    case CELL_NUMBER:
        column_int(e, c->number, c->width);
        return;
    case CELL_TIME:
        column_time(e, c->number);
        return;
    case CELL_TEXT:
        put_word(e, c->text);
        column_end_left(e, start, last ? 0 : c->width);
        return;
    case CELL_NO_NUMBER:
        column_right(e, "-", c->width);
        return;
    }
}

static void put_titles(emitter *e, const cell *cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i != 0)
            column_next(e);
        if (cells[i].kind == CELL_TEXT || cells[i].kind == CELL_TIME)
            column_left(e, cells[i].title, i + 1 < count ? cells[i].width : 0);
        else
            column_right(e, cells[i].title, cells[i].width);
    }
    emit_char(e, '\n');
}

static void row_in_text(printer *p, const char *type, const cell *cells, size_t count)
{
    emitter *e = &p->out;
    if (p->row_type == NULL || strcmp(p->row_type, type) != 0)
        put_titles(e, cells, count);
    p->row_type = type;
    for (size_t i = 0; i < count; i++) {
        if (i != 0)
            column_next(e);
        put_cell(e, &cells[i], i + 1 == count);
    }
    emit_char(e, '\n');
}

void printer_row(printer *p, const char *type, const cell *cells, size_t count)
{
    if (p->verify)
        return;
    printer_head(p);
    if (p->jsonl)
        row_in_json(p, type, cells, count);
    else
        row_in_text(p, type, cells, count);
}

/* ---- problems ---- */

static void put_reason(emitter *e, const problem *what)
{
    emit_text(e, what->reason);
    if (what->system_error != 0) {
        EMIT_LITERAL(e, " (");
        emit_text(e, strerror(what->system_error));
        EMIT_LITERAL(e, ")");
    }
    EMIT_LITERAL(e, ": ");
    emit_text(e, what->detail);
}

static void problem_in_json(printer *p, const problem *what)
{
    emitter *e = &p->out;
    put_start(p, "problem");
    if (what->position >= 0)
        put_number(e, "position", what->position);
    if (what->offset >= 0)
        put_number(e, "offset", what->offset);
    put_text(e, "code", kw_string_of(what->code));
    put_text(e, "reason", kw_string_of(what->system_error != 0 ? strerror(what->system_error) : what->reason));
    put_text(e, "detail", kw_string_of(what->detail));
    EMIT_LITERAL(e, "}\n");
}

static void problem_in_text(printer *p, const problem *what)
{
    emitter *e = &p->out;
    emit_text(e, p->colour ? "\033[31m" : "");
    emit_text(e, p->verify ? "" : "! ");
    emit_text(e, p->file->path);
    if (what->position >= 0) {
        EMIT_LITERAL(e, ": byte ");
        emit_int(e, what->position);
    }
    if (what->offset >= 0) {
        EMIT_LITERAL(e, " (offset ");
        emit_int(e, what->offset);
        EMIT_LITERAL(e, ")");
    }
    EMIT_LITERAL(e, ": ");
    put_reason(e, what);
    emit_text(e, p->colour ? "\033[0m\n" : "\n");
}

void printer_problem(printer *p, const problem *what)
{
    p->problems++;
    if (p->file->problems++ >= p->max_problems) {
        p->unlisted++;
        return;
    }
    printer_head(p);
    if (p->jsonl)
        problem_in_json(p, what);
    else
        problem_in_text(p, what);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "rows.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <kwire/message.h>

#include "../command/output.h"

void diff_rows_init(diff_rows *rows, kw_arena *arena)
{
    *rows = (diff_rows){.arena = arena, .fine = true};
}

static void *take(diff_rows *rows, size_t size)
{
    void *memory = kw_arena_array(rows->arena, size != 0 ? size : 1, 1);
    if (memory == NULL)
        die("out of memory; see --max-memory");
    return memory;
}

static const char *keep_text(diff_rows *rows, const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(take(rows, size), text, size);
}

static kw_bytes keep_bytes(diff_rows *rows, kw_bytes b)
{
    if (b.len > 0)
        b.data = memcpy(take(rows, (size_t)b.len), b.data, (size_t)b.len);
    return b;
}

static diff_row *add(diff_rows *rows)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap != 0 ? rows->cap * 2 : 256;
        diff_row *items = take(rows, cap * sizeof *items);
        if (rows->count != 0)
            memcpy(items, rows->items, rows->count * sizeof *items);
        rows->items = items;
        rows->cap = cap;
    }
    return &rows->items[rows->count++];
}

/* ---- keys of elements ---- */

/* The field that the path leads to, from the message down. */
static const kw_field *field_at(const kw_struct *s, const char *path)
{
    const kw_field *found = NULL;
    while (*path != '\0') {
        size_t size = strcspn(path, ".[");
        found = NULL;
        for (uint32_t i = 0; s != NULL && i < s->field_count && found == NULL; i++)
            if (strlen(s->fields[i].name) == size && memcmp(s->fields[i].name, path, size) == 0)
                found = &s->fields[i];
        if (found == NULL)
            return NULL;
        s = found->type;
        path += size;
        path += strcspn(path, ".");
        path += *path == '.';
    }
    return found;
}

/* Keys of the schema; and if it has none, as in Fetch, fields that name a topic or partition. */
static bool names_its_element(const kw_field *f)
{
    static const char *const partitions[] = {"partition", "partitionIndex", "index"};
    if ((f->flags & KW_FIELD_KEY) != 0 || f->entity == KW_ENTITY_TOPIC_NAME || strcmp(f->name, "topicId") == 0)
        return true;
    for (size_t i = 0; i < sizeof partitions / sizeof partitions[0]; i++)
        if (strcmp(f->name, partitions[i]) == 0)
            return true;
    return false;
}

static bool is_key(const diff_rows *rows, const explain_row *r)
{
    const char *dot = strrchr(r->path, '.');
    if (rows->m == NULL || dot == NULL || dot == r->path || dot[-1] != ']' || dot < r->path + r->local)
        return false;
    const kw_field *f = field_at(rows->m->type, r->path + r->local);
    return f != NULL && f->kind != KW_KIND_STRUCT && names_its_element(f);
}

/* ---- the printer ---- */

static void on_begin(void *self, const explain_title *t, const explain_region *input)
{
    (void)self;
    (void)t;
    (void)input;
}

static void on_part(void *self, const explain_part *p)
{
    diff_rows *rows = self;
    rows->m = p->message != NULL ? kw_message_by_name(kw_string_of(p->message)) : NULL;
    if (rows->m != NULL && rows->m->kind != KW_MESSAGE_HEADER && rows->title == NULL)
        rows->title = keep_text(rows, p->title);
}

static void on_row(void *self, const explain_row *r)
{
    diff_rows *rows = self;
    diff_row *to = add(rows);
    kw_bytes wire = kw_bytes_of(r->in->data + r->offset, r->size);
    *to = (diff_row){.value = r->value, .secret = r->secret_size != 0, .key = is_key(rows, r)};
    to->path = keep_text(rows, r->path[0] != '\0' ? r->path : "(other bytes)");
    to->meaning = r->meaning[0] != '\0' ? keep_text(rows, r->meaning) : "";
    to->bytes = keep_bytes(rows, wire);
    if (r->value.kind == VALUE_STRING || r->value.kind == VALUE_BYTES)
        to->value.bytes = keep_bytes(rows, r->value.bytes);
}

static void on_problem(void *self, const explain_problem *p)
{
    diff_rows *rows = self;
    if (rows->problem[0] == '\0')
        snprintf(rows->problem, sizeof rows->problem, "%s at byte %zu: %s%s%s", p->code, p->offset, p->path,
                 p->path[0] != '\0' ? ": " : "", p->reason);
}

static void on_remark(void *self, unsigned depth, const char *text)
{
    (void)self;
    (void)depth;
    (void)text;
}

static void on_end(void *self, bool fine)
{
    diff_rows *rows = self;
    rows->fine = rows->fine && fine;
}

printer diff_rows_printer(diff_rows *rows)
{
    return (printer){rows, on_begin, on_part, on_row, on_problem, on_remark, on_end};
}

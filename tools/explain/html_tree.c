/* SPDX-License-Identifier: Apache-2.0 */
#include "html_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text/printable.h"
#include "row_text.h"

/* How well the value of a field names what contains it. */
typedef enum naming { NAMING_NOT, NAMING_NUMBER, NAMING_TEXT } naming;

struct tree_node {
    unsigned level;
    uint32_t field; /* 0: none */
    bool is_bad;
    bool is_element; /* of an array, without a field of its own */
    size_t from;     /* its row in the markup of all */
    size_t size;
    naming naming;
    size_t value_from; /* its value in there, if it names */
    size_t value_size;
};

void html_tree_init(html_tree *t, bool full)
{
    t->rows = (html_store){0};
    t->words = (html_store){0};
    html_init(&t->out, html_keep, &t->rows);
    sheet_init(&t->sheet, html_keep, &t->words);
    t->nodes = NULL;
    t->count = 0;
    t->capacity = 0;
    t->level = 0;
    t->path[0] = '\0';
    t->title[0] = '\0';
    t->full = full;
}

void html_tree_finish(html_tree *t)
{
    html_store_finish(&t->rows);
    html_store_finish(&t->words);
    free(t->nodes);
}

/* ---- nodes ---- */

/* `field` 0: none. */
static tree_node *add_node(html_tree *t, uint32_t field)
{
    if (t->count == t->capacity) {
        t->capacity = t->capacity != 0 ? 2 * t->capacity : 256;
        t->nodes = realloc(t->nodes, t->capacity * sizeof *t->nodes);
        if (t->nodes == NULL)
            die("out of memory");
    }
    tree_node *n = &t->nodes[t->count++];
    *n = (tree_node){.level = t->level, .field = field, .from = t->rows.size};
    return n;
}

static void end_node(html_tree *t)
{
    tree_node *n = &t->nodes[t->count - 1];
    html_flush(&t->out);
    n->size = t->rows.size - n->from;
}

static void push(html_tree *t, size_t prefix, bool is_part)
{
    if (t->level < TREE_MOST_LEVELS)
        t->open[t->level++] = (open_node){prefix, is_part, t->count - 1};
}

static void put_span(html *h, const char *class_name, const char *text)
{
    if (text[0] == '\0')
        return;
    html_text(h, " ");
    html_element(h, "span", class_name, text);
}

/* The name at the end of a path: what is before it is above it in the tree. */
static const char *last_name(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL ? dot + 1 : path;
}

/* ---- what contains a row ---- */

static bool contains(const open_node *n, const char *path, size_t common)
{
    if (n->prefix > common)
        return false;
    return n->is_part || path[n->prefix] == '.' || path[n->prefix] == '[';
}

/* Leaves open what contains the path; and if a part starts there, only what has a shorter prefix. SIZE_MAX: none does.
 */
static void close_others(html_tree *t, const char *path, size_t part_prefix)
{
    size_t common = 0;
    while (path[common] != '\0' && path[common] == t->path[common])
        common++;
    while (t->level > 0) {
        const open_node *top = &t->open[t->level - 1];
        if (top->prefix < part_prefix && contains(top, path, common))
            break;
        t->level--;
    }
}

static void add_title(html_tree *t)
{
    add_node(t, 0);
    html_element(&t->out, "span", t->is_message ? "part" : "meaning", t->title);
    end_node(t);
    t->title[0] = '\0';
}

/* Elements of arrays, and what else has no row of its own. */
static void add_containers(html_tree *t, const char *path)
{
    for (;;) {
        size_t from = t->level > 0 ? t->open[t->level - 1].prefix : 0;
        const char *dot = strchr(path + from + (path[from] == '.'), '.');
        if (dot == NULL || t->level == TREE_MOST_LEVELS)
            return;
        char prefix[sizeof t->path];
        snprintf(prefix, sizeof prefix, "%.*s", (int)(dot - path), path);
        add_node(t, 0)->is_element = true;
        html_element(&t->out, "span", "name", last_name(prefix));
        end_node(t);
        push(t, (size_t)(dot - path), false);
    }
}

/* Opens what contains the row with this path, whose part starts at `local`. */
static void find_place(html_tree *t, const char *path, size_t local)
{
    bool has_title = t->title[0] != '\0';
    bool starts_part = has_title && t->is_message;
    size_t prefix = local < strlen(path) ? local : strlen(path);
    close_others(t, path, starts_part ? prefix : SIZE_MAX);
    if (has_title)
        add_title(t);
    if (starts_part)
        push(t, prefix, true);
    add_containers(t, path);
    snprintf(t->path, sizeof t->path, "%s", path);
}

/* ---- rows ---- */

/* What is at the end of the line: the type, the code of an error, the offset. */
static void put_end(html *h, const char *type, const char *code, const explain_region *in, size_t offset)
{
    html_text(h, " ");
    html_open(h, "span");
    html_attribute(h, "class", "end");
    put_span(h, "type", type);
    put_span(h, "tag is-bad", code);
    html_text(h, " ");
    html_open(h, "span");
    html_attribute(h, "class", "at");
    html_format(h, "%04zx%s", offset, in->number != 0 ? "+" : "");
    html_close(h);
    html_close(h);
}

static void put_name(html *h, const char *name, uint32_t field, bool has_bytes)
{
    html_open(h, has_bytes ? "a" : "span");
    html_attribute(h, "class", "name");
    if (has_bytes)
        html_attribute_format(h, "href", "#b%u", (unsigned)field);
    html_text(h, name[0] != '\0' ? name : "bytes");
    html_close(h);
}

/* Whether fields of this name say which element of an array it is. */
static naming naming_of(const explain_row *r, const char *name)
{
    static const char *const others[] = {"errorCode", "length", "attributes", "timestampDelta"};
    if (r->secret_size != 0)
        return NAMING_NOT;
    bool is_text = r->value.kind == VALUE_STRING ||
                   (r->value.kind == VALUE_BYTES && printable_text(r->value.bytes.data, (size_t)r->value.bytes.len));
    if (is_text && r->value.bytes.len != 0)
        return NAMING_TEXT;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i]) == 0)
            return NAMING_NOT;
    return r->value.kind == VALUE_INTEGER ? NAMING_NUMBER : NAMING_NOT;
}

static void put_value(html_tree *t, const explain_row *r, tree_node *n)
{
    if (r->value.kind == VALUE_NONE)
        return;
    t->words.size = 0;
    sheet_value(&t->sheet, r, t->full);
    sheet_flush(&t->sheet);
    html_text(&t->out, " ");
    html_flush(&t->out);
    n->value_from = t->rows.size;
    html_open(&t->out, "span");
    html_attribute(&t->out, "class", "value");
    html_text_sized(&t->out, t->words.text.data, t->words.size);
    html_close(&t->out);
    html_flush(&t->out);
    n->value_size = t->rows.size - n->value_from;
}

void html_tree_row(html_tree *t, const explain_row *r, uint32_t field)
{
    html *h = &t->out;
    find_place(t, r->path, r->local);
    tree_node *n = add_node(t, field);
    const char *name = last_name(r->path);
    n->naming = naming_of(r, name);
    put_name(h, name, field, r->size != 0);
    put_value(t, r, n);
    put_span(h, "meaning", r->meaning);
    put_end(h, r->type, "", r->in, r->offset);
    end_node(t);
    push(t, strlen(r->path), false);
}

void html_tree_problem(html_tree *t, const explain_problem *wrong, uint32_t field)
{
    html *h = &t->out;
    find_place(t, wrong->path, wrong->local);
    tree_node *n = add_node(t, field);
    n->is_bad = true;
    put_name(h, last_name(wrong->path), field, wrong->fatal && wrong->end != wrong->start);
    put_span(h, "reason", wrong->reason);
    put_end(h, wrong->type, wrong->code, wrong->in, wrong->offset);
    end_node(t);
    push(t, strlen(wrong->path), false);
}

/* The title of a message without fields. */
static void end_title(html_tree *t)
{
    if (t->title[0] == '\0')
        return;
    t->level = t->is_outermost ? 0 : t->level;
    add_title(t);
}

void html_tree_part(html_tree *t, const explain_part *part)
{
    end_title(t);
    t->is_outermost = part->depth == 0;
    t->is_message = part->message != NULL;
    snprintf(t->title, sizeof t->title, "%s", part->title);
}

void html_tree_remark(html_tree *t, const char *text)
{
    if (t->level > 0 && !t->open[t->level - 1].is_part && t->open[t->level - 1].node + 1 == t->count)
        t->level--;
    add_node(t, 0);
    html_element(&t->out, "span", "meaning", text);
    end_node(t);
}

/* ---- output ---- */

/* The value that names an element: of its first text, else of its first number. NULL: none. */
static const tree_node *name_of(const html_tree *t, size_t index)
{
    const tree_node *found = NULL;
    for (size_t i = index + 1; i < t->count && t->nodes[i].level > t->nodes[index].level; i++) {
        const tree_node *n = &t->nodes[i];
        if (n->level == t->nodes[index].level + 1 &&
            (found == NULL ? n->naming != NAMING_NOT : n->naming > found->naming))
            found = n;
    }
    return found;
}

static void put_row(const html_tree *t, size_t index, html *to, const char *tag)
{
    const tree_node *n = &t->nodes[index];
    html_open(to, tag);
    html_attribute(to, "class", n->is_bad ? "row bad" : "row");
    if (n->field != 0)
        html_attribute_format(to, "id", "f%u", (unsigned)n->field);
    html_markup(to, t->rows.text.data + n->from, n->size);
    const tree_node *name = n->is_element ? name_of(t, index) : NULL;
    if (name != NULL) {
        html_text(to, " ");
        html_markup(to, t->rows.text.data + name->value_from, name->value_size);
    }
    html_close(to);
}

static void open_item(const html_tree *t, size_t index, html *to)
{
    const tree_node *n = &t->nodes[index];
    html_open(to, "li");
    if (index + 1 == t->count || t->nodes[index + 1].level <= n->level) {
        put_row(t, index, to, "div");
        return;
    }
    html_open(to, "details");
    html_attribute(to, "open", NULL);
    html_open(to, "summary");
    put_row(t, index, to, "span");
    html_close(to);
    html_line(to);
    html_open(to, "ul");
}

/* Ends the item and those that contain it, up to the level of the next. */
static void close_items(unsigned level, unsigned next, html *to)
{
    html_close(to); /* li */
    html_line(to);
    for (; level > next; level--) {
        html_close(to); /* ul */
        html_close(to); /* details */
        html_close(to); /* li */
        html_line(to);
    }
}

void html_tree_write(html_tree *t, html *to)
{
    end_title(t);
    html_open(to, "ul");
    html_line(to);
    for (size_t i = 0; i < t->count; i++) {
        unsigned next = i + 1 < t->count ? t->nodes[i + 1].level : 0;
        open_item(t, i, to);
        if (next <= t->nodes[i].level)
            close_items(t->nodes[i].level, next, to);
    }
    html_close(to);
    html_line(to);
    t->count = 0;
    t->level = 0;
    t->rows.size = 0;
    t->path[0] = '\0';
    t->title[0] = '\0';
}

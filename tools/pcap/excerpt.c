/* SPDX-License-Identifier: Apache-2.0 */
#include "excerpt.h"

#include <string.h>

void excerpt_init(excerpt *e, char *memory, size_t cap)
{
    *e = (excerpt){.data = memory, .cap = cap};
}

static uint64_t count_lines(const char *text, size_t size)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    return lines;
}

void excerpt_add(excerpt *e, const char *text, size_t size)
{
    size_t space = e->cut ? 0 : e->cap - e->size;
    size_t taken = size < space ? size : space;
    if (taken != 0)
        memcpy(e->data + e->size, text, taken);
    e->size += taken;
    e->cut |= taken < size;
    e->lines_left_out += count_lines(text + taken, size - taken);
}

void excerpt_end(excerpt *e)
{
    while (e->cut && e->size != 0 && e->data[e->size - 1] != '\n')
        e->size--;
}

static bool continues_character(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

void excerpt_end_line(excerpt *e)
{
    static const char dots[] = "...";
    if (!e->cut)
        return;
    e->size = e->cap - (sizeof dots - 1);
    while (e->size != 0 && continues_character(e->data[e->size]))
        e->size--;
    memcpy(e->data + e->size, dots, sizeof dots - 1);
    e->size += sizeof dots - 1;
}

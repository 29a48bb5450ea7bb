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
    if (!e->cut)
        return;
    size_t end = e->size;
    while (end != 0 && e->data[end - 1] != '\n')
        end--;
    if (end == 0) {
        end = e->size;
        while (end != 0 && ((unsigned char)e->data[end - 1] & 0xc0) == 0x80)
            end--;
        end -= end != 0;
    }
    e->size = end;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "pretty.h"
#include "../command/output.h"

static void new_line(size_t depth)
{
    output_write("\n", 1);
    while (depth-- > 0)
        output_write("  ", 2);
}

/* The size from an opening quote to the closing one, both included. */
static size_t string_size(const char *json, size_t size)
{
    size_t i = 1;
    while (i < size && json[i] != '"')
        i += json[i] == '\\' ? 2 : 1;
    return i < size ? i + 1 : size;
}

void pretty_write(const char *json, size_t size)
{
    size_t depth = 0;
    for (size_t i = 0; i < size; i++) {
        char c = json[i];
        if (c == '"') {
            size_t n = string_size(json + i, size - i);
            output_write(json + i, n);
            i += n - 1;
            continue;
        }
        if (c == '}' || c == ']')
            new_line(--depth);
        output_write(&c, 1);
        if (c == ':')
            output_write(" ", 1);
        if (c == ',')
            new_line(depth);
        if ((c == '{' || c == '[') && i + 1 < size) {
            if (json[i + 1] == '}' || json[i + 1] == ']')
                output_write(&json[++i], 1);
            else
                new_line(++depth);
        }
    }
}

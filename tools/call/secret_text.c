/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "../command/input.h"
#include "secret_text.h"

const char *secret_text_find(const char *path, const char *variable, size_t most, buffer *memory)
{
    const char *text = getenv(variable);
    if (path != NULL) {
        size_t size = input_read_file(path, most, memory);
        buffer_reserve(memory, size + 1);
        memory->data[size] = '\0';
        memory->data[strcspn(memory->data, "\r\n")] = '\0';
        text = memory->data;
    }
    return text != NULL && text[0] != '\0' ? text : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "../command/input.h"
#include "password.h"

enum { LONGEST = 4096 };

const char *password_find(const char *path, buffer *memory)
{
    const char *text = getenv(PASSWORD_VARIABLE);
    if (path != NULL) {
        size_t size = input_read_file(path, LONGEST, memory);
        buffer_reserve(memory, size + 1);
        memory->data[size] = '\0';
        memory->data[strcspn(memory->data, "\r\n")] = '\0';
        text = memory->data;
    }
    return text != NULL && text[0] != '\0' ? text : NULL;
}

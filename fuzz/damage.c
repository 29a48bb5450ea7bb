/* SPDX-License-Identifier: Apache-2.0 */
#include "damage.h"

#include <stdlib.h>
#include <string.h>

enum { OVERWRITE, FLIP, CUT, REMOVE, EXTEND, ZERO, DAMAGE_KINDS };

static void resize(struct damaged_file *file, size_t size)
{
    uint8_t *data = calloc(1, size + 1);
    FUZZ_REQUIRE(data != NULL);
    if (file->size != 0)
        memcpy(data, file->data, size < file->size ? size : file->size);
    free(file->data);
    file->data = data;
    file->size = size;
}

size_t damage_one(fuzz_input *in, struct damaged_file *const *files, size_t count)
{
    size_t which = fuzz_take8(in) % count;
    struct damaged_file *file = files[which];
    uint8_t kind = fuzz_take8(in) % DAMAGE_KINDS;
    size_t at = fuzz_take16(in), size = fuzz_take8(in);
    if (file->data == NULL)
        return which;
    if (kind == REMOVE) {
        free(file->data);
        *file = (struct damaged_file){NULL, 0};
        return which;
    }
    at = file->size != 0 ? at % file->size : 0;
    if (kind == CUT)
        resize(file, at);
    if (kind == EXTEND) {
        at = file->size;
        resize(file, at + size);
    }
    for (size_t i = at; i < at + size && i < file->size; i++)
        file->data[i] = kind == ZERO ? 0 : kind == FLIP ? file->data[i] ^ (uint8_t)(1u << size % 8) : fuzz_take8(in);
    return which;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <string.h>

#include <kwire/walk.h>

enum { PATH_SIZE = 512 };

bool message_decode(const kw_message *m, int16_t version, kw_reader *in, kw_arena *arena, void **value, report *r)
{
    size_t size = kw_reader_remaining(in);
    if (kw_message_decode(m, version, in, arena, value) == KW_OK)
        return true;
    char path[PATH_SIZE];
    kw_arena_reset(arena);
    kw_decode_error_path(m, version, in->start, size, in->flags, arena, path, sizeof path);
    return report_status(r, in->status, in->error_at, path);
}

bool message_encode(const kw_message *m, int16_t version, const void *value, kw_writer *out, report *r)
{
    kw_status status = kw_message_encode(m, version, value, out);
    if (status == KW_OK)
        return true;
    char path[PATH_SIZE];
    kw_status reason = kw_encode_error_path(m, version, value, path, sizeof path);
    return report_status(r, reason != KW_OK ? reason : status, 0, path);
}

const void *struct_field(const kw_struct *type, const void *value, const char *name, kw_kind kind)
{
    for (uint32_t i = 0; i < type->field_count; i++) {
        const kw_field *field = &type->fields[i];
        if (field->kind == kind && (field->flags & KW_FIELD_ARRAY) == 0 && strcmp(field->name, name) == 0)
            return (const uint8_t *)value + field->offset;
    }
    return NULL;
}

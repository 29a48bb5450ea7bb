/* SPDX-License-Identifier: Apache-2.0 */
#include "part_check.h"

#include <string.h>

#include <jansson.h>

#include <kwire/persisted.h>

#include "from_json.h"
#include "parse.h"

void part_check_init(part_check *c, size_t max_memory)
{
    kw_arena_init_growing(&c->arena, NULL, 0, kw_allocator_libc(), max_memory);
    kw_writer_init_growing(&c->bytes, kw_allocator_libc(), max_memory);
}

void part_check_finish(part_check *c)
{
    kw_arena_finish(&c->arena);
    kw_writer_finish(&c->bytes);
}

static bool encode(part_check *c, const decoded_part *part, const void *value, bool control)
{
    kw_writer_reset(&c->bytes);
    if (control)
        kw_write_int16(&c->bytes, part->version);
    else
        kw_persisted_encode_header(&c->bytes, part->message, part->version);
    return kw_message_encode(part->message, part->version, value, &c->bytes) == KW_OK;
}

bool part_comes_back(part_check *c, const decoded_part *part, kw_bytes bytes, bool control)
{
    report r;
    void *value;
    if (part->message == NULL)
        return true;
    kw_arena_reset(&c->arena);
    json_t *json = json_parse(part->json.data, part->json.size, &r);
    bool same = json != NULL &&
                message_from_json(part->message, part->version, json, JSON_MISSING_REFUSED, &c->arena, &value, &r) &&
                encode(c, part, value, control);
    kw_span made = kw_writer_data(&c->bytes);
    same = same && bytes.len >= 0 && made.size == (size_t)bytes.len && memcmp(made.data, bytes.data, made.size) == 0;
    json_decref(json);
    return same;
}

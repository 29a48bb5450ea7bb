/* SPDX-License-Identifier: Apache-2.0 */
/* Description of ShelfRecord.
 * Generated from schema/persisted/cluster_metadata/shelf_record.kws; do not edit. */
#include <kwire/messages/shelf_record.h>

#define NONE {0, -1}

static const kw_field message_fields[] = {
    {.name = "name", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_record, name), .tag = -1,
     .versions = {0, 1}, .nullable = NONE, .tagged = NONE},
    {.name = "shelfId", .kind = KW_KIND_UUID, .offset = offsetof(kw_shelf_record, shelf_id), .tag = -1,
     .versions = {0, 1}, .nullable = NONE, .tagged = NONE},
    {.name = "rows", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_record, rows), .tag = 0, .versions = {1, 1},
     .nullable = {1, 1}, .tagged = {1, 1}, .flags = KW_FIELD_ARRAY | KW_FIELD_NULL_DEFAULT},
};
static void init_message(void *value)
{
    kw_shelf_record_init(value);
}
static const kw_struct message_type = {
    .name = "ShelfRecord",
    .fields = message_fields,
    .field_count = 3,
    .size = sizeof(kw_shelf_record),
    .min_wire_size = 18,
    .unknown_tags = offsetof(kw_shelf_record, unknown_tags),
    .init = init_message,
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_shelf_record_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_shelf_record_encode(value, version, out);
}

const kw_message kw_shelf_record_message = {
    .name = "ShelfRecord",
    .type = &message_type,
    .releases = NULL,
    .api_key = 2,
    .kind = KW_MESSAGE_METADATA_RECORD,
    .versions = {0, 1},
    .flexible = {0, 1},
    .decode = decode,
    .encode = encode,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Description of ShelfPlaceValue.
 * Generated from schema/persisted/consumer_offsets/shelf_place.kws; do not edit. */
#include <kwire/messages/shelf_place_value.h>

#define NONE {0, -1}

static const kw_field message_fields[] = {
    {.name = "room", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_place_value, room), .tag = -1,
     .versions = {0, 1}, .nullable = {1, 1}, .tagged = NONE},
    {.name = "since", .kind = KW_KIND_INT64, .offset = offsetof(kw_shelf_place_value, since), .tag = -1,
     .versions = {1, 1}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_IGNORABLE, .integer = INT64_C(-1)},
};
static void init_message(void *value)
{
    kw_shelf_place_value_init(value);
}
static const kw_struct message_type = {
    .name = "ShelfPlaceValue",
    .fields = message_fields,
    .field_count = 2,
    .size = sizeof(kw_shelf_place_value),
    .min_wire_size = 2,
    .unknown_tags = offsetof(kw_shelf_place_value, unknown_tags),
    .init = init_message,
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_shelf_place_value_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_shelf_place_value_encode(value, version, out);
}

const kw_message kw_shelf_place_value_message = {
    .name = "ShelfPlaceValue",
    .type = &message_type,
    .releases = NULL,
    .api_key = 40,
    .kind = KW_MESSAGE_COORDINATOR_VALUE,
    .versions = {0, 1},
    .flexible = {1, 1},
    .decode = decode,
    .encode = encode,
};

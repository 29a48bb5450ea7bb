/* SPDX-License-Identifier: Apache-2.0 */
/* Description of ShelfPlaceKey.
 * Generated from schema/persisted/consumer_offsets/shelf_place.kws; do not edit. */
#include <kwire/messages/shelf_place_key.h>

#define NONE {0, -1}

static const kw_field message_fields[] = {
    {.name = "name", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_place_key, name), .tag = -1,
     .versions = {0, 0}, .nullable = NONE, .tagged = NONE},
};
static void init_message(void *value)
{
    kw_shelf_place_key_init(value);
}
static const kw_struct message_type = {
    .name = "ShelfPlaceKey",
    .fields = message_fields,
    .field_count = 1,
    .size = sizeof(kw_shelf_place_key),
    .min_wire_size = 2,
    .unknown_tags = -1,
    .init = init_message,
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_shelf_place_key_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_shelf_place_key_encode(value, version, out);
}

const kw_message kw_shelf_place_key_message = {
    .name = "ShelfPlaceKey",
    .type = &message_type,
    .releases = NULL,
    .api_key = 40,
    .kind = KW_MESSAGE_COORDINATOR_KEY,
    .versions = {0, 0},
    .flexible = NONE,
    .decode = decode,
    .encode = encode,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Description of ShelfState.
 * Generated from schema/persisted/files/shelf_state.kws; do not edit. */
#include <kwire/messages/shelf_state.h>

#define NONE {0, -1}

static const kw_field message_fields[] = {
    {.name = "crc", .kind = KW_KIND_UINT32, .offset = offsetof(kw_shelf_state, crc), .tag = -1, .versions = {1, 1},
     .nullable = NONE, .tagged = NONE},
};
static void init_message(void *value)
{
    kw_shelf_state_init(value);
}
static const kw_struct message_type = {
    .name = "ShelfState",
    .fields = message_fields,
    .field_count = 1,
    .size = sizeof(kw_shelf_state),
    .min_wire_size = 4,
    .unknown_tags = -1,
    .init = init_message,
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_shelf_state_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_shelf_state_encode(value, version, out);
}

const kw_message kw_shelf_state_message = {
    .name = "ShelfState",
    .type = &message_type,
    .releases = NULL,
    .api_key = -1,
    .kind = KW_MESSAGE_DATA,
    .versions = {1, 1},
    .flexible = NONE,
    .decode = decode,
    .encode = encode,
};

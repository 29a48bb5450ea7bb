/* SPDX-License-Identifier: Apache-2.0 */
/* Description of EmptyShelfRequest.
 * Generated from schema/empty_shelf.kws; do not edit. */
#include <kwire/messages/empty_shelf_request.h>

#define NONE {0, -1}

static void init_message(void *value)
{
    kw_empty_shelf_request_init(value);
}
static const kw_struct message_type = {
    .name = "EmptyShelfRequest",
    .fields = NULL,
    .field_count = 0,
    .size = sizeof(kw_empty_shelf_request),
    .min_wire_size = 1,
    .unknown_tags = offsetof(kw_empty_shelf_request, unknown_tags),
    .init = init_message,
};

static const kw_release releases[] = {
    {NULL, NULL}, /* 0 */
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_empty_shelf_request_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_empty_shelf_request_encode(value, version, out);
}

const kw_message kw_empty_shelf_request_message = {
    .name = "EmptyShelfRequest",
    .type = &message_type,
    .releases = releases,
    .api_key = 9,
    .kind = KW_MESSAGE_REQUEST,
    .versions = {0, 0},
    .flexible = {0, 0},
    .decode = decode,
    .encode = encode,
};

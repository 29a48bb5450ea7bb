/* SPDX-License-Identifier: Apache-2.0 */
/* Description of ResponseHeader.
 * Generated from schema/response_header.kws; do not edit. */
#include <kwire/messages/response_header.h>

#define NONE {0, -1}

static const kw_field message_fields[] = {
    {.name = "correlationId", .kind = KW_KIND_INT32, .offset = offsetof(kw_response_header, correlation_id),
     .tag = -1, .versions = {0, 1}, .nullable = NONE, .tagged = NONE},
};
static void init_message(void *value)
{
    kw_response_header_init(value);
}
static const kw_struct message_type = {
    .name = "ResponseHeader",
    .fields = message_fields,
    .field_count = 1,
    .size = sizeof(kw_response_header),
    .min_wire_size = 4,
    .unknown_tags = offsetof(kw_response_header, unknown_tags),
    .init = init_message,
};

static const kw_release releases[] = {
    {NULL, NULL}, /* 0 */
    {NULL, NULL}, /* 1 */
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_response_header_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_response_header_encode(value, version, out);
}

const kw_message kw_response_header_message = {
    .name = "ResponseHeader",
    .type = &message_type,
    .releases = releases,
    .api_key = -1,
    .kind = KW_MESSAGE_HEADER,
    .versions = {0, 1},
    .flexible = {1, 1},
    .decode = decode,
    .encode = encode,
};

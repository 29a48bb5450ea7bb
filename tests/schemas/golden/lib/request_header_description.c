/* SPDX-License-Identifier: Apache-2.0 */
/* Description of RequestHeader.
 * Generated from schema/request_header.kws; do not edit. */
#include <kwire/messages/request_header.h>

#define NONE {0, -1}

static const kw_field message_fields[] = {
    {.name = "requestApiKey", .kind = KW_KIND_INT16, .offset = offsetof(kw_request_header, request_api_key),
     .tag = -1, .versions = {0, 3}, .nullable = NONE, .tagged = NONE},
    {.name = "requestApiVersion", .kind = KW_KIND_INT16, .offset = offsetof(kw_request_header, request_api_version),
     .tag = -1, .versions = {0, 3}, .nullable = NONE, .tagged = NONE},
    {.name = "correlationId", .kind = KW_KIND_INT32, .offset = offsetof(kw_request_header, correlation_id),
     .tag = -1, .versions = {0, 3}, .nullable = NONE, .tagged = NONE},
    {.name = "clientId", .kind = KW_KIND_STRING, .offset = offsetof(kw_request_header, client_id), .tag = -1,
     .versions = {1, 3}, .nullable = {1, 3}, .tagged = NONE, .flags = KW_FIELD_IGNORABLE | KW_FIELD_CLASSIC},
    {.name = "clientInstanceId", .kind = KW_KIND_UUID, .offset = offsetof(kw_request_header, client_instance_id),
     .tag = 0, .versions = {3, 3}, .nullable = NONE, .tagged = {3, 3}, .flags = KW_FIELD_IGNORABLE},
};
static void init_message(void *value)
{
    kw_request_header_init(value);
}
static const kw_struct message_type = {
    .name = "RequestHeader",
    .fields = message_fields,
    .field_count = 5,
    .size = sizeof(kw_request_header),
    .min_wire_size = 8,
    .unknown_tags = offsetof(kw_request_header, unknown_tags),
    .init = init_message,
};

static const kw_release releases[] = {
    {NULL, NULL}, /* 0 */
    {NULL, NULL}, /* 1 */
    {NULL, NULL}, /* 2 */
    {NULL, NULL}, /* 3 */
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_request_header_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_request_header_encode(value, version, out);
}

const kw_message kw_request_header_message = {
    .name = "RequestHeader",
    .type = &message_type,
    .releases = releases,
    .api_key = -1,
    .kind = KW_MESSAGE_HEADER,
    .versions = {0, 3},
    .flexible = {2, 3},
    .decode = decode,
    .encode = encode,
};

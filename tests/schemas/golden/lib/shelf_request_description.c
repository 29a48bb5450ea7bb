/* SPDX-License-Identifier: Apache-2.0 */
/* Description of ShelfRequest.
 * Generated from schema/shelf.kws; do not edit. */
#include <kwire/messages/shelf_request.h>

#define NONE {0, -1}

static const kw_field place_fields[] = {
    {.name = "room", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request_place, room), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "row", .kind = KW_KIND_INT16, .offset = offsetof(kw_shelf_request_place, row), .tag = -1,
     .versions = {0, 2}, .nullable = NONE, .tagged = NONE},
    {.name = "lamp", .kind = KW_KIND_BOOL, .offset = offsetof(kw_shelf_request_place, lamp), .tag = -1,
     .versions = {4, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_IGNORABLE},
};
static void init_place(void *value)
{
    kw_shelf_request_place_init(value);
}
static const kw_struct place_type = {
    .name = "Place",
    .fields = place_fields,
    .field_count = 3,
    .size = sizeof(kw_shelf_request_place),
    .min_wire_size = 2,
    .unknown_tags = offsetof(kw_shelf_request_place, unknown_tags),
    .init = init_place,
};

static const kw_field cursor_fields[] = {
    {.name = "book", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request_cursor, book), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "page", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request_cursor, page), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .integer = INT64_C(-1)},
};
static void init_cursor(void *value)
{
    kw_shelf_request_cursor_init(value);
}
static const kw_struct cursor_type = {
    .name = "Cursor",
    .fields = cursor_fields,
    .field_count = 2,
    .size = sizeof(kw_shelf_request_cursor),
    .min_wire_size = 6,
    .unknown_tags = offsetof(kw_shelf_request_cursor, unknown_tags),
    .init = init_cursor,
};

static const kw_field bookmark_fields[] = {
    {.name = "page", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request_bookmark, page), .tag = -1,
     .versions = {2, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "ribbon", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request_bookmark, ribbon), .tag = 0,
     .versions = {4, 5}, .nullable = {4, 5}, .tagged = {5, 5}, .flags = KW_FIELD_NULL_DEFAULT},
};
static void init_bookmark(void *value)
{
    kw_shelf_request_bookmark_init(value);
}
static const kw_struct bookmark_type = {
    .name = "Bookmark",
    .fields = bookmark_fields,
    .field_count = 2,
    .size = sizeof(kw_shelf_request_bookmark),
    .min_wire_size = 4,
    .unknown_tags = offsetof(kw_shelf_request_bookmark, unknown_tags),
    .init = init_bookmark,
};

static const kw_field last_bookmark_fields[] = {
    {.name = "page", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request_last_bookmark, page), .tag = -1,
     .versions = {3, 5}, .nullable = NONE, .tagged = NONE},
};
static void init_last_bookmark(void *value)
{
    kw_shelf_request_last_bookmark_init(value);
}
static const kw_struct last_bookmark_type = {
    .name = "LastBookmark",
    .fields = last_bookmark_fields,
    .field_count = 1,
    .size = sizeof(kw_shelf_request_last_bookmark),
    .min_wire_size = 5,
    .unknown_tags = offsetof(kw_shelf_request_last_bookmark, unknown_tags),
    .init = init_last_bookmark,
};

static const kw_field stamp_fields[] = {
    {.name = "day", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request_stamp, day), .tag = -1,
     .versions = {4, 5}, .nullable = NONE, .tagged = NONE},
};
static void init_stamp(void *value)
{
    kw_shelf_request_stamp_init(value);
}
static const kw_struct stamp_type = {
    .name = "Stamp",
    .fields = stamp_fields,
    .field_count = 1,
    .size = sizeof(kw_shelf_request_stamp),
    .min_wire_size = 5,
    .unknown_tags = offsetof(kw_shelf_request_stamp, unknown_tags),
    .init = init_stamp,
};

static const kw_field message_fields[] = {
    {.name = "open", .kind = KW_KIND_BOOL, .offset = offsetof(kw_shelf_request, open), .tag = -1, .versions = {0, 5},
     .nullable = NONE, .tagged = NONE},
    {.name = "level", .kind = KW_KIND_INT8, .offset = offsetof(kw_shelf_request, level), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "depth", .kind = KW_KIND_INT16, .offset = offsetof(kw_shelf_request, depth), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "port", .kind = KW_KIND_UINT16, .offset = offsetof(kw_shelf_request, port), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "width", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request, width), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "mask", .kind = KW_KIND_UINT32, .offset = offsetof(kw_shelf_request, mask), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "offset", .kind = KW_KIND_INT64, .offset = offsetof(kw_shelf_request, offset), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "ratio", .kind = KW_KIND_FLOAT64, .offset = offsetof(kw_shelf_request, ratio), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "id", .kind = KW_KIND_UUID, .offset = offsetof(kw_shelf_request, id), .tag = -1, .versions = {0, 5},
     .nullable = NONE, .tagged = NONE},
    {.name = "title", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, title), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "cover", .kind = KW_KIND_BYTES, .offset = offsetof(kw_shelf_request, cover), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "batch", .kind = KW_KIND_RECORDS, .offset = offsetof(kw_shelf_request, batch), .tag = -1,
     .versions = {0, 5}, .nullable = {0, 5}, .tagged = NONE, .flags = KW_FIELD_NULL_DEFAULT},
    {.name = "locked", .kind = KW_KIND_BOOL, .offset = offsetof(kw_shelf_request, locked), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_IGNORABLE, .integer = INT64_C(1)},
    {.name = "lowLevel", .kind = KW_KIND_INT8, .offset = offsetof(kw_shelf_request, low_level), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .integer = INT64_C(-128)},
    {.name = "lowDepth", .kind = KW_KIND_INT16, .offset = offsetof(kw_shelf_request, low_depth), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .integer = INT64_C(-32768)},
    {.name = "highPort", .kind = KW_KIND_UINT16, .offset = offsetof(kw_shelf_request, high_port), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .integer = INT64_C(65535)},
    {.name = "lowWidth", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request, low_width), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .integer = INT64_C(-2147483648)},
    {.name = "highMask", .kind = KW_KIND_UINT32, .offset = offsetof(kw_shelf_request, high_mask), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .integer = INT64_C(4294967295)},
    {.name = "lowOffset", .kind = KW_KIND_INT64, .offset = offsetof(kw_shelf_request, low_offset), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .integer = INT64_MIN},
    {.name = "highOffset", .kind = KW_KIND_INT64, .offset = offsetof(kw_shelf_request, high_offset), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_IGNORABLE,
     .integer = INT64_C(9223372036854775807)},
    {.name = "half", .kind = KW_KIND_FLOAT64, .offset = offsetof(kw_shelf_request, half), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "motto", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, motto), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE, .text = "spines out"},
    {.name = "subtitle", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, subtitle), .tag = -1,
     .versions = {0, 5}, .nullable = {2, 5}, .tagged = NONE},
    {.name = "note", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, note), .tag = -1,
     .versions = {1, 5}, .nullable = {1, 5}, .tagged = NONE, .flags = KW_FIELD_IGNORABLE | KW_FIELD_NULL_DEFAULT},
    {.name = "seal", .kind = KW_KIND_BYTES, .offset = offsetof(kw_shelf_request, seal), .tag = -1,
     .versions = {2, 4}, .nullable = {2, 4}, .tagged = NONE, .flags = KW_FIELD_NULL_DEFAULT},
    {.name = "scan", .kind = KW_KIND_RECORDS, .offset = offsetof(kw_shelf_request, scan), .tag = -1,
     .versions = {1, 5}, .nullable = {2, 3}, .tagged = NONE, .flags = KW_FIELD_NULL_DEFAULT},
    {.name = "topic", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, topic), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .entity = KW_ENTITY_TOPIC_NAME},
    {.name = "group", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, group), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .entity = KW_ENTITY_GROUP_ID},
    {.name = "transaction", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, transaction), .tag = -1,
     .versions = {0, 5}, .nullable = {0, 5}, .tagged = NONE, .entity = KW_ENTITY_TRANSACTIONAL_ID},
    {.name = "owner", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request, owner), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .entity = KW_ENTITY_BROKER_ID},
    {.name = "producer", .kind = KW_KIND_INT64, .offset = offsetof(kw_shelf_request, producer), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .entity = KW_ENTITY_PRODUCER_ID, .integer = INT64_C(-1)},
    {.name = "plain", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, plain), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_CLASSIC},
    {.name = "place", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_request, place), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .type = &place_type},
    {.name = "cursor", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_request, cursor), .tag = -1,
     .versions = {1, 5}, .nullable = {1, 5}, .tagged = NONE, .type = &cursor_type,
     .flags = KW_FIELD_POINTER | KW_FIELD_NULL_DEFAULT},
    {.name = "bookmark", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_request, bookmark), .tag = 0,
     .versions = {2, 5}, .nullable = {4, 5}, .tagged = {3, 5}, .type = &bookmark_type, .flags = KW_FIELD_POINTER},
    {.name = "lastBookmark", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_request, last_bookmark), .tag = 1,
     .versions = {3, 5}, .nullable = {3, 5}, .tagged = {3, 5}, .type = &last_bookmark_type,
     .flags = KW_FIELD_POINTER | KW_FIELD_NULL_DEFAULT},
    {.name = "colour", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_request, colour), .tag = 2,
     .versions = {2, 5}, .nullable = NONE, .tagged = {3, 5}, .text = "plain"},
    {.name = "weight", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request, weight), .tag = 3,
     .versions = {3, 5}, .nullable = NONE, .tagged = {4, 5}, .flags = KW_FIELD_IGNORABLE, .integer = INT64_C(1)},
    {.name = "tickets", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_request, tickets), .tag = 4,
     .versions = {3, 5}, .nullable = {3, 5}, .tagged = {3, 5}, .flags = KW_FIELD_ARRAY | KW_FIELD_NULL_DEFAULT},
    {.name = "stamps", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_request, stamps), .tag = 5,
     .versions = {4, 5}, .nullable = NONE, .tagged = {4, 5}, .type = &stamp_type, .flags = KW_FIELD_ARRAY},
    {.name = "receipt", .kind = KW_KIND_UUID, .offset = offsetof(kw_shelf_request, receipt), .tag = 6,
     .versions = {3, 5}, .nullable = NONE, .tagged = {3, 5}},
    {.name = "attachment", .kind = KW_KIND_BYTES, .offset = offsetof(kw_shelf_request, attachment), .tag = 7,
     .versions = {3, 5}, .nullable = NONE, .tagged = {3, 5}},
};
static void init_message(void *value)
{
    kw_shelf_request_init(value);
}
static const kw_struct message_type = {
    .name = "ShelfRequest",
    .fields = message_fields,
    .field_count = 42,
    .size = sizeof(kw_shelf_request),
    .min_wire_size = 82,
    .unknown_tags = offsetof(kw_shelf_request, unknown_tags),
    .init = init_message,
};

static const kw_release releases[] = {
    {NULL, NULL}, /* 0 */
    {NULL, NULL}, /* 1 */
    {NULL, NULL}, /* 2 */
    {NULL, NULL}, /* 3 */
    {NULL, NULL}, /* 4 */
    {NULL, NULL}, /* 5 */
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_shelf_request_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_shelf_request_encode(value, version, out);
}

const kw_message kw_shelf_request_message = {
    .name = "ShelfRequest",
    .type = &message_type,
    .releases = releases,
    .api_key = 7,
    .kind = KW_MESSAGE_REQUEST,
    .versions = {0, 5},
    .flexible = {3, 5},
    .decode = decode,
    .encode = encode,
};

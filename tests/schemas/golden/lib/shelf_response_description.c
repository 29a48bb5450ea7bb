/* SPDX-License-Identifier: Apache-2.0 */
/* Description of ShelfResponse.
 * Generated from schema/shelf.kws; do not edit. */
#include <kwire/messages/shelf_response.h>

#define NONE {0, -1}

static const kw_field spot_fields[] = {
    {.name = "x", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_response_spot, x), .tag = -1,
     .versions = {2, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "y", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_response_spot, y), .tag = -1,
     .versions = {2, 5}, .nullable = NONE, .tagged = NONE, .integer = INT64_C(-1)},
};
static void init_spot(void *value)
{
    kw_shelf_response_spot_init(value);
}
static const kw_struct spot_type = {
    .name = "Spot",
    .fields = spot_fields,
    .field_count = 2,
    .size = sizeof(kw_shelf_response_spot),
    .min_wire_size = 8,
    .unknown_tags = offsetof(kw_shelf_response_spot, unknown_tags),
    .init = init_spot,
};

static const kw_field person_fields[] = {
    {.name = "name", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_response_person, name), .tag = -1,
     .versions = {1, 5}, .nullable = NONE, .tagged = NONE},
    {.name = "home", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_response_person, home), .tag = -1,
     .versions = {2, 5}, .nullable = {3, 5}, .tagged = NONE, .type = &spot_type, .flags = KW_FIELD_POINTER},
    {.name = "born", .kind = KW_KIND_INT16, .offset = offsetof(kw_shelf_response_person, born), .tag = 0,
     .versions = {4, 5}, .nullable = NONE, .tagged = {4, 5}, .integer = INT64_C(1900)},
};
static void init_person(void *value)
{
    kw_shelf_response_person_init(value);
}
static const kw_struct person_type = {
    .name = "Person",
    .fields = person_fields,
    .field_count = 3,
    .size = sizeof(kw_shelf_response_person),
    .min_wire_size = 2,
    .unknown_tags = offsetof(kw_shelf_response_person, unknown_tags),
    .init = init_person,
};

static const kw_field book_fields[] = {
    {.name = "number", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_response_book, number), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_KEY},
    {.name = "authors", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_response_book, authors), .tag = -1,
     .versions = {1, 5}, .nullable = {1, 5}, .tagged = NONE, .type = &person_type, .flags = KW_FIELD_ARRAY},
    {.name = "lender", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_response_book, lender), .tag = 0,
     .versions = {3, 5}, .nullable = {3, 5}, .tagged = {3, 5}, .type = &person_type,
     .flags = KW_FIELD_POINTER | KW_FIELD_NULL_DEFAULT},
    {.name = "batch", .kind = KW_KIND_RECORDS, .offset = offsetof(kw_shelf_response_book, batch), .tag = -1,
     .versions = {0, 5}, .nullable = {0, 5}, .tagged = NONE, .flags = KW_FIELD_NULL_DEFAULT},
};
static void init_book(void *value)
{
    kw_shelf_response_book_init(value);
}
static const kw_struct book_type = {
    .name = "Book",
    .fields = book_fields,
    .field_count = 4,
    .size = sizeof(kw_shelf_response_book),
    .min_wire_size = 7,
    .unknown_tags = offsetof(kw_shelf_response_book, unknown_tags),
    .init = init_book,
};

static const kw_field row_fields[] = {
    {.name = "name", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_response_row, name), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_KEY},
    {.name = "rowId", .kind = KW_KIND_UUID, .offset = offsetof(kw_shelf_response_row, row_id), .tag = -1,
     .versions = {2, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_IGNORABLE | KW_FIELD_KEY},
    {.name = "books", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_response_row, books), .tag = -1,
     .versions = {0, 5}, .nullable = {2, 5}, .tagged = NONE, .type = &book_type, .flags = KW_FIELD_ARRAY},
};
static void init_row(void *value)
{
    kw_shelf_response_row_init(value);
}
static const kw_struct row_type = {
    .name = "Row",
    .fields = row_fields,
    .field_count = 3,
    .size = sizeof(kw_shelf_response_row),
    .min_wire_size = 6,
    .unknown_tags = offsetof(kw_shelf_response_row, unknown_tags),
    .init = init_row,
};

static const kw_field message_fields[] = {
    {.name = "flags", .kind = KW_KIND_BOOL, .offset = offsetof(kw_shelf_response, flags), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "levels", .kind = KW_KIND_INT8, .offset = offsetof(kw_shelf_response, levels), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "depths", .kind = KW_KIND_INT16, .offset = offsetof(kw_shelf_response, depths), .tag = -1,
     .versions = {0, 5}, .nullable = {0, 5}, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "ports", .kind = KW_KIND_UINT16, .offset = offsetof(kw_shelf_response, ports), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "widths", .kind = KW_KIND_INT32, .offset = offsetof(kw_shelf_response, widths), .tag = -1,
     .versions = {0, 5}, .nullable = {1, 5}, .tagged = NONE, .flags = KW_FIELD_ARRAY, .entity = KW_ENTITY_BROKER_ID},
    {.name = "masks", .kind = KW_KIND_UINT32, .offset = offsetof(kw_shelf_response, masks), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "offsets", .kind = KW_KIND_INT64, .offset = offsetof(kw_shelf_response, offsets), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "ratios", .kind = KW_KIND_FLOAT64, .offset = offsetof(kw_shelf_response, ratios), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "ids", .kind = KW_KIND_UUID, .offset = offsetof(kw_shelf_response, ids), .tag = -1, .versions = {0, 5},
     .nullable = {3, 5}, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "titles", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_response, titles), .tag = -1,
     .versions = {0, 5}, .nullable = {0, 5}, .tagged = NONE,
     .flags = KW_FIELD_ARRAY | KW_FIELD_IGNORABLE | KW_FIELD_NULL_DEFAULT},
    {.name = "covers", .kind = KW_KIND_BYTES, .offset = offsetof(kw_shelf_response, covers), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "old", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_response, old), .tag = -1,
     .versions = {0, 0}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "rows", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_response, rows), .tag = -1,
     .versions = {0, 5}, .nullable = NONE, .tagged = NONE, .type = &row_type, .flags = KW_FIELD_ARRAY},
    {.name = "editors", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_response, editors), .tag = -1,
     .versions = {2, 4}, .nullable = NONE, .tagged = NONE, .type = &person_type, .flags = KW_FIELD_ARRAY},
    {.name = "keeper", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_response, keeper), .tag = -1,
     .versions = {1, 5}, .nullable = {2, 3}, .tagged = NONE, .type = &person_type, .flags = KW_FIELD_POINTER},
    {.name = "nearest", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_response, nearest), .tag = 0,
     .versions = {2, 5}, .nullable = NONE, .tagged = {4, 5}, .type = &spot_type},
};
static void init_message(void *value)
{
    kw_shelf_response_init(value);
}
static const kw_struct message_type = {
    .name = "ShelfResponse",
    .fields = message_fields,
    .field_count = 16,
    .size = sizeof(kw_shelf_response),
    .min_wire_size = 16,
    .unknown_tags = offsetof(kw_shelf_response, unknown_tags),
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
    return kw_shelf_response_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_shelf_response_encode(value, version, out);
}

const kw_message kw_shelf_response_message = {
    .name = "ShelfResponse",
    .type = &message_type,
    .releases = releases,
    .api_key = 7,
    .kind = KW_MESSAGE_RESPONSE,
    .versions = {0, 5},
    .flexible = {3, 5},
    .decode = decode,
    .encode = encode,
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Description of ShelfLabel.
 * Generated from schema/shelf_label.kws; do not edit. */
#include <kwire/messages/shelf_label.h>

#define NONE {0, -1}

static const kw_field label_line_fields[] = {
    {.name = "words", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_label_label_line, words), .tag = -1,
     .versions = {2, 3}, .nullable = NONE, .tagged = NONE, .flags = KW_FIELD_ARRAY},
    {.name = "size", .kind = KW_KIND_FLOAT64, .offset = offsetof(kw_shelf_label_label_line, size), .tag = -1,
     .versions = {3, 3}, .nullable = NONE, .tagged = NONE},
};
static void init_label_line(void *value)
{
    kw_shelf_label_label_line_init(value);
}
static const kw_struct label_line_type = {
    .name = "LabelLine",
    .fields = label_line_fields,
    .field_count = 2,
    .size = sizeof(kw_shelf_label_label_line),
    .min_wire_size = 4,
    .unknown_tags = -1,
    .init = init_label_line,
};

static const kw_field message_fields[] = {
    {.name = "text", .kind = KW_KIND_STRING, .offset = offsetof(kw_shelf_label, text), .tag = -1, .versions = {1, 3},
     .nullable = {2, 3}, .tagged = NONE},
    {.name = "lines", .kind = KW_KIND_STRUCT, .offset = offsetof(kw_shelf_label, lines), .tag = -1,
     .versions = {2, 3}, .nullable = {3, 3}, .tagged = NONE, .type = &label_line_type, .flags = KW_FIELD_ARRAY},
};
static void init_message(void *value)
{
    kw_shelf_label_init(value);
}
static const kw_struct message_type = {
    .name = "ShelfLabel",
    .fields = message_fields,
    .field_count = 2,
    .size = sizeof(kw_shelf_label),
    .min_wire_size = 2,
    .unknown_tags = -1,
    .init = init_message,
};

static const kw_release releases[] = {
    {NULL, NULL}, /* 1 */
    {NULL, NULL}, /* 2 */
    {NULL, NULL}, /* 3 */
};

static kw_status decode(void *value, int16_t version, kw_reader *in, kw_arena *arena)
{
    return kw_shelf_label_decode(value, version, in, arena);
}

static kw_status encode(const void *value, int16_t version, kw_writer *out)
{
    return kw_shelf_label_encode(value, version, out);
}

const kw_message kw_shelf_label_message = {
    .name = "ShelfLabel",
    .type = &message_type,
    .releases = releases,
    .api_key = -1,
    .kind = KW_MESSAGE_DATA,
    .versions = {1, 3},
    .flexible = NONE,
    .decode = decode,
    .encode = encode,
};

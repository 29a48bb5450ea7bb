/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SAMPLE_MESSAGE_H
#define TESTS_UNIT_SAMPLE_MESSAGE_H

/* A message with one field of each kind, described by hand: the generic layer is tested with it rather than with the
 * generator's output. Versions 0-3, flexible from 2. */

#include <kwire/message.h>

#include "support.h"

typedef struct item {
    kw_string name;
    int32_t weight;         /* versions 1+, default 7 */
    kw_string_array labels; /* nullable 1+ */
    kw_raw_tags *unknown_tags;
} item;

typedef struct item_array {
    item *items;
    int32_t len;
} item_array;

typedef struct owner {
    int32_t id;
    kw_string title; /* nullable 0+ */
    kw_raw_tags *unknown_tags;
} owner;

typedef struct parcel {
    owner size; /* tag 0 in 2+ */
    bool fragile;
    int8_t grade;
    int16_t zone;
    uint16_t port;
    int32_t count; /* default -1 */
    uint32_t crc;
    int64_t serial; /* default INT64_MIN */
    double price;
    kw_uuid id;
    kw_string label;   /* nullable 1+, default "box" */
    kw_bytes seal;     /* versions 1+, nullable 2+, ignorable */
    kw_bytes records;  /* nullable 0+, default null */
    kw_string address; /* classic in all versions */
    item_array items;  /* nullable 2+ */
    kw_int32_array codes;
    owner *owner;   /* nullable 1+ */
    int32_t moved;  /* tag 2 in 3+, plain before */
    kw_string note; /* tag 1 in 2+, nullable 2+, default null */
    owner *spare;   /* tag 5 in 3+, nullable 3+ */
    kw_raw_tags *unknown_tags;
} parcel;

static inline void item_init(void *value)
{
    item *m = value;
    memset(m, 0, sizeof *m);
    m->weight = 7;
}

static inline void owner_init(void *value)
{
    memset(value, 0, sizeof(owner));
}

static inline void parcel_init(void *value)
{
    parcel *m = value;
    memset(m, 0, sizeof *m);
    owner_init(&m->size);
    m->count = -1;
    m->serial = INT64_MIN;
    m->label = kw_string_of("box");
    m->records.len = -1;
    m->note.len = -1;
}

/* clang-format off */
#define NEVER {0, -1}
#define PLAIN .tag = -1, .tagged = NEVER

static const kw_field item_fields[] = {
    {.name = "name", .kind = KW_KIND_STRING, .offset = offsetof(item, name), .versions = {0, 3}, .nullable = NEVER,
     PLAIN},
    {.name = "weight", .kind = KW_KIND_INT32, .offset = offsetof(item, weight), .versions = {1, 3}, .nullable = NEVER,
     .integer = 7, PLAIN},
    {.name = "labels", .kind = KW_KIND_STRING, .offset = offsetof(item, labels), .versions = {0, 3}, .nullable = {1, 3},
     .flags = KW_FIELD_ARRAY, PLAIN},
};
static const kw_struct item_type = {"Item", item_fields, COUNT_OF(item_fields), sizeof(item), 6,
                                    offsetof(item, unknown_tags), item_init};

static const kw_field owner_fields[] = {
    {.name = "id", .kind = KW_KIND_INT32, .offset = offsetof(owner, id), .versions = {0, 3}, .nullable = NEVER, PLAIN},
    {.name = "title", .kind = KW_KIND_STRING, .offset = offsetof(owner, title), .versions = {0, 3}, .nullable = {0, 3},
     PLAIN},
};
static const kw_struct owner_type = {"Owner", owner_fields, COUNT_OF(owner_fields), sizeof(owner), 6,
                                     offsetof(owner, unknown_tags), owner_init};

#define NUMBER(field, what) \
    {.name = #field, .kind = what, .offset = offsetof(parcel, field), .versions = {0, 3}, .nullable = NEVER, PLAIN}

static const kw_field parcel_fields[] = {
    {.name = "size", .kind = KW_KIND_STRUCT, .type = &owner_type, .offset = offsetof(parcel, size), .versions = {2, 3},
     .nullable = NEVER, .tag = 0, .tagged = {2, 3}},
    NUMBER(fragile, KW_KIND_BOOL),
    NUMBER(grade, KW_KIND_INT8),
    NUMBER(zone, KW_KIND_INT16),
    NUMBER(port, KW_KIND_UINT16),
    {.name = "count", .kind = KW_KIND_INT32, .offset = offsetof(parcel, count), .versions = {0, 3}, .nullable = NEVER,
     .integer = -1, PLAIN},
    NUMBER(crc, KW_KIND_UINT32),
    {.name = "serial", .kind = KW_KIND_INT64, .offset = offsetof(parcel, serial), .versions = {0, 3}, .nullable = NEVER,
     .integer = INT64_MIN, PLAIN},
    NUMBER(price, KW_KIND_FLOAT64),
    NUMBER(id, KW_KIND_UUID),
    {.name = "label", .kind = KW_KIND_STRING, .offset = offsetof(parcel, label), .versions = {0, 3}, .nullable = {1, 3},
     .text = "box", PLAIN},
    {.name = "seal", .kind = KW_KIND_BYTES, .offset = offsetof(parcel, seal), .versions = {1, 3}, .nullable = {2, 3},
     .flags = KW_FIELD_IGNORABLE, PLAIN},
    {.name = "records", .kind = KW_KIND_RECORDS, .offset = offsetof(parcel, records), .versions = {0, 3},
     .nullable = {0, 3}, .flags = KW_FIELD_NULL_DEFAULT, PLAIN},
    {.name = "address", .kind = KW_KIND_STRING, .offset = offsetof(parcel, address), .versions = {0, 3},
     .nullable = NEVER, .flags = KW_FIELD_CLASSIC, PLAIN},
    {.name = "items", .kind = KW_KIND_STRUCT, .type = &item_type, .offset = offsetof(parcel, items), .versions = {0, 3},
     .nullable = {2, 3}, .flags = KW_FIELD_ARRAY, PLAIN},
    {.name = "codes", .kind = KW_KIND_INT32, .offset = offsetof(parcel, codes), .versions = {0, 3}, .nullable = NEVER,
     .flags = KW_FIELD_ARRAY, PLAIN},
    {.name = "owner", .kind = KW_KIND_STRUCT, .type = &owner_type, .offset = offsetof(parcel, owner),
     .versions = {0, 3}, .nullable = {1, 3}, .flags = KW_FIELD_POINTER | KW_FIELD_NULL_DEFAULT, PLAIN},
    {.name = "moved", .kind = KW_KIND_INT32, .offset = offsetof(parcel, moved), .versions = {0, 3}, .nullable = NEVER,
     .tag = 2, .tagged = {3, 3}},
    {.name = "note", .kind = KW_KIND_STRING, .offset = offsetof(parcel, note), .versions = {2, 3}, .nullable = {2, 3},
     .flags = KW_FIELD_NULL_DEFAULT, .tag = 1, .tagged = {2, 3}},
    {.name = "spare", .kind = KW_KIND_STRUCT, .type = &owner_type, .offset = offsetof(parcel, spare),
     .versions = {3, 3}, .nullable = {3, 3}, .flags = KW_FIELD_POINTER | KW_FIELD_NULL_DEFAULT, .tag = 5,
     .tagged = {3, 3}},
};
static const kw_struct parcel_type = {"Parcel", parcel_fields, COUNT_OF(parcel_fields), sizeof(parcel), 40,
                                      offsetof(parcel, unknown_tags), parcel_init};

/* clang-format on */

#undef NUMBER
#undef PLAIN
#undef NEVER

/* Without a typed codec: the generic layer does not need one. */
static const kw_message parcel_message = {.name = "Parcel",
                                          .type = &parcel_type,
                                          .api_key = -1,
                                          .kind = KW_MESSAGE_DATA,
                                          .versions = {0, 3},
                                          .flexible = {2, 3}};

/* ---- a message with all fields set, and its bytes in each version ---- */

typedef struct full_parcel {
    parcel value;
    item items[2];
    kw_string labels[2];
    int32_t codes[2];
    owner owner;
    owner spare;
    kw_raw_tag tags[2];
    kw_raw_tags unknown;
} full_parcel;

static inline kw_bytes bytes_of(const char *text)
{
    kw_bytes b = {(const uint8_t *)text, (int32_t)strlen(text)};
    return b;
}

/* All fields that version 0 can carry. */
static inline void fill_version_0(full_parcel *f)
{
    memset(f, 0, sizeof *f);
    parcel *m = &f->value;
    parcel_init(m);
    m->fragile = true;
    m->grade = -2;
    m->zone = 0x0102;
    m->port = 0xfffe;
    m->count = 5;
    m->crc = 0xdeadbeef;
    m->serial = -1;
    m->price = 1.5;
    for (uint8_t i = 0; i < 16; i++)
        m->id.bytes[i] = i;
    m->label = kw_string_of("ab");
    m->records = bytes_of("r");
    m->address = kw_string_of("x");
    f->labels[0] = kw_string_of("l");
    f->labels[1] = kw_string_of("");
    item_init(&f->items[0]);
    f->items[0].name = kw_string_of("i");
    f->items[0].labels.items = f->labels;
    f->items[0].labels.len = 2;
    item_init(&f->items[1]);
    m->items.items = f->items;
    m->items.len = 2;
    f->codes[0] = 1;
    f->codes[1] = -1;
    m->codes.items = f->codes;
    m->codes.len = 2;
    f->owner.id = 9;
    f->owner.title.len = -1;
    m->owner = &f->owner;
    m->moved = 6;
}

/* All fields that version 3 can carry, unknown tags included. */
static inline void fill_version_3(full_parcel *f)
{
    fill_version_0(f);
    parcel *m = &f->value;
    f->items[0].weight = 8;
    m->seal = bytes_of("s");
    m->size.id = 4;
    m->note = kw_string_of("n");
    f->spare.id = 2;
    f->spare.title = kw_string_of("t");
    m->spare = &f->spare;
    f->tags[0].tag = 1; /* in the size, which knows no tags */
    f->tags[0].value = bytes_of("u");
    f->tags[1].tag = 200;
    f->tags[1].value = bytes_of("vw");
    f->unknown.items = &f->tags[1];
    f->unknown.len = 1;
    m->unknown_tags = &f->unknown;
}

/* clang-format off */
#define FIXED_FIELDS                                                                                                 \
    "01 fe 0102 fffe 00000005 deadbeef ffffffffffffffff 3ff8000000000000 000102030405060708090a0b0c0d0e0f "

#define BYTES_VERSION_0                                    \
    FIXED_FIELDS "0002 6162 " /* label */                  \
    "00000001 72 "            /* records */                \
    "0001 78 "                /* address */                \
    "00000002 "               /* items */                  \
    "0001 69 00000002 0001 6c 0000 " /* items[0] */        \
    "0000 00000000 "          /* items[1] */               \
    "00000002 00000001 ffffffff "    /* codes */           \
    "00000009 ffff "          /* owner, not nullable */    \
    "00000006"                /* moved */

#define BYTES_VERSION_3                                       \
    FIXED_FIELDS "03 6162 "  /* label */                      \
    "02 73 "                 /* seal */                       \
    "02 72 "                 /* records */                    \
    "0001 78 "               /* address, classic */           \
    "03 "                    /* items */                      \
    "02 69 00000008 03 02 6c 01 00 " /* items[0] */           \
    "01 00000007 01 00 "     /* items[1] */                   \
    "03 00000001 ffffffff "  /* codes */                      \
    "01 00000009 00 00 "     /* owner, INT8 in front */       \
    "05 "                    /* five tagged fields */         \
    "00 06 00000004 01 00 "  /* size */                       \
    "01 02 02 6e "           /* note */                       \
    "02 04 00000006 "        /* moved */                      \
    "05 08 01 00000002 02 74 00 " /* spare, UNSIGNED_VARINT in front */ \
    "c801 02 7677"           /* unknown */
/* clang-format on */

#endif

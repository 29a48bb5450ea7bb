/* SPDX-License-Identifier: Apache-2.0 */
#include "example.h"

#include <string.h>

#include <kwire/error_codes.h>
#include <kwire/frame.h>
#include <kwire/record_builder.h>

#include "../command/output.h"
#include "../protocol/field_text.h"
#include "texts.h"

enum { MOST_MEMORY = 1 << 20, CORRELATION_ID = 7 };
static const int64_t example_time = 1764460800000; /* 2025-11-30 */

typedef struct example {
    const kw_message *m;
    int16_t version;
    kw_arena arena;
} example;

static void *allocate(example *x, size_t size)
{
    void *memory = kw_arena_alloc(&x->arena, size);
    if (memory == NULL)
        die("out of memory");
    memset(memory, 0, size);
    return memory;
}

/* ---- values ---- */

typedef struct known_text {
    const char *name;
    const char *text;
} known_text;

typedef struct known_number {
    const char *name;
    int64_t number;
} known_number;

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name);
    size_t end_len = strlen(end);
    return len >= end_len && strcmp(name + len - end_len, end) == 0;
}

static const char *text_of_entity(uint8_t entity)
{
    switch (entity) {
    case KW_ENTITY_TOPIC_NAME:
        return "orders";
    case KW_ENTITY_GROUP_ID:
        return "billing";
    case KW_ENTITY_TRANSACTIONAL_ID:
        return "payments-1";
    default:
        return NULL;
    }
}

/* The first of these whose name is the end of the field's. */
static const char *example_text(const kw_field *f)
{
    static const known_text texts[] = {
        {"host", "kafka-1.example"},
        {"rack", "eu-1a"},
        {"rackId", "eu-1a"},
        {"memberId", "consumer-1-5f3c"},
        {"instanceId", "billing-1"},
        {"InstanceId", "billing-1"},
        {"clientId", "billing-app"},
        {"clientSoftwareName", "kwire"},
        {"clientSoftwareVersion", "1.0"},
        {"clusterId", "MkU3OEVBNTcwNTJENDM2Qk"},
        {"protocolType", "consumer"},
        {"protocolName", "range"},
        {"rincipal", "User:alice"},
        {"rincipalName", "alice"},
        {"rincipalType", "User"},
        {"user", "alice"},
        {"mechanism", "SCRAM-SHA-256"},
        {"mechanisms", "SCRAM-SHA-256"},
        {"rrorMessage", "example"},
        {"resourceName", "orders"},
        {"topicName", "orders"},
        {"opicNames", "orders"},
        {"opics", "orders"},
        {"reason", "the consumer was closed"},
        {"topic", "orders"},
        {"groupId", "billing"},
        {"group", "billing"},
        {"logDir", "/var/lib/kafka"},
        {"path", "/var/lib/kafka"},
        {"groupState", "Stable"},
        {"transactionState", "Ongoing"},
        {"key", "retention.ms"},
        {"value", "604800000"},
        {"Regex", "orders-.*"},
        {"listener", "PLAINTEXT"},
    };
    const char *text = text_of_entity(f->entity);
    for (size_t i = 0; text == NULL && i < sizeof texts / sizeof texts[0]; i++)
        if (ends_with(f->name, texts[i].name))
            text = texts[i].text;
    return text != NULL ? text : f->text != NULL ? f->text : "example";
}

/* The first of these whose name is the end of the field's. */
static int64_t example_number(const kw_field *f)
{
    static const known_number numbers[] = {
        {"ort", 9092},
        {"opicConfigErrorCode", KW_ERROR_TOPIC_AUTHORIZATION_FAILED}, /* tagged, so not its default */
        {"rrorCode", KW_ERROR_NONE},
        {"hrottleTimeMs", 0},
        {"etentionTimeMs", 604800000},
        {"imestamp", example_time},
        {"imestampMs", example_time},
        {"TimeMs", example_time},
        {"artition", 0},
        {"artitionIndex", 0},
        {"artitionIndexes", 0},
        {"artitionId", 0},
        {"artitionIds", 0},
        {"artitions", 0},
        {"ndex", 0},
        {"imeoutMs", 30000},
        {"IntervalMs", 3000},
        {"axBytes", 1048576},
        {"ffset", 100},
        {"poch", 5},
        {"acks", -1},
        {"uthorizedOperations", 3576},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (ends_with(f->name, numbers[i].name))
            return numbers[i].number;
    if (f->entity == KW_ENTITY_PRODUCER_ID)
        return 4000;
    return f->integer > 1 && f->integer < INT32_MAX ? f->integer : 1;
}

/* ---- bytes ---- */

/* A copy in the arena. */
static kw_bytes keep(example *x, kw_span made)
{
    void *copy = allocate(x, made.size);
    memcpy(copy, made.data, made.size);
    return kw_bytes_of(copy, made.size);
}

/* The magic of the batches that the version is for. */
static uint8_t magic_of(const example *x)
{
    enum { PRODUCE = 0, FETCH = 1 };
    int newest_from = x->m->api_key == PRODUCE ? 3 : 4;
    bool has_old = x->m->api_key == PRODUCE || x->m->api_key == FETCH;
    bool is_old = has_old && message_has_header(x->m) && x->version < newest_from;
    return !is_old ? KW_MAGIC_V2 : x->version < 2 ? KW_MAGIC_V0 : KW_MAGIC_V1;
}

static kw_bytes example_batch(example *x)
{
    kw_writer out;
    kw_batch_builder b;
    kw_batch_options options;
    kw_batch_options_init(&options);
    options.magic = magic_of(x);
    kw_writer_init_growing(&out, kw_allocator_libc(), MOST_MEMORY);
    kw_new_record record = {.timestamp = options.magic != KW_MAGIC_V0 ? example_time : KW_NO_TIMESTAMP,
                            .key = kw_bytes_of("order-17", 8),
                            .value = kw_bytes_of("{\"total\":42}", 12)};
    if (kw_batch_builder_init(&b, &out, &options) != KW_OK || kw_batch_builder_append(&b, &record) != KW_OK ||
        kw_batch_builder_end(&b) != KW_OK)
        die("no example of a batch");
    kw_bytes batch = keep(x, kw_writer_data(&out));
    kw_writer_finish(&out);
    return batch;
}

/* A message in bytes, after its version. */
static kw_bytes example_content(example *x, const char *name)
{
    const kw_message *m = kw_message_by_name(kw_string_of(name));
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), MOST_MEMORY);
    kw_write_int16(&out, m->versions.last);
    example_write(m, m->versions.last, &out);
    kw_bytes content = keep(x, kw_writer_data(&out));
    kw_writer_finish(&out);
    return content;
}

/* A request without its size. */
static kw_bytes example_request(example *x)
{
    enum { API_VERSIONS = 18, SIZE = 4 };
    kw_writer out;
    kw_writer_init_growing(&out, kw_allocator_libc(), MOST_MEMORY);
    example_write(kw_message_find(API_VERSIONS, KW_MESSAGE_REQUEST), 3, &out);
    kw_span frame = kw_writer_data(&out);
    kw_bytes request = keep(x, (kw_span){.data = (const uint8_t *)frame.data + SIZE, .size = frame.size - SIZE});
    kw_writer_finish(&out);
    return request;
}

static kw_bytes example_bytes(example *x, const kw_field *f)
{
    static const known_text contents[] = {
        {"metadata", "ConsumerProtocolSubscription"},       {"memberMetadata", "ConsumerProtocolSubscription"},
        {"subscription", "ConsumerProtocolSubscription"},   {"assignment", "ConsumerProtocolAssignment"},
        {"memberAssignment", "ConsumerProtocolAssignment"},
    };
    if (f->kind == KW_KIND_RECORDS)
        return example_batch(x);
    for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++)
        if (strcmp(f->name, contents[i].name) == 0)
            return example_content(x, contents[i].text);
    if (strcmp(f->name, "requestData") == 0)
        return example_request(x);
    return kw_bytes_of("\xde\xad\xbe\xef", 4);
}

/* ---- structs ---- */

static void fill_struct(example *x, const kw_struct *s, void *value);

/* The value, or the element of an array, at a place of its size. */
static void fill_value(example *x, const kw_field *f, void *at)
{
    switch ((kw_kind)f->kind) {
    case KW_KIND_BOOL:
        *(bool *)at = true;
        break;
    case KW_KIND_INT8:
        *(int8_t *)at = (int8_t)example_number(f);
        break;
    case KW_KIND_INT16:
        *(int16_t *)at = (int16_t)example_number(f);
        break;
    case KW_KIND_UINT16:
        *(uint16_t *)at = (uint16_t)example_number(f);
        break;
    case KW_KIND_INT32:
        *(int32_t *)at = (int32_t)example_number(f);
        break;
    case KW_KIND_UINT32:
        *(uint32_t *)at = (uint32_t)example_number(f);
        break;
    case KW_KIND_INT64:
        *(int64_t *)at = example_number(f);
        break;
    case KW_KIND_FLOAT64:
        *(double *)at = 1.5;
        break;
    case KW_KIND_UUID:
        if (!kw_uuid_parse(kw_string_of("zQsUXEl5TZmqXQBNyNEBrQ"), at))
            die("no example of an id");
        break;
    case KW_KIND_STRING:
        *(kw_string *)at = kw_string_of(example_text(f));
        break;
    case KW_KIND_BYTES:
    case KW_KIND_RECORDS:
        *(kw_bytes *)at = example_bytes(x, f);
        break;
    case KW_KIND_STRUCT:
        fill_struct(x, f->type, at);
        break;
    }
}

static void fill_field(example *x, const kw_field *f, void *at)
{
    if ((f->flags & KW_FIELD_ARRAY) != 0) {
        kw_any_array *array = at;
        array->items = allocate(x, kw_field_value_size(f));
        array->len = 1;
        at = array->items;
    } else if ((f->flags & KW_FIELD_POINTER) != 0) {
        void *pointed = allocate(x, f->type->size);
        memcpy(at, &pointed, sizeof pointed);
        at = pointed;
    }
    fill_value(x, f, at);
}

static void fill_struct(example *x, const kw_struct *s, void *value)
{
    s->init(value);
    for (uint32_t i = 0; i < s->field_count; i++)
        if (kw_versions_have(s->fields[i].versions, x->version))
            fill_field(x, &s->fields[i], (uint8_t *)value + s->fields[i].offset);
}

/* ---- messages ---- */

static kw_status write_framed(const kw_message *m, int16_t version, const void *value, kw_writer *out)
{
    kw_frame_mark mark = m->kind == KW_MESSAGE_REQUEST
                             ? kw_request_begin(out, m->api_key, version, CORRELATION_ID, kw_string_of("billing-app"))
                             : kw_response_begin(out, m->api_key, version, CORRELATION_ID);
    kw_status status = kw_message_encode(m, version, value, out);
    return status == KW_OK ? kw_frame_end(out, mark) : status;
}

bool example_is_frame(const kw_message *m)
{
    return message_has_header(m) && !message_is_former(m);
}

void example_write(const kw_message *m, int16_t version, kw_writer *out)
{
    example x = {.m = m, .version = version};
    kw_arena_init_growing(&x.arena, NULL, 0, kw_allocator_libc(), MOST_MEMORY);
    void *value = allocate(&x, m->type->size);
    fill_struct(&x, m->type, value);
    kw_status status =
        example_is_frame(m) ? write_framed(m, version, value, out) : kw_message_encode(m, version, value, out);
    kw_arena_finish(&x.arena);
    if (status != KW_OK)
        die("no example of %s %d: %s", m->name, version, kw_status_text(status));
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines `VERSION CONFIG HEX` of produced records, and answers each as a leader of Kafka would:
 *
 *     ok FIRST LAST MAX_TIMESTAMP HEX      with the bytes for the log
 *     error CODE INDEXES REASON            INDEXES: records that were refused, or "-"
 *
 * CONFIG is topic configuration, a=b,c=d or "-". */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/append.h>
#include <kwire/record_builder.h>

#define NOW INT64_C(1700000000000)
#define LEADER_EPOCH 4
#define LIMIT ((size_t)4 << 20)

struct memory {
    kw_append_tools tools;
    kw_writer scratch, scratch2, out;
};

static unsigned digit(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static bool is(const char *pair, const char *name, const char **value)
{
    size_t n = strlen(name);
    *value = pair + n + 1;
    return strncmp(pair, name, n) == 0 && pair[n] == '=';
}

static void set_codec(kw_append_rules *rules, const char *name)
{
    rules->keep_codec = false;
    rules->codec = strcmp(name, "gzip") == 0 ? KW_CODEC_GZIP : KW_CODEC_NONE;
}

/* False if there is no such configuration. */
static bool set(kw_append_rules *rules, const char *pair, int64_t *base)
{
    const char *value;
    if (is(pair, "base", &value))
        *base = atoll(value);
    else if (is(pair, "max.message.bytes", &value))
        rules->max_message_bytes = atoi(value);
    else if (is(pair, "message.timestamp.before.max.ms", &value))
        rules->timestamp_before_max = atoll(value);
    else if (is(pair, "message.timestamp.type", &value))
        rules->append_time = strcmp(value, "LogAppendTime") == 0;
    else if (is(pair, "cleanup.policy", &value))
        rules->compacted = strcmp(value, "compact") == 0;
    else if (is(pair, "compression.type", &value))
        set_codec(rules, value);
    else if (is(pair, "origin", &value))
        rules->from_client = strcmp(value, "CLIENT") == 0;
    else if (is(pair, "any.offsets", &value))
        rules->any_offsets = true;
    else
        return false;
    return true;
}

static void print_refusal(int error, const kw_refused_records *refused, const char *why)
{
    printf("error %d ", error);
    for (size_t i = 0; i < refused->count && i < refused->capacity; i++)
        printf("%s%" PRId32, i == 0 ? "" : ",", refused->items[i].index);
    printf("%s %s\n", refused->count == 0 ? "-" : "", why);
}

static void print_appended(const kw_append *a, int64_t base, kw_span log)
{
    printf("ok %" PRId64 " %" PRId64 " %" PRId64 " ", base, base + a->count - 1, a->max_timestamp);
    for (size_t i = 0; i < log.size; i++)
        printf("%02x", ((const uint8_t *)log.data)[i]);
    printf("\n");
}

static void answer(const kw_append_rules *rules, int64_t base, kw_bytes records, struct memory *memory)
{
    kw_refused_record items[8];
    kw_refused_records refused = {items, 8, 0};
    kw_append a;
    kw_writer *out = &memory->out;
    if (kw_append_check(&a, records, rules, &memory->tools, &refused) != KW_ERROR_NONE) {
        print_refusal(a.error, &refused, kw_append_reason_text(a.reason));
        return;
    }
    kw_status status = KW_OK;
    kw_writer_reset(out);
    if (a.rewrite)
        status = kw_append_rewrite(&a, records, rules, &memory->tools, base, LEADER_EPOCH, out);
    else
        status = kw_append_assign(&a, records, base, LEADER_EPOCH, out);
    if (status != KW_OK)
        print_refusal(status == KW_ERR_BATCH_FULL ? KW_ERROR_MESSAGE_TOO_LARGE : KW_ERROR_UNKNOWN_SERVER_ERROR,
                      &refused, kw_status_text(status));
    else
        print_appended(&a, base, kw_writer_data(out));
}

static bool answer_line(char *line, struct memory *memory)
{
    kw_append_rules rules;
    kw_append_rules_init(&rules);
    rules.now = NOW;
    int64_t base = 0;
    char *version = strtok(line, " "), *config = strtok(NULL, " "), *hex = strtok(NULL, "\n");
    if (version == NULL || config == NULL)
        return false;
    rules.produce_version = (int16_t)atoi(version);
    size_t size = hex == NULL ? 0 : strlen(hex) / 2;
    uint8_t *data = malloc(size + (size == 0));
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    bool known = true;
    if (strcmp(config, "-") != 0)
        for (char *pair = strtok(config, ","); pair != NULL; pair = strtok(NULL, ","))
            known = set(&rules, pair, &base) && known;
    kw_bytes records = kw_bytes_of(data, size);
    if (known)
        answer(&rules, base, records, memory);
    free(data);
    return known;
}

int main(void)
{
    struct memory m;
    kw_writer_init_growing(&m.scratch, kw_allocator_libc(), LIMIT);
    kw_writer_init_growing(&m.scratch2, kw_allocator_libc(), LIMIT);
    kw_writer_init_growing(&m.out, kw_allocator_libc(), LIMIT);
    m.tools.decompressor = kw_decompressor_create(kw_allocator_libc());
    m.tools.compressor = kw_compressor_create(kw_allocator_libc());
    m.tools.scratch = &m.scratch;
    m.tools.scratch2 = &m.scratch2;
    char *line = NULL;
    size_t room = 0;
    int result = 0;
    while (getline(&line, &room, stdin) > 0)
        if (!answer_line(line, &m)) {
            fprintf(stderr, "append: not VERSION CONFIG HEX: %s\n", line);
            result = 2;
        }
    free(line);
    kw_decompressor_destroy(m.tools.decompressor);
    kw_compressor_destroy(m.tools.compressor);
    kw_writer_finish(&m.scratch);
    kw_writer_finish(&m.scratch2);
    kw_writer_finish(&m.out);
    return result;
}

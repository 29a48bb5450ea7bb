/* SPDX-License-Identifier: Apache-2.0 */
#include "produce.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <kwire/records.h>

enum { SHOWN_MAX = 3 };

typedef kw_produce_response_batch_index_and_error_message record_error;

/* Null without memory. */
static kw_string format(kw_arena *arena, const char *pattern, ...)
{
    va_list arguments, again;
    va_start(arguments, pattern);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, pattern, arguments);
    char *text = size >= 0 ? kw_arena_alloc(arena, (size_t)size + 1) : NULL;
    if (text != NULL)
        (void)vsnprintf(text, (size_t)size + 1, pattern, again);
    va_end(again);
    va_end(arguments);
    return kw_string_of(text);
}

/* As Java computes it, where it overflows as well. */
static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static bool find_record(struct producing *p, const struct produce_part *part, int32_t index, kw_record *out,
                        bool *is_compressed)
{
    kw_batches bs;
    kw_batch batch;
    kw_records rs;
    kw_batches_init(&bs, part->asked->records);
    if (!kw_batches_next(&bs, &batch))
        return false;
    *is_compressed = kw_batch_codec(&batch) != KW_CODEC_NONE;
    (void)kw_records_init(&rs, &batch, p->tools->tools.decompressor, p->tools->tools.scratch);
    for (int32_t i = 0; kw_records_next(&rs, out); i++)
        if (i == index)
            return true;
    return false;
}

/* As Kafka prints a record, which depends on whether it had a reason to read it as a whole. */
static kw_string describe_type(struct producing *p, const struct produce_part *part, const kw_append_rules *rules,
                               const kw_refused_record *refused)
{
    kw_record record = {0};
    bool is_compressed = false;
    (void)find_record(p, part, refused->index, &record, &is_compressed);
    bool is_whole = !is_compressed || !rules->keep_codec;
    int32_t no_size = is_whole ? 0 : -1;
    return format(p->call->arena,
                  "Invalid timestamp type in message %s(offset=%" PRId32 ", timestamp=%" PRId64 ", key=%" PRId32
                  " bytes, value=%" PRId32 " bytes). Producer should not set timestamp type to LogAppendTime.",
                  is_whole ? "DefaultRecord" : "PartialDefaultRecord", refused->index, refused->timestamp,
                  record.key.len >= 0 ? record.key.len : no_size, record.value.len >= 0 ? record.value.len : no_size);
}

static kw_string describe(struct producing *p, const struct produce_part *part, const kw_append_rules *rules,
                          const kw_refused_record *refused)
{
    kw_string topic = part->topic->name;
    switch (refused->why) {
    case KW_REFUSED_KEY:
        return format(p->call->arena,
                      "Compacted topic cannot accept message without key in topic partition %.*s-%" PRId32,
                      KW_FMT(topic), part->asked->index);
    case KW_REFUSED_TIMESTAMP:
        return format(p->call->arena,
                      "Timestamp %" PRId64 " of message with offset %" PRId32
                      " is out of range. The timestamp should be within [%" PRId64 ", %" PRId64 "]",
                      refused->timestamp, refused->index, plus(rules->now, plus(0, -rules->timestamp_before_max)),
                      plus(rules->now, rules->timestamp_after_max));
    default:
        return describe_type(p, part, rules, refused);
    }
}

static kw_string summarize(struct producing *p, const record_error *errors, int32_t listed, size_t count)
{
    kw_string list = kw_string_of("");
    for (int32_t i = 0; i < listed && i < SHOWN_MAX && list.data != NULL; i++)
        list = format(p->call->arena, "%.*s%sRecordError(batchIndex=%" PRId32 ", message='%.*s')", KW_FMT(list),
                      i > 0 ? ", " : "", errors[i].batch_index, KW_FMT(errors[i].batch_index_error_message));
    if (list.data == NULL)
        return list;
    return format(
        p->call->arena,
        "One or more records have been rejected due to %zu record errors in total, and only showing the first "
        "three errors at most: [%.*s]",
        count, KW_FMT(list));
}

bool produce_describe_refused(struct producing *p, struct produce_part *part, const kw_append *checked,
                              const kw_append_rules *rules, const kw_refused_records *refused)
{
    if (refused->count == 0 || p->call->version < PRODUCE_FIRST_WITH_RECORD_ERRORS)
        return true;
    size_t listed = refused->count < refused->capacity ? refused->count : refused->capacity;
    record_error *errors = kw_arena_array(p->call->arena, listed, sizeof *errors);
    if (errors == NULL)
        return false;
    for (size_t i = 0; i < listed; i++) {
        kw_produce_response_batch_index_and_error_message_init(&errors[i]);
        errors[i].batch_index = refused->items[i].index;
        errors[i].batch_index_error_message = describe(p, part, rules, &refused->items[i]);
        if (errors[i].batch_index_error_message.data == NULL)
            return false;
    }
    part->out->record_errors.items = errors;
    part->out->record_errors.len = (int32_t)listed;
    part->out->error_message = checked->reason == KW_APPEND_TIMESTAMPS
                                   ? kw_string_of("One or more records have been rejected due to invalid timestamp")
                                   : summarize(p, errors, (int32_t)listed, refused->count);
    return part->out->error_message.data != NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "controller.h"

#include <string.h>

#include <kwire/error.h>
#include <kwire/messages/begin_transaction_record.h>
#include <kwire/messages/end_transaction_record.h>

#include "../observe/console.h"
#include "delta.h"
#include "versions.h"

enum { MEMORY_LIMIT = 1024 * 1024 * 1024 };

/* ---- records ---- */

static enum append_outcome append(struct controller *c, const kw_bytes *values, size_t count, int64_t *offset,
                                  int64_t now)
{
    const struct controller_sink *sink = &c->options.sink;
    enum append_outcome outcome = sink->append(sink->context, values, count, *offset, now);
    if (outcome == APPENDED)
        *offset += (int64_t)count;
    return outcome;
}

static size_t size_of_batch(const struct record_list *records, size_t first)
{
    size_t count = 0, bytes = 0;
    while (first + count < records->count && count < BATCH_MAX_RECORDS) {
        bytes += (size_t)records->values[first + count].len;
        if (count != 0 && bytes > BATCH_MAX_BYTES)
            break;
        count++;
    }
    return count;
}

/* A disk that fills up in the middle leaves a transaction that does not end, or half a decision, so that is a failure.
 */
static enum append_outcome append_all(struct controller *c, const struct decision *decision)
{
    const struct controller_sink *sink = &c->options.sink;
    const struct record_list *records = &decision->records;
    int64_t offset = c->working->parts.offset, now = decision->now;
    if (decision->kraft_version != 0) {
        enum append_outcome outcome = sink->append_quorum(sink->context, decision->kraft_version, offset, now);
        if (outcome != APPENDED)
            return outcome;
        offset += QUORUM_RECORDS;
    }
    for (size_t at = 0; at < records->count;) {
        size_t count = size_of_batch(records, at);
        enum append_outcome outcome = append(c, &records->values[at], count, &offset, now);
        if (outcome != APPENDED)
            return at == 0 && decision->kraft_version == 0 ? outcome : APPEND_FAILED;
        at += count;
    }
    return APPENDED;
}

static void add_begin(struct record_list *records)
{
    kw_begin_transaction_record begin;
    kw_begin_transaction_record_init(&begin);
    begin.name = kw_string_of("Records of one decision");
    record_list_add(records, &kw_begin_transaction_record_message, 0, &begin);
}

static void add_end(struct record_list *records)
{
    kw_end_transaction_record end;
    kw_end_transaction_record_init(&end);
    record_list_add(records, &kw_end_transaction_record_message, 0, &end);
}

/* What does not fit into one batch holds as a whole or not at all; before 3.6-IV1 in parts, as Kafka writes it. */
static void enclose(const struct metadata_image *image, struct record_list *records)
{
    if (records->count == 0 || !record_versions_of(image).transactions || size_of_batch(records, 0) == records->count)
        return;
    struct record_list all;
    record_list_init(&all, records->arena);
    add_begin(&all);
    record_list_append(&all, records);
    add_end(&all);
    *records = all;
}

/* ---- rounds ---- */

static void drop_working(struct controller *c)
{
    metadata_image_release(c->working);
    c->working = metadata_image_share(c->published);
}

/* False: nothing of what was appended holds. */
static bool make_safe(struct controller *c)
{
    const struct controller_sink *sink = &c->options.sink;
    if (!c->has_failed && c->working != c->published && !sink->sync(sink->context))
        c->has_failed = true;
    if (c->has_failed) {
        drop_working(c);
        return false;
    }
    if (c->working == c->published)
        return true;
    sink->publish(sink->context, c->published, c->working);
    metadata_image_release(c->published);
    c->published = metadata_image_share(c->working);
    return true;
}

/* Of the events that were decided. */
static void end_round(struct controller *c)
{
    bool safe = make_safe(c);
    for (struct controller_event *event; (event = c->decided) != NULL;) {
        c->decided = event->next;
        event->complete(event, safe ? event->error : KW_ERROR_KAFKA_STORAGE_ERROR);
    }
    c->last_decided = &c->decided;
}

/* Whether a topic has the name of one that is published, and deleted by now: the logs of that one must be out of the
 * way before such a topic is on the disk (see log_manager_sync_names()). Topics are in the order of their names in
 * both. */
static bool has_topic_again(const struct metadata_image *before, const struct metadata_image *after)
{
    size_t i = 0, k = 0;
    while (i < metadata_topic_count(before) && k < metadata_topic_count(after)) {
        const struct metadata_topic *old = metadata_topic_at(before, i), *new = metadata_topic_at(after, k);
        int order = old == new ? 0 : kw_string_compare(old->name, new->name);
        if (order == 0 && old != new && !kw_uuid_equal(old->id, new->id))
            return true;
        i += order <= 0;
        k += order >= 0;
    }
    return false;
}

/* ---- decisions ---- */

static bool is_shortage_of_memory(kw_status status)
{
    return status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT;
}

static int16_t refuse_records(kw_status status)
{
    if (is_shortage_of_memory(status))
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    console_line("a decision of the controller cannot be carried out: %s", kw_status_text(status));
    return KW_ERROR_UNKNOWN_SERVER_ERROR;
}

/* The image with the records; NULL and *error if there is none. */
static const struct metadata_image *replay(const struct controller *c, const struct decision *decision, int16_t *error)
{
    const struct record_list *records = &decision->records;
    int64_t offset = c->working->parts.offset + (decision->kraft_version != 0 ? QUORUM_RECORDS : 0);
    struct metadata_delta delta;
    const struct metadata_image *image = NULL;
    kw_status status = metadata_delta_init(&delta, c->working, kw_allocator_libc(), MEMORY_LIMIT);
    for (size_t i = 0; status == KW_OK && i < records->count; i++)
        status = metadata_delta_replay(&delta, records->values[i]);
    if (status == KW_OK) {
        image = metadata_delta_apply(&delta, offset + (int64_t)records->count, c->options.epoch);
        status = image != NULL ? KW_OK : KW_ERR_NO_MEMORY;
    }
    metadata_delta_finish(&delta);
    *error = status == KW_OK ? KW_ERROR_NONE : refuse_records(status);
    return image;
}

static int16_t carry_out(struct controller *c, const struct decision *decision)
{
    int16_t error;
    const struct metadata_image *next = replay(c, decision, &error);
    if (next == NULL)
        return error;
    if (has_topic_again(c->published, next))
        end_round(c);
    if (c->has_failed) {
        metadata_image_release(next);
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    }
    enum append_outcome outcome = append_all(c, decision);
    if (outcome == APPENDED) {
        metadata_image_release(c->working);
        c->working = next;
        return KW_ERROR_NONE;
    }
    metadata_image_release(next);
    c->has_failed = c->has_failed || outcome == APPEND_FAILED;
    return KW_ERROR_KAFKA_STORAGE_ERROR;
}

static int16_t decide(struct controller *c, struct controller_event *event)
{
    struct decision decision = {
        .image = c->working, .node_id = c->options.node_id, .now = c->options.now(), .random = c->options.random};
    if (c->has_failed)
        return KW_ERROR_KAFKA_STORAGE_ERROR;
    kw_arena_reset(&c->arena);
    record_list_init(&decision.records, &c->arena);
    event->decide(event, &decision);
    enclose(c->working, &decision.records);
    if (decision.records.status != KW_OK)
        return refuse_records(decision.records.status);
    return decision.records.count != 0 ? carry_out(c, &decision) : KW_ERROR_NONE;
}

/* ---- all that is queued ---- */

static struct controller_event *take_all(struct controller *c)
{
    (void)pthread_mutex_lock(&c->lock);
    struct controller_event *events = c->first;
    c->first = NULL;
    c->last = &c->first;
    if (events == NULL)
        c->is_posted = false;
    (void)pthread_mutex_unlock(&c->lock);
    return events;
}

static void add_decided(struct controller *c, struct controller_event *event)
{
    event->next = NULL;
    *c->last_decided = event;
    c->last_decided = &event->next;
}

void controller_run(struct controller *c)
{
    for (struct controller_event *events; (events = take_all(c)) != NULL;) {
        for (struct controller_event *event = events; event != NULL; event = events) {
            events = event->next;
            event->error = decide(c, event);
            add_decided(c, event);
        }
        end_round(c);
    }
}

static void run_task(struct task *task)
{
    controller_run((struct controller *)(void *)((char *)task - offsetof(struct controller, task)));
}

void controller_submit(struct controller *c, struct controller_event *event)
{
    event->next = NULL;
    (void)pthread_mutex_lock(&c->lock);
    *c->last = event;
    c->last = &event->next;
    struct executor *executor = c->is_posted ? NULL : c->executor;
    c->is_posted = c->is_posted || executor != NULL;
    (void)pthread_mutex_unlock(&c->lock);
    if (executor != NULL)
        executor_post(executor, &c->task);
}

void controller_attach(struct controller *c, struct executor *executor)
{
    (void)pthread_mutex_lock(&c->lock);
    c->executor = executor;
    c->is_posted = executor != NULL && c->first != NULL;
    bool post = c->is_posted;
    (void)pthread_mutex_unlock(&c->lock);
    if (post)
        executor_post(executor, &c->task);
}

void controller_detach(struct controller *c)
{
    controller_attach(c, NULL);
}

/* ---- life ---- */

bool controller_init(struct controller *c, const struct controller_options *options)
{
    memset(c, 0, sizeof *c);
    c->options = *options;
    c->last = &c->first;
    c->last_decided = &c->decided;
    c->task.run = run_task;
    if (pthread_mutex_init(&c->lock, NULL) != 0)
        return false;
    c->published = metadata_image_share(options->image);
    c->working = metadata_image_share(options->image);
    kw_arena_init_growing(&c->arena, NULL, 0, kw_allocator_libc(), MEMORY_LIMIT);
    return true;
}

void controller_finish(struct controller *c)
{
    metadata_image_release(c->published);
    metadata_image_release(c->working);
    kw_arena_finish(&c->arena);
    (void)pthread_mutex_destroy(&c->lock);
}

bool controller_has_failed(const struct controller *c)
{
    return c->has_failed;
}

const struct metadata_image *controller_image(const struct controller *c)
{
    return c->published;
}

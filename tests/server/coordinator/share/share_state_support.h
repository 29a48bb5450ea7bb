/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_SHARE_SHARE_STATE_SUPPORT_H
#define TESTS_SERVER_COORDINATOR_SHARE_SHARE_STATE_SUPPORT_H

/* The machine of __share_group_state without a shard: decisions are made and their records replayed by hand. */

#include "../../../unit/support.h"

#include <kwire/error.h>

#include "coordinator/share/share_prune.h"
#include "coordinator/share/share_requests.h"

enum { TEST_PARTITIONS = 3, TEST_UPDATES = 4, TEST_LIMIT = 16 * 1024 * 1024 };

static struct coordinator_budget budget;
static struct share_state *machine;
static kw_arena decision_arena;
static struct coordinator_decision decision;
static int64_t log_end;

static inline struct share_state *make_machine(void)
{
    const struct share_state_options options = {.budget = &budget,
                                                .seed = 932,
                                                .updates_per_snapshot = TEST_UPDATES,
                                                .prune_interval_ms = 300000,
                                                .cold_interval_ms = 300000};
    return share_state_create(&options);
}

/* With one topic, whose id starts with 1; without topics: NULL. */
static inline const struct metadata_image *make_image(bool has_topic)
{
    static struct metadata_partition partitions[TEST_PARTITIONS];
    for (int32_t i = 0; i < TEST_PARTITIONS; i++)
        partitions[i] = (struct metadata_partition){.index = i};
    const struct metadata_topic from = {
        .name = kw_string_of("topic"), .id = {{1}}, .partitions = partitions, .partition_count = TEST_PARTITIONS};
    struct metadata_topic *topic = metadata_topic_create(&from);
    assert_non_null(topic);
    if (!has_topic) {
        metadata_topic_release(topic);
        topic = NULL;
    }
    const struct metadata_parts parts = {.topics = &topic, .topic_count = has_topic, .epoch = -1};
    const struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

static inline void start_machine(void)
{
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    machine = make_machine();
    assert_non_null(machine);
    log_end = 0;
    kw_arena_init_growing(&decision_arena, NULL, 0, kw_allocator_libc(), TEST_LIMIT);
    decision = (struct coordinator_decision){.state = machine, .image = make_image(true), .now = 1700000000000};
    record_out_init(&decision.records, &decision_arena);
}

/* All memory that was counted has been given back. */
static inline void end_machine(void)
{
    share_state_destroy(machine);
    metadata_image_release(decision.image);
    kw_arena_finish(&decision_arena);
    assert_int_equal(atomic_load(&budget.used), 0);
}

/* Before the next decision. */
static inline void forget_records(void)
{
    kw_arena_reset(&decision_arena);
    record_out_init(&decision.records, &decision_arena);
}

static inline kw_status replay_record(struct share_state *s, const struct key_and_value *record, int64_t offset,
                                      struct coordinator_undo_list *undo)
{
    const struct coordinator_record r = {record->key, record->value, offset, KW_NO_PRODUCER_ID, -1};
    return share_state_calls.replay(s, &r, undo);
}

static inline void undo_all(struct share_state *s, struct coordinator_undo_list *list)
{
    for (struct coordinator_undo *u = list->newest, *older; u != NULL; u = older) {
        older = u->older;
        u->put_back(u, s);
    }
    list->newest = NULL;
}

static inline void drop_all(struct share_state *s, struct coordinator_undo_list *list)
{
    for (struct coordinator_undo *u = list->newest, *older; u != NULL; u = older) {
        older = u->older;
        u->drop(u, s);
    }
    list->newest = NULL;
}

/* ---- as text ---- */

static inline void print_batches(FILE *out, const struct share_batches *batches)
{
    if (batches->count == 0)
        fprintf(out, "-");
    for (size_t i = 0; i < batches->count; i++) {
        const struct share_batch *b = &batches->items[i];
        fprintf(out, "%s%lld:%lld:%d:%d", i != 0 ? "," : "", (long long)b->first, (long long)b->last, b->state,
                b->count);
    }
}

static inline int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All of the state, sorted; to be freed. */
static inline char *state_text(const struct share_state *s)
{
    char *lines[64], *text;
    size_t count = 0, size;
    for (const struct share_entry *e = share_state_next(s, NULL); e != NULL; e = share_state_next(s, e)) {
        if (e->value == NULL)
            continue;
        const struct share_value *v = e->value;
        assert_true(count < COUNT_OF(lines));
        FILE *out = open_memstream(&lines[count++], &size);
        fprintf(out, "%.*s %d %d: epochs %d %d %d seen %d %d start %lld count %d times %lld %lld updates %d at %lld ",
                KW_FMT(e->key.group), e->key.topic_id.bytes[0], e->key.partition, v->is.snapshot_epoch,
                v->is.state_epoch, v->is.leader_epoch, v->state_epoch, v->leader_epoch, (long long)v->is.start_offset,
                v->is.complete_count, (long long)v->is.created_ms, (long long)v->is.written_ms, v->updates,
                (long long)v->snapshot_offset);
        print_batches(out, &v->is.batches);
        fclose(out);
    }
    assert_int_equal(count, s->count);
    qsort(lines, count, sizeof lines[0], compare_texts);
    FILE *out = open_memstream(&text, &size);
    fprintf(out, "last tombstone %lld\n", (long long)s->tombstone);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s\n", lines[i]);
        free(lines[i]);
    }
    fclose(out);
    return text;
}

static inline void assert_same_state(const struct share_state *s, const char *expected)
{
    char *text = state_text(s);
    assert_string_equal(text, expected);
    free(text);
}

#endif

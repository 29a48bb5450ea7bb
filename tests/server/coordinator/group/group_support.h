/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_GROUP_GROUP_SUPPORT_H
#define TESTS_SERVER_COORDINATOR_GROUP_GROUP_SUPPORT_H

/* The machine of __consumer_offsets without a shard: records are replayed by hand, and its offsets are printed. */

#include "../../../unit/support.h"

#include <kwire/error.h>

#include "coordinator/group/group_machine.h"

static struct coordinator_budget budget;
static struct group_machine *machine;
static kw_arena record_arena;
static struct record_out records; /* to be replayed */

static inline struct group_machine *make_machine(void)
{
    const struct group_machine_options options = {.budget = &budget, .seed = 77};
    struct group_machine *m = group_machine_create(&options);
    assert_non_null(m);
    return m;
}

static inline void start_machine(void)
{
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    machine = make_machine();
    kw_arena_init_growing(&record_arena, NULL, 0, kw_allocator_libc(), 16 * 1024 * 1024);
    record_out_init(&records, &record_arena);
}

/* All memory that was counted has been given back. */
static inline void end_machine(void)
{
    group_machine_destroy(machine);
    kw_arena_finish(&record_arena);
    assert_int_equal(atomic_load(&budget.used), 0);
}

static inline struct offset_value value_of(int64_t offset, const char *metadata)
{
    return (struct offset_value){.offset = offset,
                                 .commit_ms = 1000 + offset,
                                 .expire_ms = -1,
                                 .leader_epoch = 3,
                                 .metadata = kw_string_of(metadata),
                                 .topic_id = {{7}}};
}

static inline void add_offset(const char *group, const char *topic, int32_t partition, const struct offset_value *value)
{
    group_records_add_offset(&records, kw_string_of(group), kw_string_of(topic), partition, value);
}

/* Replays the records that have been added, and drops them. */
static inline kw_status replay_records(struct group_machine *m, int64_t offset, int64_t producer_id,
                                       struct coordinator_undo_list *undo)
{
    kw_status status = records.status;
    for (size_t i = 0; i < records.count && status == KW_OK; i++) {
        const struct coordinator_record record = {records.items[i].key, records.items[i].value, offset + (int64_t)i,
                                                  producer_id, 0};
        status = group_machine_calls.replay(m, &record, undo);
    }
    kw_arena_reset(&record_arena);
    record_out_init(&records, &record_arena);
    return status;
}

static inline void undo_all(struct group_machine *m, struct coordinator_undo_list *list)
{
    for (struct coordinator_undo *u = list->newest, *older; u != NULL; u = older) {
        older = u->older;
        u->put_back(u, m);
    }
    list->newest = NULL;
}

static inline void drop_all(struct group_machine *m, struct coordinator_undo_list *list)
{
    for (struct coordinator_undo *u = list->newest, *older; u != NULL; u = older) {
        older = u->older;
        u->drop(u, m);
    }
    list->newest = NULL;
}

/* ---- as text ---- */

static inline void print_value(FILE *out, const struct topic_offsets *table, const struct offset_slot *slot)
{
    const struct offset_value v = offset_value_of(table, slot);
    fprintf(out, " %lld epoch %d '%.*s' at %lld until %lld id %d record %lld\n", (long long)v.offset, v.leader_epoch,
            KW_FMT(v.metadata), (long long)v.commit_ms, (long long)v.expire_ms, v.topic_id.bytes[0],
            (long long)v.record_offset);
}

/* What is committed and pending at one partition. */
static inline void print_partition(FILE *out, const struct group_machine *m, const char *group, const char *topic,
                                   int32_t partition)
{
    const struct group *g = group_find_any(m, kw_string_of(group));
    const struct topic_offsets *table = g != NULL ? offsets_find(m, g, kw_string_of(topic)) : NULL;
    const struct offset_slot *slot = table != NULL ? offset_slots_find(&table->slots, partition) : NULL;
    uint32_t open = 0;
    if (slot == NULL)
        return;
    if (offset_is_set(slot)) {
        fprintf(out, "%s/%s/%d", group, topic, partition);
        print_value(out, table, slot);
    }
    for (const struct topic_offsets *t = table->pending; t != NULL; t = t->next_of_topic) {
        const struct offset_slot *pending = offset_slots_find(&t->slots, partition);
        if (pending == NULL)
            continue;
        open++;
        fprintf(out, "%s/%s/%d of %lld", group, topic, partition, (long long)t->producer->id);
        print_value(out, t, pending);
    }
    assert_int_equal(slot->open, open);
}

#endif

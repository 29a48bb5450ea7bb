/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets by group, topic and partition: a million random records, markers and failures against a simple model. */
#include "../group_support.h"

#include <kwire/messages/group_metadata_key.h>

#include "../../../support/random_test.h"

enum { GROUPS = 3, TOPICS = 3, PARTITIONS = 20, PRODUCERS = 3, STEPS = 300000, MOST_RECORDS = 4 };

static const char *const group_names[GROUPS] = {"a", "group-b", ""};
static const char *const topic_names[TOPICS] = {"t", "topic-2", "third"};

/* ---- the model ---- */

struct entry {
    bool is_set;
    struct offset_value value;
    char metadata[8];
};

struct model {
    bool is_group[GROUPS];
    struct entry committed[GROUPS][TOPICS][PARTITIONS];
    struct entry pending[PRODUCERS][GROUPS][TOPICS][PARTITIONS];
};

static struct model model, before;

static void model_end(int64_t producer, bool is_commit)
{
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t t = 0; t < TOPICS; t++)
            for (size_t p = 0; p < PARTITIONS; p++) {
                struct entry *pending = &model.pending[producer][g][t][p], *committed = &model.committed[g][t][p];
                bool is_newer = !committed->is_set || committed->value.record_offset < pending->value.record_offset;
                if (pending->is_set && is_commit && is_newer)
                    *committed = *pending;
                pending->is_set = false;
            }
}

static void print_entry(FILE *out, const struct entry *e)
{
    const struct offset_value *v = &e->value;
    fprintf(out, " %lld epoch %d '%s' at %lld until %lld id %d record %lld\n", (long long)v->offset, v->leader_epoch,
            e->metadata, (long long)v->commit_ms, (long long)v->expire_ms, v->topic_id.bytes[0],
            (long long)v->record_offset);
}

static size_t print_model(FILE *out)
{
    size_t count = 0;
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t t = 0; t < TOPICS; t++)
            for (size_t p = 0; p < PARTITIONS; p++) {
                if (model.committed[g][t][p].is_set) {
                    count++;
                    fprintf(out, "%s/%s/%zu", group_names[g], topic_names[t], p);
                    print_entry(out, &model.committed[g][t][p]);
                }
                for (size_t i = 0; i < PRODUCERS; i++)
                    if (model.pending[i][g][t][p].is_set) {
                        fprintf(out, "%s/%s/%zu of %zu", group_names[g], topic_names[t], p, i);
                        print_entry(out, &model.pending[i][g][t][p]);
                    }
            }
    return count;
}

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order of what several producers have pending at one partition does not matter. */
static void sort_lines(char *text)
{
    static char *lines[GROUPS * TOPICS * PARTITIONS * (PRODUCERS + 1)];
    static char sorted[COUNT_OF(lines) * 120];
    size_t count = 0;
    char *end = sorted;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_lines);
    for (size_t i = 0; i < count; i++)
        end += sprintf(end, "%s\n", lines[i]);
    *end = '\0';
    memcpy(text, sorted, (size_t)(end - sorted) + 1);
}

static void assert_same(void)
{
    char *expected, *found;
    size_t expected_size, found_size, committed = 0;
    FILE *out = open_memstream(&expected, &expected_size);
    size_t count = print_model(out);
    (void)fclose(out);
    out = open_memstream(&found, &found_size);
    for (size_t g = 0; g < GROUPS; g++) {
        const struct group *group = group_find_any(machine, kw_string_of(group_names[g]));
        assert_int_equal(group != NULL && group->type == GROUP_CLASSIC, model.is_group[g]);
        committed += group != NULL ? group->offsets.committed : 0;
        for (size_t t = 0; t < TOPICS; t++)
            for (int32_t p = 0; p < PARTITIONS; p++)
                print_partition(out, machine, group_names[g], topic_names[t], p);
    }
    (void)fclose(out);
    assert_int_equal(committed, count);
    assert_int_equal(found_size, expected_size);
    sort_lines(expected);
    sort_lines(found);
    assert_string_equal(found, expected);
    free(expected);
    free(found);
}

/* ---- random records ---- */

static struct random_test numbers;
static int64_t next_offset;

static void random_commit(struct coordinator_undo_list *undo, size_t g, size_t t, size_t p, int64_t producer)
{
    struct entry e = {.is_set = true};
    static const char *const metadata[] = {"", "m", "n", "longer"};
    (void)strcpy(e.metadata, metadata[random_below(&numbers, COUNT_OF(metadata))]);
    e.value = (struct offset_value){
        .offset = (int64_t)random_below(&numbers, 1000),
        .commit_ms = (int64_t)random_below(&numbers, 1000),
        .expire_ms = random_below(&numbers, 4) == 0 ? 5 : -1,
        .leader_epoch = -1,
        .topic_id = {{0}},
        .record_offset = next_offset,
    };
    if (e.value.expire_ms == -1) { /* the version with an expiry time has neither */
        e.value.leader_epoch = (int32_t)random_below(&numbers, 3) - 1;
        e.value.topic_id.bytes[0] = (uint8_t)random_below(&numbers, 4);
    }
    e.value.metadata = kw_string_of(e.metadata);
    add_offset(group_names[g], topic_names[t], (int32_t)p, &e.value);
    assert_int_equal(replay_records(machine, next_offset, producer, undo), KW_OK);
    model.is_group[g] = true;
    *(producer >= 0 ? &model.pending[producer][g][t][p] : &model.committed[g][t][p]) = e;
}

static void random_tombstone(struct coordinator_undo_list *undo, size_t g, size_t t, size_t p)
{
    group_records_remove_offset(&records, kw_string_of(group_names[g]), kw_string_of(topic_names[t]), (int32_t)p);
    assert_int_equal(replay_records(machine, next_offset, KW_NO_PRODUCER_ID, undo), KW_OK);
    model.committed[g][t][p].is_set = false;
    for (size_t i = 0; i < PRODUCERS; i++)
        model.pending[i][g][t][p].is_set = false;
}

static void random_group_tombstone(struct coordinator_undo_list *undo, size_t g)
{
    group_records_remove_group(&records, KW_GROUP_METADATA_KEY_TYPE, kw_string_of(group_names[g]));
    assert_int_equal(replay_records(machine, next_offset, KW_NO_PRODUCER_ID, undo), KW_OK);
    model.is_group[g] = false;
}

static void random_record(struct coordinator_undo_list *undo)
{
    size_t g = random_below(&numbers, GROUPS), t = random_below(&numbers, TOPICS);
    size_t p = random_below(&numbers, random_below(&numbers, 4) == 0 ? PARTITIONS : 2),
           what = random_below(&numbers, 100);
    int64_t producer = (int64_t)random_below(&numbers, PRODUCERS);
    if (what < 40)
        random_commit(undo, g, t, p, KW_NO_PRODUCER_ID);
    else if (what < 55)
        random_commit(undo, g, t, p, producer);
    else if (what < 90)
        random_tombstone(undo, g, t, p);
    else if (what < 94)
        random_group_tombstone(undo, g);
    else {
        const struct coordinator_marker marker = {producer, 0, next_offset, what < 97};
        assert_int_equal(group_machine_calls.marker(machine, &marker, undo), KW_OK);
        model_end(producer, marker.is_commit);
    }
    next_offset++;
}

/* As a shard does it: records of one decision, which is undone, or dropped once it is written, also after others. */
static void random_decisions(void **state)
{
    (void)state;
    random_test_init(&numbers, 5);
    for (size_t i = 0; i < STEPS / MOST_RECORDS; i++) {
        struct coordinator_undo_list undo = {NULL};
        bool is_loading = random_below(&numbers, 4) == 0, fails = random_below(&numbers, 3) == 0;
        before = model;
        for (size_t n = 1 + random_below(&numbers, MOST_RECORDS); n > 0; n--)
            random_record(is_loading ? NULL : &undo);
        if (fails && !is_loading) {
            undo_all(machine, &undo);
            model = before;
        } else {
            drop_all(machine, &undo);
        }
        if (i % 16 == 0)
            assert_same();
    }
    assert_same();
}

/* What is empty is gone, with all of its memory. */
static void everything_ends(void **state)
{
    (void)state;
    const struct offset_value value = value_of(5, "m");
    for (int32_t p = 0; p < 1000; p++)
        add_offset("g", "t", p, &value);
    assert_int_equal(replay_records(machine, 0, KW_NO_PRODUCER_ID, NULL), KW_OK);
    add_offset("g", "t", 3, &value);
    assert_int_equal(replay_records(machine, 1000, 42, NULL), KW_OK);
    for (int32_t p = 999; p >= 0; p--)
        group_records_remove_offset(&records, kw_string_of("g"), kw_string_of("t"), p);
    assert_int_equal(replay_records(machine, 2000, KW_NO_PRODUCER_ID, NULL), KW_OK);
    assert_non_null(group_find(machine, kw_string_of("g")));
    group_records_remove_group(&records, KW_GROUP_METADATA_KEY_TYPE, kw_string_of("g"));
    assert_int_equal(replay_records(machine, 3000, KW_NO_PRODUCER_ID, NULL), KW_OK);
    assert_int_equal(machine->groups.by_id.count, 0);
    assert_int_equal(machine->offsets.topics.count, 0);
    assert_int_equal(machine->offsets.tables.count, 0);
    assert_int_equal(machine->offsets.producers.count, 0);
    assert_int_equal(atomic_load(&budget.used), 0);
}

static void an_offset_takes_48_bytes(void **state)
{
    (void)state;
    const struct offset_value value = value_of(5, "");
    assert_int_equal(sizeof(struct offset_slot), 48);
    for (int32_t p = 0; p < 3500; p++)
        add_offset("g", "t", p, &value);
    assert_int_equal(replay_records(machine, 0, KW_NO_PRODUCER_ID, NULL), KW_OK);
    assert_in_range(atomic_load(&budget.used), 3500 * 48, 3500 * 64);
}

/* Replacing takes no memory. */
static void replacing(void **state)
{
    (void)state;
    const struct offset_value value = value_of(5, "m"), next = value_of(6, "n");
    add_offset("g", "t", 1, &value);
    assert_int_equal(replay_records(machine, 0, KW_NO_PRODUCER_ID, NULL), KW_OK);
    size_t used = atomic_load(&budget.used);
    const struct group *group = group_find(machine, kw_string_of("g"));
    const struct offset_note *note = offset_slots_find(&group->offsets.first->slots, 1)->note;
    add_offset("g", "t", 1, &next);
    assert_int_equal(replay_records(machine, 1, KW_NO_PRODUCER_ID, NULL), KW_OK);
    const struct offset_slot *slot = offset_slots_find(&group->offsets.first->slots, 1);
    assert_ptr_equal(slot->note, note);
    assert_int_equal(slot->offset, 6);
    assert_int_equal(note->metadata[0], 'n');
    assert_int_equal(atomic_load(&budget.used), used);
}

static int set_up(void **state)
{
    (void)state;
    memset(&model, 0, sizeof model);
    next_offset = 0;
    start_machine();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    end_machine();
    return 0;
}

#define MACHINE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MACHINE_TEST(random_decisions),
        MACHINE_TEST(everything_ends),
        MACHINE_TEST(an_offset_takes_48_bytes),
        MACHINE_TEST(replacing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_GROUP_GROUP_SHARD_H
#define TESTS_SERVER_COORDINATOR_GROUP_GROUP_SHARD_H

/* A shard with the machine of __consumer_offsets, a log in memory and clocks of the test's own. What it decides is
 * asked for as a handler would, at once or while appends wait. */

#include "../../support/sim.h"
#include "../toy_machine.h"

#include "../../support/garbage.h"
#include "../../support/random_test.h"
#include "group_support.h"

#include "coordinator/group/group_lists.h"
#include "coordinator/group/offsets/offset_requests.h"

static struct sim sim;
static struct toy_log store;
static struct shard shard;
static struct random_test random_source;
static const struct metadata_image *image;
static int64_t wall_ms; /* the time of day */
static int released;
static kw_arena answers; /* of requests */

static inline int64_t wall(void)
{
    return wall_ms;
}

static inline int64_t clock_of_sim(void)
{
    return sim.timers.now;
}

static inline void note_released(struct shard *s)
{
    assert_ptr_equal(s, &shard);
    released++;
}

/* An image with these topics, ids of which the first byte is given; up to a NULL. */
static inline const struct metadata_image *image_of(const char *const *names, const uint8_t *ids)
{
    struct metadata_topic *topics[8];
    static const struct metadata_partition partitions[4] = {{.index = 0}, {.index = 1}, {.index = 2}, {.index = 3}};
    struct metadata_parts parts = {.epoch = -1, .topics = topics};
    for (; names[parts.topic_count] != NULL; parts.topic_count++) {
        const struct metadata_topic topic = {.name = kw_string_of(names[parts.topic_count]),
                                             .id = {{ids[parts.topic_count]}},
                                             .partitions = partitions,
                                             .partition_count = COUNT_OF(partitions)};
        topics[parts.topic_count] = metadata_topic_create(&topic);
        assert_non_null(topics[parts.topic_count]);
    }
    const struct metadata_image *made = metadata_image_create(&parts);
    assert_non_null(made);
    return made;
}

static inline void start_shard(struct group_machine *m)
{
    const struct shard_options options = {
        .machine = &group_machine_calls,
        .state = m,
        .image = image,
        .sink = toy_sink(&store),
        .leader_epoch = TOY_EPOCH,
        .home = &sim.executor,
        .random = &random_source.source,
        .now = wall,
        .clock = clock_of_sim,
        .timeout_ms = TOY_TIMEOUT,
        .released = note_released,
        .name = "__consumer_offsets-0",
    };
    released = 0;
    fill_with_garbage(&shard, sizeof shard);
    assert_true(shard_init(&shard, &options));
}

static inline int set_up_shard(void **state)
{
    static const char *const names[] = {"one", "two", NULL};
    static const uint8_t ids[] = {1, 2};
    (void)state;
    sim_init(&sim);
    random_test_init(&random_source, 1);
    wall_ms = 1700000000000;
    image = image_of(names, ids);
    toy_log_init(&store);
    start_machine();
    kw_arena_init_growing(&answers, NULL, 0, kw_allocator_libc(), 16 * 1024 * 1024);
    start_shard(machine);
    shard_loaded(&shard, 0);
    return 0;
}

static inline int tear_down_shard(void **state)
{
    (void)state;
    shard_unload(&shard);
    if (store.append != NULL)
        toy_log_finish_append(&store);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    shard_finish(&shard);
    toy_log_free(&store);
    kw_arena_finish(&answers);
    kw_arena_finish(&record_arena);
    assert_int_equal(atomic_load(&image->references), 1);
    metadata_image_release(image);
    return atomic_load(&budget.used) == 0 ? 0 : -1;
}

static inline void publish(const struct metadata_image *next)
{
    shard_publish(&shard, next);
    metadata_image_release(image);
    image = next;
    sim_run_posted(&sim);
}

static inline void pass(int64_t ms)
{
    wall_ms += ms;
    sim_run_posted(&sim); /* timers that have been started meanwhile */
    sim_advance(&sim, ms);
}

/* ---- requests ---- */

struct asked {
    struct coordinator_event event; /* the first member */
    void (*decide)(struct asked *asked, struct coordinator_decision *d);
    const void *in;
    void *out;
    int16_t *errors;
    int16_t error; /* of the shard */
    bool is_complete;
};

static inline void asked_decide(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct asked *asked = (struct asked *)(void *)event;
    asked->decide(asked, d);
}

static inline void asked_complete(struct coordinator_event *event, int16_t error)
{
    struct asked *asked = (struct asked *)(void *)event;
    asked->error = error;
    asked->is_complete = true;
}

static inline void submit(struct asked *asked)
{
    asked->event =
        (struct coordinator_event){.decide = asked_decide, .complete = asked_complete, .executor = &sim.executor};
    asked->is_complete = false;
    if (coordinator_submit(&shard, &asked->event))
        asked_complete(&asked->event, asked->event.error);
}

static inline void decide_commit(struct asked *asked, struct coordinator_decision *d)
{
    offset_commit(d, asked->in, asked->errors);
}

static inline void decide_fetch(struct asked *asked, struct coordinator_decision *d)
{
    offset_fetch(d, asked->in, &answers, asked->out);
}

static inline void decide_delete(struct asked *asked, struct coordinator_decision *d)
{
    *(int16_t *)asked->out = offset_delete(d, asked->in, asked->errors);
}

static inline void decide_delete_group(struct asked *asked, struct coordinator_decision *d)
{
    *(int16_t *)asked->out = delete_group(d, kw_string_of(asked->in));
}

static inline void decide_list(struct asked *asked, struct coordinator_decision *d)
{
    list_groups(d, asked->in, asked->out);
}

/* A commit of one partition; with members to be changed. */
struct one_commit {
    struct asked asked; /* the first member */
    struct offset_commit in;
    kw_offset_commit_request_topic topic;
    kw_offset_commit_request_partition partition;
    int16_t error; /* of the partition */
};

static inline void make_commit(struct one_commit *c, const char *group, const char *topic, uint8_t id,
                               int32_t partition, int64_t offset)
{
    memset(c, 0, sizeof *c);
    kw_offset_commit_request_topic_init(&c->topic);
    kw_offset_commit_request_partition_init(&c->partition);
    c->partition.partition_index = partition;
    c->partition.committed_offset = offset;
    c->topic.name = kw_string_of(topic);
    c->topic.topic_id.bytes[0] = id;
    c->topic.partitions.items = &c->partition;
    c->topic.partitions.len = 1;
    c->in.group = kw_string_of(group);
    c->in.check.generation = -1;
    c->in.check.instance_id.len = -1;
    c->in.check.version = 9;
    c->in.check.topics = &c->topic;
    c->in.check.topic_count = 1;
    c->in.retention_ms = -1;
    c->asked.decide = decide_commit;
    c->asked.in = &c->in;
    c->asked.errors = &c->error;
}

/* The error, of the shard or of the partition. */
static inline int16_t run_commit(struct one_commit *c)
{
    submit(&c->asked);
    assert_true(c->asked.is_complete);
    return c->asked.error != KW_ERROR_NONE ? c->asked.error : c->error;
}

static inline int16_t commit(const char *group, const char *topic, uint8_t id, int32_t partition, int64_t offset)
{
    struct one_commit c;
    make_commit(&c, group, topic, id, partition, offset);
    return run_commit(&c);
}

static inline int16_t delete_offset(const char *group, const char *topic, int32_t partition)
{
    kw_offset_delete_request_partition asked_partition = {.partition_index = partition};
    kw_offset_delete_request_topic asked_topic = {.name = kw_string_of(topic), .partitions = {&asked_partition, 1}};
    const struct offset_delete in = {kw_string_of(group), &asked_topic, 1};
    int16_t of_group = -99, of_partition = -99;
    struct asked asked = {.decide = decide_delete, .in = &in, .out = &of_group, .errors = &of_partition};
    submit(&asked);
    assert_true(asked.is_complete);
    if (asked.error != KW_ERROR_NONE || of_group != KW_ERROR_NONE)
        return asked.error != KW_ERROR_NONE ? asked.error : of_group;
    return of_partition;
}

static inline int16_t remove_group(const char *group)
{
    int16_t error = -99;
    struct asked asked = {.decide = decide_delete_group, .in = group, .out = &error};
    submit(&asked);
    assert_true(asked.is_complete);
    return asked.error != KW_ERROR_NONE ? asked.error : error;
}

/* The answer for one partition of a topic of this id. */
static inline kw_offset_fetch_response_partitions fetch_stable(const char *group, const char *topic, uint8_t id,
                                                               int32_t partition, bool require_stable)
{
    const kw_offset_fetch_request_topics asked_topic = {
        .name = kw_string_of(topic), .topic_id = {{id}}, .partition_indexes = {&partition, 1}};
    const struct offset_fetch in = {.group = kw_string_of(group),
                                    .member_id = {NULL, -1},
                                    .member_epoch = -1,
                                    .require_stable = require_stable,
                                    .topics = &asked_topic,
                                    .topic_count = 1};
    kw_offset_fetch_response_group out;
    struct asked asked = {.decide = decide_fetch, .in = &in, .out = &out};
    kw_offset_fetch_response_group_init(&out);
    submit(&asked);
    assert_true(asked.is_complete);
    assert_int_equal(asked.error, KW_ERROR_NONE);
    assert_int_equal(out.error_code, KW_ERROR_NONE);
    assert_int_equal(out.topics.len, 1);
    assert_true(kw_string_equal(out.topics.items[0].name, asked_topic.name));
    assert_int_equal(out.topics.items[0].partitions.len, 1);
    assert_int_equal(out.topics.items[0].partitions.items[0].partition_index, partition);
    return out.topics.items[0].partitions.items[0];
}

/* -1: none. */
static inline int64_t fetch(const char *group, const char *topic, int32_t partition)
{
    kw_offset_fetch_response_partitions out = fetch_stable(group, topic, 0, partition, false);
    assert_int_equal(out.error_code, KW_ERROR_NONE);
    return out.committed_offset;
}

/* ---- the state as text, and as what the log says ---- */

static inline int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A copy of the text with its lines in order. */
static inline char *sort_text(char *text)
{
    size_t size = strlen(text), count = 0;
    char **lines = calloc(size + 1, sizeof *lines), *sorted = malloc(size + 1), *end = sorted;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
        lines[count++] = line;
    qsort(lines, count, sizeof *lines, compare_texts);
    *end = '\0';
    for (size_t i = 0; i < count; i++)
        end += sprintf(end, "%s\n", lines[i]);
    free(lines);
    return sorted;
}

static inline void print_table(FILE *out, const struct topic_offsets *table)
{
    for (const struct offset_slot *slot = offset_slots_next(&table->slots, NULL); slot != NULL;
         slot = offset_slots_next(&table->slots, slot)) {
        if (!offset_is_set(slot))
            continue;
        fprintf(out, "%.*s/%.*s/%d", KW_FMT(table->group->id), KW_FMT(table->topic->name), slot->partition);
        if (table->producer != NULL)
            fprintf(out, " of %lld", (long long)table->producer->id);
        print_value(out, table, slot);
    }
}

static inline char *print_machine(const struct group_machine *m)
{
    static char text[1 << 20];
    FILE *out = fmemopen(text, sizeof text, "w");
    text[0] = '\0'; /* if nothing is written */
    for (size_t i = 0; i < group_bucket_count(m); i++)
        for (struct group *group = group_first_in(m, i); group != NULL; group = group_next_in(group)) {
            if (group->type != GROUP_NONE)
                fprintf(out, "group %.*s type %d\n", KW_FMT(group->id), group->type);
            for (const struct topic_offsets *t = group->offsets.first; t != NULL; t = t->next_of_group) {
                print_table(out, t);
                for (const struct topic_offsets *p = t->pending; p != NULL; p = p->next_of_topic)
                    print_table(out, p);
            }
        }
    (void)fclose(out);
    return sort_text(text);
}

/* Replays the first batches of what has been appended. */
static inline void replay_log(struct group_machine *m, unsigned count)
{
    kw_batches batches;
    kw_batch batch;
    kw_batches_init_memory(&batches, store.bytes, store.size);
    batches.flags = KW_BATCHES_CHECK_CRC;
    for (; count > 0; count--) {
        kw_records in;
        kw_record record;
        assert_true(kw_batches_next(&batches, &batch));
        assert_int_equal(kw_records_init(&in, &batch, NULL, NULL), KW_OK);
        while (kw_records_next(&in, &record)) {
            const struct coordinator_record replayed = {record.key, record.value, record.offset, KW_NO_PRODUCER_ID, -1};
            assert_int_equal(group_machine_calls.replay(m, &replayed, NULL), KW_OK);
        }
        assert_int_equal(in.status, KW_OK);
    }
}

static inline void assert_state_is_log(void)
{
    struct group_machine *loaded = make_machine();
    replay_log(loaded, store.appends);
    char *expected = print_machine(loaded), *found = print_machine(machine);
    assert_string_equal(found, expected);
    free(expected);
    free(found);
    group_machine_destroy(loaded);
}

#define SHARD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_shard, tear_down_shard)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_SUPPORT_H
#define TESTS_SERVER_COORDINATOR_GROUP_CONSUMER_CONSUMER_SUPPORT_H

/* The machine of groups on a shard with a log in memory, a clock of the test's own, topics that come and go, and
 * ConsumerGroupHeartbeat requests. */

#include "../../../support/sim.h"
#include "../../toy_machine.h"

#include "../../../support/garbage.h"
#include "../../../support/random_test.h"

#include "coordinator/group/consumer/consumer_group.h"
#include "coordinator/group/consumer/consumer_heartbeat.h"
#include "coordinator/group/group_machine.h"

enum { MOST_TOPICS = 8, WALL = 1700000000000 / 1000, BEAT_MEMORY = 1024 * 1024 };

static struct sim sim;
static struct toy_log store;
static struct shard shard;
static struct group_machine *machine; /* of the shard; NULL: it is unloaded */
static struct coordinator_budget budget;
static struct random_test member_ids;
static const struct metadata_image *image;
static int released;

struct test_topic {
    char name[8];
    kw_uuid id;
    int32_t partitions; /* 0: the topic does not exist */
};

static struct test_topic test_topics[MOST_TOPICS];
static struct metadata_config group_configs[4]; /* of the group "g" */
static size_t group_config_count;

/* ---- topics ---- */

static inline struct metadata_topic *create_topic(const struct test_topic *from)
{
    struct metadata_partition partitions[64];
    static int32_t replica[] = {0};
    memset(partitions, 0, sizeof partitions);
    for (int32_t i = 0; i < from->partitions; i++) {
        partitions[i].index = i;
        partitions[i].replicas = (kw_int32_array){replica, 1};
    }
    const struct metadata_topic topic = {.name = kw_string_of(from->name),
                                         .id = from->id,
                                         .partitions = partitions,
                                         .partition_count = from->partitions};
    struct metadata_topic *created = metadata_topic_create(&topic);
    assert_non_null(created);
    return created;
}

static inline const struct metadata_image *make_image(void)
{
    struct metadata_topic *topics[MOST_TOPICS];
    struct metadata_resource *group = NULL;
    static int64_t offset;
    struct metadata_parts parts = {.topics = topics, .resources = &group, .epoch = -1, .offset = ++offset};
    for (size_t i = 0; i < MOST_TOPICS; i++) {
        if (test_topics[i].partitions == 0)
            continue;
        const struct metadata_topic *old =
            image != NULL ? metadata_topic_by_id(image, test_topics[i].id) : NULL; /* shared if it is the same */
        topics[parts.topic_count++] = old != NULL && old->partition_count == test_topics[i].partitions
                                          ? metadata_topic_share((struct metadata_topic *)(uintptr_t)old)
                                          : create_topic(&test_topics[i]);
    }
    if (group_config_count != 0) {
        const struct metadata_resource resource = {.type = RESOURCE_GROUP,
                                                   .name = kw_string_of("g"),
                                                   .configs = group_configs,
                                                   .config_count = group_config_count};
        group = metadata_resource_create(&resource);
        assert_non_null(group);
        parts.resource_count = 1;
    }
    const struct metadata_image *made = metadata_image_create(&parts);
    assert_non_null(made);
    return made;
}

static inline void publish(void)
{
    const struct metadata_image *next = make_image();
    metadata_image_release(image);
    image = next;
    shard_publish(&shard, image);
    sim_settle(&sim);
}

/* 0 partitions: it is deleted. A topic that is made again has another id. */
static inline void set_topic(size_t number, int32_t partitions)
{
    static uint8_t ids;
    struct test_topic *topic = &test_topics[number];
    (void)snprintf(topic->name, sizeof topic->name, "t%zu", number);
    if (topic->partitions == 0) {
        memset(&topic->id, 0, sizeof topic->id);
        topic->id.bytes[0] = (uint8_t)(37 * ++ids); /* in another order than names */
        topic->id.bytes[1] = ids;
        topic->id.bytes[15] = (uint8_t)(number + 1);
    }
    topic->partitions = partitions;
}

/* ---- the shard ---- */

static inline int64_t wall(void)
{
    return (int64_t)WALL * 1000 + sim.timers.now;
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

static int held; /* how often workers have the shard */

static inline void hold_shard(struct shard *s)
{
    assert_ptr_equal(s, &shard);
    held++;
}

static inline void release_shard(struct shard *s)
{
    assert_ptr_equal(s, &shard);
    held--;
}

static inline struct group_machine *make_machine(void)
{
    const struct group_machine_options options = {
        .budget = &budget, .seed = 7, .hold = hold_shard, .release = release_shard};
    struct group_machine *m = group_machine_create(&options);
    assert_non_null(m);
    return m;
}

/* The log up to so many bytes. */
static inline void replay_log(struct group_machine *m, size_t size)
{
    kw_batches batches;
    kw_batch batch;
    kw_batches_init_memory(&batches, store.bytes, size);
    while (kw_batches_next(&batches, &batch)) {
        kw_records records;
        kw_record record;
        assert_int_equal(kw_records_init(&records, &batch, NULL, NULL), KW_OK);
        while (kw_records_next(&records, &record)) {
            const struct coordinator_record replayed = {record.key, record.value, record.offset, KW_NO_PRODUCER_ID, -1};
            assert_int_equal(group_machine_calls.replay(m, &replayed, NULL), KW_OK);
        }
        assert_int_equal(records.status, KW_OK);
    }
    assert_int_equal(batches.status, KW_OK);
}

static inline void load_shard(void)
{
    machine = make_machine();
    const struct shard_options options = {
        .machine = &group_machine_calls,
        .state = machine,
        .image = image,
        .sink = toy_sink(&store),
        .leader_epoch = TOY_EPOCH,
        .home = &sim.executor,
        .random = &member_ids.source,
        .now = wall,
        .clock = clock_of_sim,
        .timeout_ms = TOY_TIMEOUT,
        .linger_ms = -1,
        .released = note_released,
        .name = "__consumer_offsets-0",
    };
    released = 0;
    fill_with_garbage(&shard, sizeof shard);
    assert_true(shard_init(&shard, &options));
    replay_log(machine, store.size);
    shard_loaded(&shard, store.end);
}

static inline void unload_shard(void)
{
    shard_unload(&shard);
    if (store.append != NULL)
        toy_log_finish_append(&store);
    sim_settle(&sim);
    assert_int_equal(released, 1);
    assert_int_equal(held, 0);
    assert_null(store.watcher);
    assert_int_equal(timer_wheel_next(&sim.timers), INT64_MAX);
    shard_finish(&shard);
    machine = NULL;
    assert_int_equal(atomic_load(&budget.used), 0);
}

static inline int set_up_groups(void **state)
{
    (void)state;
    sim_init(&sim);
    random_test_init(&member_ids, 1);
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    memset(test_topics, 0, sizeof test_topics);
    group_config_count = 0;
    image = NULL;
    set_topic(0, 4);
    set_topic(1, 3);
    image = make_image();
    toy_log_init(&store);
    load_shard();
    return 0;
}

static inline int tear_down_groups(void **state)
{
    (void)state;
    unload_shard();
    toy_log_free(&store);
    bool is_free = atomic_load(&image->references) == 1;
    metadata_image_release(image);
    return is_free ? 0 : -1;
}

/* ---- heartbeats ---- */

struct beat_event {
    struct coordinator_event event; /* the first member */
    kw_consumer_group_heartbeat_request request;
    kw_consumer_group_heartbeat_response response;
    kw_arena arena; /* of the response */
    int completed;
    int16_t error;
};

static inline void decide_beat(struct coordinator_event *event, struct coordinator_decision *d)
{
    struct beat_event *e = (struct beat_event *)(void *)event;
    const struct consumer_heartbeat in = {&e->request, kw_string_of("client"), kw_string_of("/127.0.0.1"), &e->arena};
    kw_consumer_group_heartbeat_response_init(&e->response);
    consumer_heartbeat(d->state, d, &in, &e->response);
}

static inline void complete_beat(struct coordinator_event *event, int16_t error)
{
    struct beat_event *e = (struct beat_event *)(void *)event;
    e->completed++;
    e->error = error;
}

static inline void beat_init(struct beat_event *e, const char *group, const char *member, int32_t epoch)
{
    memset(e, 0, sizeof *e);
    e->event.decide = decide_beat;
    e->event.complete = complete_beat;
    e->event.executor = &sim.executor;
    kw_arena_init_growing(&e->arena, NULL, 0, kw_allocator_libc(), BEAT_MEMORY);
    kw_consumer_group_heartbeat_request_init(&e->request);
    e->request.group_id = kw_string_of(group);
    e->request.member_id = kw_string_of(member);
    e->request.member_epoch = epoch;
}

static inline void beat_submit(struct beat_event *e)
{
    if (coordinator_submit(&shard, &e->event))
        complete_beat(&e->event, e->event.error);
}

static inline void beat_finish(struct beat_event *e)
{
    kw_arena_finish(&e->arena);
}

/* ---- the state as text ---- */

static inline int compare_slots(const void *a, const void *b)
{
    const struct consumer_slot *const *x = a, *const *y = b;
    return kw_string_compare((*x)->id, (*y)->id);
}

static inline void print_set(FILE *out, const char *what, struct partition_set set, bool with_epochs)
{
    fprintf(out, " %s", what);
    for (size_t i = 0; i < set.count; i++)
        fprintf(out, with_epochs ? " %02x%02x-%d@%d" : " %02x%02x-%d", set.items[i].topic.bytes[0],
                set.items[i].topic.bytes[1], set.items[i].index, set.items[i].epoch);
}

static inline void print_slot(FILE *out, const struct consumer_slot *slot)
{
    const struct consumer_member *m = slot->member;
    fprintf(out, "  %.*s", KW_FMT(slot->id));
    if (m != NULL) {
        fprintf(out,
                " instance %.*s rack %.*s client %.*s %.*s pattern %.*s assignor %.*s timeout %d epoch %d before %d "
                "state %d",
                KW_FMT(m->instance_id), KW_FMT(m->rack), KW_FMT(m->client_id), KW_FMT(m->client_host),
                KW_FMT(m->pattern), KW_FMT(m->assignor), m->rebalance_timeout_ms, m->epoch, m->previous_epoch,
                m->state);
        for (int32_t i = 0; i < m->names.len; i++)
            fprintf(out, " %.*s", KW_FMT(m->names.items[i]));
        if (m->is_classic)
            fprintf(out, " classic timeout %d", m->classic_session_timeout_ms);
        for (size_t i = 0; i < m->classic_protocol_count; i++)
            fprintf(out, " protocol %.*s %d", KW_FMT(m->classic_protocols[i].name),
                    m->classic_protocols[i].metadata.len);
        print_set(out, "has", m->assigned, true);
        print_set(out, "gives", m->revoking, true);
    }
    if (slot->target != NULL)
        print_set(out, "target", slot->target->set, false);
    fprintf(out, "\n");
}

static inline int compare_counts(const void *a, const void *b)
{
    const struct name_count *const *x = a, *const *y = b;
    return kw_string_compare((*x)->name, (*y)->name);
}

static inline void print_counts(FILE *out, const struct name_counts *counts)
{
    const struct name_count *all[256];
    size_t count = 0;
    for (const struct name_count *c = name_counts_next(counts, NULL); c != NULL; c = name_counts_next(counts, c)) {
        assert_true(count < COUNT_OF(all));
        if (name_count_is_used(c))
            all[count++] = c;
    }
    qsort(all, count, sizeof *all, compare_counts);
    for (size_t i = 0; i < count; i++)
        fprintf(out, " %.*s=%u,%u", KW_FMT(all[i]->name), all[i]->members, all[i]->patterns);
}

static inline int compare_patterns(const void *a, const void *b)
{
    const struct consumer_pattern *const *x = a, *const *y = b;
    return kw_string_compare((*x)->text, (*y)->text);
}

static inline void print_patterns(FILE *out, const struct consumer_group *g)
{
    const struct consumer_pattern *all[256];
    size_t count = 0;
    for (size_t i = 0; i < g->patterns.bucket_count; i++)
        for (const struct hash_link *link = g->patterns.buckets[i]; link != NULL; link = link->next)
            if (consumer_pattern_at(link)->members != 0 || consumer_pattern_at(link)->resolved != NULL) {
                assert_true(count < COUNT_OF(all));
                all[count++] = consumer_pattern_at(link);
            }
    qsort(all, count, sizeof *all, compare_patterns);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "  pattern %.*s members %u", KW_FMT(all[i]->text), all[i]->members);
        for (int32_t n = 0; all[i]->resolved != NULL && n < all[i]->resolved->names.len; n++)
            fprintf(out, " %.*s", KW_FMT(all[i]->resolved->names.items[n]));
        fprintf(out, "%s\n", all[i]->resolved == NULL ? " unresolved" : "");
    }
}

static inline void print_group(FILE *out, const struct consumer_group *g)
{
    const struct consumer_slot *slots[256];
    size_t count = 0;
    fprintf(out, "group %.*s epoch %d target %d at %lld hash %lld old %d members %zu classic %zu owned %zu\n topics",
            KW_FMT(g->id), g->epochs.epoch, g->epochs.target_epoch, (long long)g->epochs.target_time,
            (long long)g->epochs.metadata_hash, g->epochs.has_old_metadata, g->member_count, g->classic_count,
            g->owners.used);
    print_counts(out, &g->topics);
    fprintf(out, "\n assignors");
    print_counts(out, &g->assignors);
    fprintf(out, "\n protocols");
    print_counts(out, &g->protocols);
    fprintf(out, "\n patterns %zu resolved %zu\n", g->pattern_count, g->resolved_count);
    for (const struct consumer_slot *slot = g->first; slot != NULL; slot = slot->next) {
        assert_true(count < COUNT_OF(slots));
        if (slot->member != NULL || slot->target != NULL)
            slots[count++] = slot;
    }
    print_patterns(out, g);
    qsort(slots, count, sizeof *slots, compare_slots);
    for (size_t i = 0; i < count; i++)
        print_slot(out, slots[i]);
}

/* All consumer groups; the text is malloc()'s. */
static inline char *print_groups(const struct group_machine *m, const char *const *ids, size_t count)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (size_t i = 0; i < count; i++) {
        const struct consumer_group *g = consumer_group_of(group_find(m, kw_string_of(ids[i])));
        if (g != NULL)
            print_group(out, g);
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

/* ---- what must always be ---- */

/* No partition belongs to two members, what the group counts is what its members say, and every member has a session.
 */
static inline void assert_sound(const struct consumer_group *g, bool has_timers)
{
    size_t members = 0, owned = 0;
    for (const struct consumer_slot *slot = g->first; slot != NULL; slot = slot->next) {
        const struct consumer_member *m = slot->member;
        if (m == NULL)
            continue;
        members++;
        owned += m->assigned.count + m->revoking.count;
        assert_false(partition_set_has_any(m->assigned, m->revoking));
        for (size_t i = 0; i < m->assigned.count + m->revoking.count; i++) {
            const struct set_partition *p =
                i < m->assigned.count ? &m->assigned.items[i] : &m->revoking.items[i - m->assigned.count];
            assert_true(partition_owners_has(&g->owners, p->topic, p->index));
            assert_true(p->epoch <= m->epoch || m->epoch < 0 || m->epoch == 0);
        }
        for (const struct consumer_slot *s = g->first; s != slot; s = s->next)
            if (s->member != NULL) {
                assert_false(partition_set_has_any(s->member->assigned, m->assigned));
                assert_false(partition_set_has_any(s->member->assigned, m->revoking));
                assert_false(partition_set_has_any(s->member->revoking, m->assigned));
                assert_false(partition_set_has_any(s->member->revoking, m->revoking));
            }
        assert_true(m->state != MEMBER_UNREVOKED || m->revoking.count != 0 || m->epoch <= 0);
        assert_true(m->revoking.count == 0 || m->state == MEMBER_UNREVOKED);
        if (m->instance_id.len >= 0)
            assert_ptr_equal(consumer_find_static(g, m->instance_id), slot);
        if (has_timers)
            assert_true(coordinator_timer_is_running(&slot->session) || slot->session.waiting != NULL);
        for (int32_t i = 0; i < m->names.len; i++)
            assert_non_null(name_counts_find(&g->topics, m->names.items[i]));
    }
    assert_int_equal(members, g->member_count);
    assert_int_equal(owned, g->owners.used);
    assert_true(g->epochs.target_epoch <= g->epochs.epoch);
}

#endif

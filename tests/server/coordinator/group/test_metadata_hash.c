/* SPDX-License-Identifier: Apache-2.0 */
/* The hashes of topics and groups are those of Kafka's own code. */
#include "../../support/kafka_answers.h"

#include "coordinator/group/metadata_hash.h"

enum { MOST_TOPICS = 4, MOST_PARTITIONS = 400, BROKERS = 3, MEMORY = 1024 * 1024 };

static struct metadata_broker brokers[BROKERS];
static char racks[BROKERS][16];
static struct metadata_topic *topics[MOST_TOPICS];
static int64_t hashes[MOST_TOPICS];
static size_t topic_count;

static void set_racks(const struct answers *a)
{
    assert_int_equal(a->count, 1 + BROKERS);
    for (int32_t i = 0; i < BROKERS; i++) {
        (void)snprintf(racks[i], sizeof racks[i], "%s", a->words[1 + i]);
        brokers[i] = (struct metadata_broker){.id = i, .rack = kw_string_of(racks[i])};
        if (strcmp(racks[i], "-") == 0)
            brokers[i].rack = (kw_string){NULL, -1};
    }
}

static void add_topic(const struct answers *a)
{
    static struct metadata_partition partitions[MOST_PARTITIONS];
    static int32_t ids[MOST_PARTITIONS][BROKERS];
    int32_t count = (int32_t)answer_number(a, 3), replicas = (int32_t)answer_number(a, 4);
    assert_true(topic_count < MOST_TOPICS && count <= MOST_PARTITIONS);
    for (int32_t p = 0; p < count; p++) {
        for (int32_t r = 0; r < replicas; r++)
            ids[p][r] = (p + r) % BROKERS;
        partitions[p] = (struct metadata_partition){.index = p, .replicas = {ids[p], replicas}};
    }
    struct metadata_topic topic = {
        .name = kw_string_of(a->words[1]), .id = answer_uuid(a, 2), .partitions = partitions, .partition_count = count};
    topics[topic_count] = metadata_topic_create(&topic);
    assert_non_null(topics[topic_count]);
    hashes[topic_count++] = strtoll(a->words[5], NULL, 10);
}

/* What an earlier question has found out is the same, and needs no memory for the topics. */
static void assert_group_with_cache(const struct metadata_image *image, kw_string *names, int64_t expected)
{
    struct metadata_hashes cache = {.image = NULL};
    size_t used[2];
    for (size_t i = 0; i < COUNT_OF(used); i++) {
        kw_arena arena;
        int64_t hash;
        kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY);
        assert_true(metadata_hash_group(image, names, topic_count + 1, &cache, &arena, &hash));
        assert_true(hash == expected);
        used[i] = kw_arena_used(&arena);
        kw_arena_finish(&arena);
    }
    assert_true(topic_count == 0 || topic_count > METADATA_HASHES || used[1] < used[0]);
}

static void assert_group(int64_t expected)
{
    kw_string names[MOST_TOPICS + 1];
    struct metadata_topic *all[MOST_TOPICS];
    kw_arena arena;
    int64_t hash;
    memcpy(all, topics, sizeof all);
    struct metadata_parts parts = {
        .topics = all, .topic_count = topic_count, .brokers = brokers, .broker_count = BROKERS, .epoch = -1};
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), MEMORY);
    for (size_t i = 0; i < topic_count; i++) {
        assert_true(metadata_hash_topic(image, topics[i], &arena, &hash));
        assert_true(hash == hashes[i]);
        names[topic_count - 1 - i] = topics[i]->name;
    }
    names[topic_count] = kw_string_of("missing");
    assert_true(metadata_hash_group(image, names, topic_count + 1, NULL, &arena, &hash));
    assert_true(hash == expected);
    assert_group_with_cache(image, names, expected);
    kw_arena_finish(&arena);
    metadata_image_release(image);
    topic_count = 0;
}

static void as_kafka(void **state)
{
    struct answers a;
    size_t cases = 0;
    (void)state;
    answers_open(&a, "group-hash.txt");
    while (answers_next(&a)) {
        if (strcmp(a.words[0], "case") == 0)
            set_racks(&a);
        else if (strcmp(a.words[0], "topic") == 0)
            add_topic(&a);
        else
            assert_group(strtoll(a.words[1], NULL, 10)), cases++;
    }
    assert_int_equal(cases, 60);
}

static void short_memory(void **state)
{
    static uint64_t block[64];
    kw_arena arena;
    int64_t hash;
    struct metadata_partition partition = {.replicas = {(int32_t[]){0}, 1}};
    struct metadata_topic topic = {.name = kw_string_of("a"), .partitions = &partition, .partition_count = 1};
    struct metadata_topic *one = metadata_topic_create(&topic);
    struct metadata_parts parts = {.topics = &one, .topic_count = 1, .epoch = -1};
    struct metadata_image *image = metadata_image_create(&parts);
    bool has_worked = false;
    (void)state;
    assert_non_null(image);
    for (size_t size = 0; size < sizeof block && !has_worked; size += 8) {
        kw_string name = kw_string_of("a");
        kw_arena_init(&arena, block, size);
        has_worked = metadata_hash_group(image, &name, 1, NULL, &arena, &hash);
        assert_true(has_worked == (kw_arena_status(&arena) == KW_OK));
    }
    assert_true(has_worked);
    metadata_image_release(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_kafka), cmocka_unit_test(short_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

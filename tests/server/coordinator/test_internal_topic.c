/* SPDX-License-Identifier: Apache-2.0 */
/* Topics of coordinators: how they are created by their settings, alone and among other brokers. */
#include "../../unit/support.h"

#include <kwire/error.h>

#include "../support/random_test.h"
#include "coordinator/internal_topic.h"
#include "metadata/decide_topics.h"
#include "metadata/delta.h"

enum { NODE = 7, LIMIT = 64 * 1024 * 1024, MOST_BROKERS = 3 };

static const struct metadata_image *image;
static struct static_config *file;
static kw_arena arena;
static struct random_test source;
static kw_uuid directory = {{0xd1, 1}};

/* `brokers` that are up, and one that is fenced. */
static void make_image(size_t count)
{
    static const struct metadata_feature features[] = {{{"metadata.version", 16}, 33}};
    struct metadata_broker brokers[MOST_BROKERS + 1];
    for (size_t i = 0; i <= count; i++)
        brokers[i] = (struct metadata_broker){
            .id = NODE + (int32_t)i, .rack = {NULL, -1}, .directories = {&directory, 1}, .fenced = i == count};
    const struct metadata_parts parts = {
        .brokers = brokers, .broker_count = count + 1, .features = features, .feature_count = 1, .epoch = -1};
    metadata_image_release(image);
    image = metadata_image_create(&parts);
    assert_non_null(image);
}

static int set_up(void **state)
{
    (void)state;
    image = NULL;
    make_image(1);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    random_test_init(&source, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    metadata_image_release(image);
    static_config_free(file);
    file = NULL;
    kw_arena_finish(&arena);
    return 0;
}

static struct config_place place(void)
{
    return (struct config_place){image, file, NODE};
}

static void assert_described(kw_internal_topic topic, const char *expected)
{
    kw_create_topics_request_creatable_topic out;
    const struct config_place here = place();
    char text[512];
    assert_true(internal_topic_describe(&here, topic, &arena, &out));
    int length = snprintf(text, sizeof text, "%.*s %d %d", KW_FMT(out.name), (int)out.num_partitions,
                          (int)out.replication_factor);
    for (int32_t i = 0; i < out.configs.len; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " %.*s=%.*s", KW_FMT(out.configs.items[i].name),
                           KW_FMT(out.configs.items[i].value));
    assert_string_equal(text, expected);
}

static void alone_without_settings(void **state)
{
    (void)state;
    const struct config_place here = place();
    assert_described(
        KW_INTERNAL_TOPIC_CONSUMER_OFFSETS,
        "__consumer_offsets 50 1 cleanup.policy=compact compression.type=producer segment.bytes=104857600");
    assert_described(KW_INTERNAL_TOPIC_SHARE_GROUP_STATE,
                     "__share_group_state 50 1 cleanup.policy=delete compression.type=producer segment.bytes=104857600 "
                     "retention.ms=-1 min.insync.replicas=1");
    assert_described(KW_INTERNAL_TOPIC_TRANSACTION_STATE,
                     "__transaction_state 50 1 cleanup.policy=compact compression.type=uncompressed "
                     "segment.bytes=104857600 unclean.leader.election.enable=false min.insync.replicas=1");
    assert_int_equal(internal_topic_partitions(&here, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS), 50);
}

static void among_others(void **state)
{
    (void)state;
    make_image(MOST_BROKERS);
    assert_described(
        KW_INTERNAL_TOPIC_CONSUMER_OFFSETS,
        "__consumer_offsets 50 3 cleanup.policy=compact compression.type=producer segment.bytes=104857600");
    assert_described(KW_INTERNAL_TOPIC_SHARE_GROUP_STATE,
                     "__share_group_state 50 3 cleanup.policy=delete compression.type=producer segment.bytes=104857600 "
                     "retention.ms=-1 min.insync.replicas=2");
}

/* What is set counts, as in Kafka, though then nothing may be created. */
static void with_settings(void **state)
{
    (void)state;
    static const char *const set[][2] = {
        {"offsets.topic.num.partitions", "5"},
        {"offsets.topic.replication.factor", "3"},
        {"offsets.topic.segment.bytes", "2000000"},
        {"share.coordinator.state.topic.num.partitions", "6"},
        {"share.coordinator.state.topic.replication.factor", "2"},
        {"share.coordinator.state.topic.segment.bytes", "3000000"},
        {"share.coordinator.state.topic.min.isr", "2"},
        {"transaction.state.log.num.partitions", "7"},
        {"transaction.state.log.replication.factor", "3"},
        {"transaction.state.log.segment.bytes", "4000000"},
        {"transaction.state.log.min.isr", "3"},
    };
    for (size_t i = 0; i < COUNT_OF(set); i++)
        assert_true(static_config_fill(&file, set[i][0], set[i][1]));
    const struct config_place here = place();
    assert_described(KW_INTERNAL_TOPIC_CONSUMER_OFFSETS,
                     "__consumer_offsets 5 3 cleanup.policy=compact compression.type=producer segment.bytes=2000000");
    assert_described(KW_INTERNAL_TOPIC_SHARE_GROUP_STATE,
                     "__share_group_state 6 2 cleanup.policy=delete compression.type=producer segment.bytes=3000000 "
                     "retention.ms=-1 min.insync.replicas=2");
    assert_described(KW_INTERNAL_TOPIC_TRANSACTION_STATE,
                     "__transaction_state 7 3 cleanup.policy=compact compression.type=uncompressed "
                     "segment.bytes=4000000 unclean.leader.election.enable=false min.insync.replicas=3");
    assert_int_equal(internal_topic_partitions(&here, KW_INTERNAL_TOPIC_SHARE_GROUP_STATE), 6);
}

/* The controller accepts them; then their partitions count, and not the setting. */
static void created(void **state)
{
    (void)state;
    kw_create_topics_request_creatable_topic topics[2];
    kw_create_topics_request request;
    kw_create_topics_response response;
    struct decision decision = {.image = image, .node_id = NODE, .now = 1, .random = &source.source};
    struct config_place here = place();
    record_list_init(&decision.records, &arena);
    kw_create_topics_request_init(&request);
    kw_create_topics_response_init(&response);
    request.topics.items = topics;
    request.topics.len = 2;
    assert_true(internal_topic_describe(&here, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, &arena, &topics[0]));
    assert_true(internal_topic_describe(&here, KW_INTERNAL_TOPIC_SHARE_GROUP_STATE, &arena, &topics[1]));
    assert_true(decide_create_topics(&decision, NULL, &request, &arena, &response));
    for (int32_t i = 0; i < 2; i++)
        assert_int_equal(response.topics.items[i].error_code, KW_ERROR_NONE);
    struct metadata_delta delta;
    assert_int_equal(metadata_delta_init(&delta, image, kw_allocator_libc(), LIMIT), KW_OK);
    for (size_t i = 0; i < decision.records.count; i++)
        assert_int_equal(metadata_delta_replay(&delta, decision.records.values[i]), KW_OK);
    const struct metadata_image *next = metadata_delta_apply(&delta, 1, 1);
    metadata_delta_finish(&delta);
    metadata_image_release(image);
    image = next;
    assert_true(static_config_fill(&file, "offsets.topic.num.partitions", "5"));
    here = place();
    assert_int_equal(internal_topic_partitions(&here, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS), 50);
}

static void memory_is_short(void **state)
{
    (void)state;
    static uint64_t block[256];
    const struct config_place here = place();
    size_t capacity = 0;
    for (bool fits = false; !fits; capacity += 8) {
        kw_create_topics_request_creatable_topic out;
        kw_arena small;
        assert_true(capacity <= sizeof block);
        kw_arena_init(&small, block, capacity);
        fits = internal_topic_describe(&here, KW_INTERNAL_TOPIC_SHARE_GROUP_STATE, &small, &out);
        assert_true(!fits || out.configs.len == 5);
    }
    assert_true(capacity > 5 * sizeof(kw_create_topics_request_creatable_topic_config));
}

#define TOPIC_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TOPIC_TEST(alone_without_settings), TOPIC_TEST(among_others),
                                       TOPIC_TEST(with_settings), TOPIC_TEST(created), TOPIC_TEST(memory_is_short)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

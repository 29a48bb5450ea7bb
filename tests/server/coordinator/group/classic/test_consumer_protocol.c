/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions and assignments as clients of the type "consumer" encode them, and bytes that are none. */
#include "../../../../unit/support.h"

#include "coordinator/group/classic/classic_topics.h"
#include "coordinator/group/classic/client_partitions.h"
#include "coordinator/group/classic/consumer_protocol.h"

#define VERSION_0 "0000 00000002 0001 61 0002 6263 ffffffff "
#define VERSION_3 "0003 00000001 0001 61 00000000 00000001 0001 61 00000002 00000000 00000004 00000007 0001 72 "

static kw_bytes bytes_of(const char *hex)
{
    static uint8_t bytes[256];
    size_t size = 0;
    for (const char *at = hex; *at != '\0'; at++)
        if (*at != ' ') {
            bytes[size++] = (uint8_t)(nibble(at[0]) << 4 | nibble(at[1]));
            at++;
        }
    return kw_bytes_of(bytes, size);
}

/* In a block of just this size, so that a sanitizer sees what is read behind it. */
static bool topics_of(kw_bytes all, size_t size, char names[64])
{
    uint8_t *copy = given_size(size);
    struct subscribed_topics topics;
    kw_string name;
    memcpy(copy, all.data, size);
    names[0] = '\0';
    if (!subscribed_topics_init(&topics, kw_bytes_of(copy, size)))
        return false;
    while (subscribed_topics_next(&topics, &name))
        (void)snprintf(names + strlen(names), 64 - strlen(names), "%.*s ", KW_FMT(name));
    return true;
}

static void topics(void **state)
{
    (void)state;
    char names[64];
    kw_bytes bytes = bytes_of(VERSION_0);
    assert_true(topics_of(bytes, (size_t)bytes.len, names));
    assert_string_equal(names, "a bc ");
    for (size_t size = 0; size < (size_t)bytes.len; size++)
        assert_false(topics_of(bytes, size, names));
    bytes = bytes_of(VERSION_3);
    assert_true(topics_of(bytes, (size_t)bytes.len, names));
    assert_string_equal(names, "a ");
    bytes = bytes_of("8000 00000000 00000000"); /* the version does not matter */
    assert_true(topics_of(bytes, (size_t)bytes.len, names));
    assert_string_equal(names, "");
}

static void topics_that_are_none(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "0000 ffffffff ffffffff",       /* no list */
        "0000 7fffffff 0000 00000000",  /* far too many */
        "0000 00000001 ffff 00000000",  /* a null name */
        "0000 00000001 7fff 61",        /* a name that is too long */
        "0000 00000000 7fffffff 00",    /* user data that are too long */
        "0000 00000002 0001 61 000000", /* fewer than it says */
    };
    char names[64];
    for (size_t i = 0; i < COUNT_OF(damaged); i++) {
        kw_bytes bytes = bytes_of(damaged[i]);
        assert_false(topics_of(bytes, (size_t)bytes.len, names));
    }
}

static void subscriptions(void **state)
{
    (void)state;
    uint8_t block[1024];
    kw_arena arena;
    kw_consumer_protocol_subscription subscription;
    kw_arena_init(&arena, block, sizeof block);
    assert_status(consumer_protocol_read_subscription(bytes_of(VERSION_3), &arena, &subscription), KW_OK);
    assert_int_equal(subscription.topics.len, 1);
    assert_int_equal(subscription.owned_partitions.items[0].partitions.items[1], 4);
    assert_int_equal(subscription.generation_id, 7);
    assert_true(kw_string_equal(subscription.rack_id, kw_string_of("r")));
    kw_bytes newer = bytes_of(VERSION_3 "0102"); /* as version 3, with more behind it */
    uint8_t *version = given_size((size_t)newer.len);
    memcpy(version, newer.data, (size_t)newer.len);
    version[1] = 9;
    assert_status(consumer_protocol_read_subscription((kw_bytes){version, newer.len}, &arena, &subscription), KW_OK);
    assert_int_equal(subscription.generation_id, 7);
    assert_status(consumer_protocol_read_subscription(bytes_of("ffff 00000000"), &arena, &subscription),
                  KW_ERR_VERSION);
    assert_status(consumer_protocol_read_subscription(bytes_of("00"), &arena, &subscription), KW_ERR_TRUNCATED);
}

static void assignments(void **state)
{
    (void)state;
    uint8_t block[1024];
    kw_arena arena;
    kw_consumer_protocol_assignment assignment;
    kw_arena_init(&arena, block, sizeof block);
    kw_bytes bytes = bytes_of("0001 00000001 0001 61 00000001 00000005 00000002 7778");
    assert_status(consumer_protocol_read_assignment(bytes, &arena, &assignment), KW_OK);
    assert_int_equal(assignment.assigned_partitions.items[0].partitions.items[0], 5);
    assert_int_equal(assignment.user_data.len, 2);
    for (int32_t len = 0; len < bytes.len; len++)
        assert_true(consumer_protocol_read_assignment((kw_bytes){bytes.data, len}, &arena, &assignment) != KW_OK);
    assert_status(consumer_protocol_read_assignment(bytes_of("8000"), &arena, &assignment), KW_ERR_VERSION);
}

static void a_set_of_topics(void **state)
{
    (void)state;
    struct classic_topics *set = classic_topics_create();
    char name[24];
    assert_non_null(set);
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(name, sizeof name, "topic-%d", i / 2);
        assert_true(classic_topics_add(set, kw_string_of(name)));
    }
    assert_int_equal(set->names.count, 500);
    assert_true(classic_topics_have(set, kw_string_of("topic-499")));
    assert_false(classic_topics_have(set, kw_string_of("topic-500")));
    assert_false(classic_topics_have(set, kw_string_of("")));
    set->arena.limit = kw_arena_held(&set->arena); /* as if memory were used up */
    bool added = true;
    for (int i = 1000; added; i++) {
        (void)snprintf(name, sizeof name, "topic-%d", i);
        added = classic_topics_add(set, kw_string_of(name));
        assert_int_equal(classic_topics_have(set, kw_string_of(name)), added);
        assert_true(i < 100000);
    }
    assert_true(classic_topics_add(set, kw_string_of("topic-499"))); /* which it has */
    classic_topics_free(set);
    classic_topics_free(NULL);
}

/* ---- partitions, with the ids of topics ---- */

static const kw_uuid id_of_a = {{1}}, id_of_b = {{2}};

/* Topics "a" and "b" of three partitions. */
static struct metadata_image *two_topics(void)
{
    struct metadata_partition partitions[3] = {{.index = 0}, {.index = 1}, {.index = 2}};
    struct metadata_topic *topics[2];
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        const struct metadata_topic topic = {.name = kw_string_of(i == 0 ? "a" : "b"),
                                             .id = i == 0 ? id_of_a : id_of_b,
                                             .partitions = partitions,
                                             .partition_count = COUNT_OF(partitions)};
        topics[i] = metadata_topic_create(&topic);
        assert_non_null(topics[i]);
    }
    const struct metadata_parts parts = {.topics = topics, .topic_count = COUNT_OF(topics)};
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

/* What is of a topic without partitions, and of one that is not known, is nothing. */
static void partitions_of_names(void **state)
{
    (void)state;
    static int32_t numbers[] = {2, 1};
    uint8_t block[2048];
    kw_arena arena;
    struct partition_set set;
    struct metadata_image *image = two_topics();
    kw_arena_init(&arena, block, sizeof block);
    kw_consumer_protocol_subscription_topic_partition owned[] = {
        {.topic = kw_string_of("a")}, {.topic = kw_string_of("other")}, {.topic = kw_string_of("b")}};
    kw_consumer_protocol_assignment_topic_partition assigned[] = {
        {.topic = kw_string_of("a")}, {.topic = kw_string_of("other")}, {.topic = kw_string_of("b")}};
    for (size_t i = 1; i < COUNT_OF(owned); i++)
        owned[i].partitions = assigned[i].partitions = (kw_int32_array){numbers, COUNT_OF(numbers)};
    kw_consumer_protocol_subscription subscription;
    kw_consumer_protocol_assignment assignment;
    kw_consumer_protocol_subscription_init(&subscription);
    kw_consumer_protocol_assignment_init(&assignment);
    subscription.owned_partitions.items = owned;
    assignment.assigned_partitions.items = assigned;
    for (int32_t count = 0; count <= 3; count++) {
        subscription.owned_partitions.len = assignment.assigned_partitions.len = count;
        for (int i = 0; i < 2; i++) {
            assert_true(i == 0 ? client_partitions_owned(image, &subscription, &arena, &set)
                               : client_partitions_assigned(image, &assignment, &arena, &set));
            assert_int_equal(set.count, count < 3 ? 0 : 2);
            for (size_t k = 0; k < set.count; k++) {
                assert_memory_equal(&set.items[k].topic, &id_of_b, sizeof id_of_b);
                assert_int_equal(set.items[k].index, (int32_t)k + 1);
            }
        }
    }
    metadata_image_release(image);
}

static void assert_encoded(const struct metadata_image *image, struct partition_set set, const char *subscription,
                           const char *expected)
{
    uint8_t block[2048];
    kw_arena arena;
    kw_bytes bytes;
    kw_arena_init(&arena, block, sizeof block);
    assert_status(client_partitions_encode(image, set, bytes_of(subscription), &arena, &bytes), KW_OK);
    kw_bytes wanted = bytes_of(expected);
    assert_int_equal(bytes.len, wanted.len);
    assert_memory_equal(bytes.data, wanted.data, (size_t)wanted.len);
}

/* In the version of the subscription, as far as assignments have it. */
static void names_of_partitions(void **state)
{
    (void)state;
    const struct set_partition items[] = {{id_of_a, 0, 0}, {id_of_a, 2, 0}, {{{3}}, 0, 0}, {id_of_b, 1, 0}};
    struct metadata_image *image = two_topics();
#define REST "00000002 0001 61 00000002 00000000 00000002 0001 62 00000001 00000001 ffffffff"
    struct set_partition sorted[COUNT_OF(items)];
    memcpy(sorted, items, sizeof items);
    const struct partition_set set = partition_set_of(sorted, COUNT_OF(sorted)), none = {NULL, 0};
    assert_encoded(image, set, "", "0000 " REST);
    assert_encoded(image, set, "00", "0000 " REST);
    assert_encoded(image, set, "ffff 00000000", "0000 " REST);
    assert_encoded(image, set, VERSION_0, "0000 " REST);
    assert_encoded(image, set, "0001 00000000", "0001 " REST);
    assert_encoded(image, set, VERSION_3, "0003 " REST);
    assert_encoded(image, set, "0004 00000000", "0003 " REST);
    assert_encoded(image, none, VERSION_3, "0003 00000000 ffffffff");
    metadata_image_release(image);
}

#define BYTES_TEST(function) cmocka_unit_test_teardown(function, forget_given)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BYTES_TEST(topics),
        BYTES_TEST(topics_that_are_none),
        BYTES_TEST(subscriptions),
        BYTES_TEST(assignments),
        BYTES_TEST(a_set_of_topics),
        BYTES_TEST(partitions_of_names),
        BYTES_TEST(names_of_partitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

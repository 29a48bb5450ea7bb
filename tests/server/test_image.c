/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata image: what is in it, who shares it, and how long it lasts. */
#include "../unit/support.h"

#include <kwire/topic_name.h>

#include <pthread.h>

#include "metadata/cell.h"

static kw_uuid id_of(uint8_t last)
{
    kw_uuid id = {{0}};
    id.bytes[0] = 0xaa;
    id.bytes[15] = last;
    return id;
}

static struct metadata_topic *new_topic(const char *name, uint8_t id, int32_t partitions)
{
    static int32_t nodes[] = {1, 2, 3};
    static kw_uuid directories[2] = {{{1}}, {{2}}};
    struct metadata_partition parts[8];
    for (int32_t i = 0; i < partitions; i++) {
        struct metadata_partition part = {.index = 2 * i,
                                          .leader_id = 1,
                                          .leader_epoch = i,
                                          .replicas = {nodes, 3},
                                          .isr = {nodes, 1},
                                          .elr = {nodes + 1, 2},
                                          .last_known_elr = {NULL, -1},
                                          .directories = {directories, 2}};
        parts[i] = part;
    }
    struct metadata_topic topic = {.name = kw_string_of(name), .partitions = parts, .partition_count = partitions};
    if (id != 0)
        topic.id = id_of(id);
    struct metadata_topic *made = metadata_topic_create(&topic);
    assert_non_null(made);
    return made;
}

static struct metadata_image *image_of(struct metadata_topic **topics, size_t count)
{
    const struct metadata_parts parts = {.topics = topics, .topic_count = count, .epoch = -1};
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

static void assert_string(kw_string actual, const char *expected)
{
    assert_true(kw_string_equal(actual, kw_string_of(expected)));
}

static void test_topics(void **state)
{
    (void)state;
    struct metadata_topic *topics[] = {new_topic("b", 1, 1), new_topic("c", 3, 0), new_topic("a", 2, 3),
                                       new_topic("d", 0, 1), new_topic("e", 0, 1)};
    struct metadata_image *image = image_of(topics, 5);
    assert_int_equal(metadata_topic_count(image), 5);
    static const char *const names[] = {"a", "b", "c", "d", "e"};
    for (size_t i = 0; i < 5; i++) {
        assert_string(metadata_topic_at(image, i)->name, names[i]);
        assert_ptr_equal(metadata_topic_by_name(image, kw_string_of(names[i])), metadata_topic_at(image, i));
    }
    assert_string(metadata_topic_by_id(image, id_of(2))->name, "a");
    assert_null(metadata_topic_by_id(image, id_of(9)));
    assert_null(metadata_topic_by_id(image, (kw_uuid){{0}})); /* no topic has the id zero */
    assert_null(metadata_topic_by_name(image, kw_string_of("aa")));
    assert_null(metadata_topic_by_name(image, kw_string_of(NULL)));

    const struct metadata_topic *a = metadata_topic_by_name(image, kw_string_of("a"));
    assert_int_equal(a->partition_count, 3);
    assert_ptr_equal(metadata_topic_partition(a, 4), &a->partitions[2]);
    assert_null(metadata_topic_partition(a, 3));
    assert_null(metadata_topic_partition(a, -1));
    assert_int_equal(metadata_partitions_before(a, 3), 2);
    const struct metadata_partition *p = &a->partitions[2];
    assert_int_equal(p->leader_epoch, 2);
    assert_int_equal(p->replicas.items[2], 3);
    assert_int_equal(p->isr.len, 1);
    assert_int_equal(p->elr.items[1], 3);
    assert_int_equal(p->directories.items[1].bytes[0], 2);
    metadata_image_release(image);
}

static void test_many_topics(void **state)
{
    (void)state;
    struct metadata_topic *topics[100];
    char name[] = "t00";
    for (uint8_t i = 0; i < 100; i++) {
        uint8_t n = (uint8_t)(i * 37 % 100);
        name[1] = (char)('0' + n / 10);
        name[2] = (char)('0' + n % 10);
        topics[i] = new_topic(name, (uint8_t)(100 + n), 1);
    }
    struct metadata_image *image = image_of(topics, 100);
    assert_string(metadata_topic_at(image, 0)->name, "t00");
    assert_string(metadata_topic_at(image, 99)->name, "t99");
    for (uint8_t n = 0; n < 100; n++)
        assert_ptr_equal(metadata_topic_by_id(image, id_of((uint8_t)(100 + n))), metadata_topic_at(image, n));
    metadata_image_release(image);
}

static void test_the_rest(void **state)
{
    (void)state;
    struct metadata_config configs[] = {{kw_string_of("a"), kw_string_of("1")}, {kw_string_of("b"), kw_string_of("")}};
    struct metadata_resource from[] = {{.type = RESOURCE_TOPIC, .name = kw_string_of("t")},
                                       {.type = RESOURCE_BROKER, .name = kw_string_of("")}};
    from[0].configs = configs;
    from[0].config_count = 2;
    struct metadata_resource *resources[] = {metadata_resource_create(&from[0]), metadata_resource_create(&from[1])};
    struct metadata_endpoint endpoint = {kw_string_of("L"), kw_string_of("host"), 9092, 0};
    struct metadata_broker brokers[] = {{.id = 7, .rack = kw_string_of("r")},
                                        {.id = 3, .rack = kw_string_of(NULL), .endpoints = &endpoint}};
    brokers[1].endpoint_count = 1;
    struct metadata_feature features[] = {{kw_string_of("y"), 2}, {kw_string_of("x"), 1}};
    const struct metadata_parts parts = {.resources = resources,
                                         .resource_count = 2,
                                         .brokers = brokers,
                                         .broker_count = 2,
                                         .features = features,
                                         .feature_count = 2};
    struct metadata_image *image = metadata_image_create(&parts);
    memset(configs, 0, sizeof configs);
    memset(brokers, 0, sizeof brokers);
    memset(&endpoint, 0, sizeof endpoint);
    assert_string(metadata_find_config(image, RESOURCE_TOPIC, kw_string_of("t"), kw_string_of("a")), "1");
    assert_int_equal(metadata_find_config(image, RESOURCE_TOPIC, kw_string_of("t"), kw_string_of("b")).len, 0);
    assert_int_equal(metadata_find_config(image, RESOURCE_TOPIC, kw_string_of("t"), kw_string_of("c")).len, -1);
    assert_int_equal(metadata_find_config(image, RESOURCE_GROUP, kw_string_of("t"), kw_string_of("a")).len, -1);
    assert_string(metadata_broker_rack(image, 7), "r");
    assert_int_equal(metadata_broker_rack(image, 3).len, -1);
    assert_int_equal(metadata_broker_rack(image, 4).len, -1);
    assert_string(metadata_find_broker(image, 3)->endpoints[0].host, "host");
    assert_int_equal(metadata_feature_level(image, kw_string_of("x")), 1);
    assert_int_equal(metadata_feature_level(image, kw_string_of("z")), 0);
    metadata_image_release(image);
}

/* A new image shares a topic with the one before, which ends while the topic goes on. */
static void test_sharing(void **state)
{
    (void)state;
    struct metadata_cell cell;
    assert_true(metadata_cell_init(&cell));
    assert_int_equal(metadata_cell_version(&cell), 0);
    struct metadata_topic *kept = new_topic("kept", 1, 1);
    struct metadata_topic *first[] = {kept, new_topic("gone", 2, 1)};
    metadata_image_publish(&cell, image_of(first, 2));
    const struct metadata_image *old = metadata_image_acquire(&cell);
    assert_int_equal(metadata_cell_version(&cell), old->version);
    struct metadata_topic *second[] = {metadata_topic_share(kept)};
    metadata_image_publish(&cell, image_of(second, 1));
    assert_int_equal(metadata_cell_version(&cell), old->version + 1);
    assert_non_null(metadata_topic_by_name(old, kw_string_of("gone")));
    const struct metadata_image *new = metadata_image_acquire(&cell);
    assert_null(metadata_topic_by_name(new, kw_string_of("gone")));
    assert_ptr_equal(metadata_topic_by_id(new, id_of(1)), metadata_topic_by_id(old, id_of(1)));
    metadata_image_release(old);
    assert_string(metadata_topic_by_id(new, id_of(1))->name, "kept");
    metadata_image_release(new);
    metadata_cell_finish(&cell);
}

static void *read_images(void *argument)
{
    struct metadata_cell *cell = argument;
    uint64_t version = 0;
    while (version < 200) {
        const struct metadata_image *image = metadata_image_acquire(cell);
        if (image->version < version || metadata_topic_count(image) != (image->version == 0 ? 0 : 1))
            return cell;
        version = image->version;
        metadata_image_release(image);
    }
    return NULL;
}

/* Images are acquired and released while others are published; a sanitizer sees what is freed too early or never. */
static void test_readers_while_images_are_published(void **state)
{
    (void)state;
    struct metadata_cell cell;
    pthread_t readers[3];
    assert_true(metadata_cell_init(&cell));
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_images, &cell), 0);
    for (size_t i = 0; i < 200; i++) {
        struct metadata_topic *topics[] = {new_topic("t", 1, 1)};
        metadata_image_publish(&cell, image_of(topics, 1));
    }
    for (size_t i = 0; i < COUNT_OF(readers); i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(readers[i], &failed), 0);
        assert_null(failed);
    }
    metadata_cell_finish(&cell);
}

static void test_topic_names(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "...", "A.b_c-9", "__consumer_offsets"};
    static const char *const bad[] = {"", ".", "..", "a b", "a/b", "\xc3\xa9", "a\n"};
    char longest[KW_TOPIC_NAME_MAX + 2];
    for (size_t i = 0; i < COUNT_OF(good); i++)
        assert_true(kw_topic_name_is_valid(kw_string_of(good[i])));
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_false(kw_topic_name_is_valid(kw_string_of(bad[i])));
    memset(longest, 'x', sizeof longest);
    assert_true(kw_topic_name_is_valid((kw_string){longest, KW_TOPIC_NAME_MAX}));
    assert_false(kw_topic_name_is_valid((kw_string){longest, KW_TOPIC_NAME_MAX + 1}));
    assert_true(kw_topic_name_is_internal(kw_string_of("__transaction_state")));
    assert_false(kw_topic_name_is_internal(kw_string_of("__transaction_states")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_topics),  TEST(test_many_topics), TEST(test_the_rest),
        TEST(test_sharing), TEST(test_topic_names), TEST(test_readers_while_images_are_published),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The metadata image: what is in it, who shares it, and how long it lasts. */
#include "../../unit/support.h"

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
    assert_null(metadata_topic_by_id(image, id_of(0)));
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
    struct metadata_resource *resources[] = {metadata_resource_create(&from[1]), metadata_resource_create(&from[0])};
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
    assert_int_equal(metadata_feature_level(image, kw_string_of("y")), 2);
    assert_int_equal(metadata_feature_level(image, kw_string_of("z")), 0);
    metadata_image_release(image);
}

/* ---- lists and texts that are longer than what the alignment of others may leave unused ---- */

enum { LONG = 64, LISTS = 7 };

static int32_t long_ids[LONG];
static kw_uuid long_uuids[LONG];
static const kw_string long_text = {"a text of sixty-four bytes, which is more than any padding takes", LONG};
static const kw_string empty_text = {"", 0};

static void assert_copies(kw_int32_array copy, kw_int32_array of)
{
    assert_int_equal(copy.len, of.len);
    assert_true(copy.len <= 0 || copy.items != of.items);
    for (int32_t i = 0; i < copy.len; i++)
        assert_int_equal(copy.items[i], of.items[i]);
}

/* A topic of one partition with these lists. */
static void check_topic(const kw_int32_array lists[LISTS], int32_t directories)
{
    const struct metadata_partition from = {.replicas = lists[0],
                                            .isr = lists[1],
                                            .offline = lists[2],
                                            .elr = lists[3],
                                            .last_known_elr = lists[4],
                                            .removing = lists[5],
                                            .adding = lists[6],
                                            .directories = {long_uuids, directories}};
    const struct metadata_topic topic = {.name = long_text, .partitions = &from, .partition_count = 1};
    struct metadata_topic *made = metadata_topic_create(&topic);
    assert_non_null(made);
    const struct metadata_partition *p = made->partitions;
    assert_true(kw_string_equal(made->name, long_text));
    assert_ptr_not_equal(made->name.data, long_text.data);
    assert_copies(p->replicas, lists[0]);
    assert_copies(p->isr, lists[1]);
    assert_copies(p->offline, lists[2]);
    assert_copies(p->elr, lists[3]);
    assert_copies(p->last_known_elr, lists[4]);
    assert_copies(p->removing, lists[5]);
    assert_copies(p->adding, lists[6]);
    assert_int_equal(p->directories.len, directories);
    assert_ptr_not_equal(p->directories.len > 0 ? p->directories.items : NULL, long_uuids);
    metadata_topic_release(made);
}

static void test_long_topics(void **state)
{
    (void)state;
    const kw_int32_array none = {NULL, -1}, all = {long_ids, LONG};
    kw_int32_array lists[LISTS] = {all, all, all, all, all, all, all};
    for (int32_t i = 0; i < LONG; i++)
        long_ids[i] = i;
    check_topic(lists, LONG);
    for (size_t i = 0; i < LISTS; i++) {
        for (size_t k = 0; k < LISTS; k++)
            lists[k] = k == i ? all : none;
        check_topic(lists, 0);
    }
}

static void test_long_resources(void **state)
{
    (void)state;
    for (int field = 0; field < 4; field++) {
        const struct metadata_config configs[] = {
            {empty_text, empty_text},
            {field == 0 || field == 3 ? long_text : empty_text, field == 1 || field == 3 ? long_text : empty_text}};
        const struct metadata_resource from = {.type = RESOURCE_GROUP,
                                               .name = field == 2 || field == 3 ? long_text : empty_text,
                                               .configs = configs,
                                               .config_count = COUNT_OF(configs)};
        struct metadata_resource *made = metadata_resource_create(&from);
        assert_non_null(made);
        assert_int_equal(made->type, RESOURCE_GROUP);
        assert_true(kw_string_equal(made->name, from.name));
        assert_int_equal(made->config_count, 2);
        assert_true(kw_string_equal(made->configs[1].name, configs[1].name));
        assert_true(kw_string_equal(made->configs[1].value, configs[1].value));
        metadata_resource_release(made);
    }
}

static void check_image(const struct metadata_broker *broker, kw_string feature, size_t count)
{
    static struct metadata_feature features[LONG];
    static struct metadata_broker brokers[LONG];
    for (size_t i = 0; i < LONG; i++) {
        features[i] = (struct metadata_feature){i + 1 == count ? feature : empty_text, (int16_t)(i + 1)};
        brokers[i] = (struct metadata_broker){.id = (int32_t)(LONG - i), .rack = empty_text};
    }
    brokers[0] = *broker;
    const struct metadata_parts parts = {
        .brokers = brokers, .broker_count = count, .features = features, .feature_count = count};
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    const struct metadata_broker *b = metadata_find_broker(image, broker->id);
    assert_non_null(b);
    assert_true(kw_string_equal(b->rack, broker->rack));
    assert_int_equal(b->directories.len, broker->directories.len);
    assert_int_equal(b->endpoint_count, broker->endpoint_count);
    for (int32_t i = 0; i < b->endpoint_count; i++) {
        assert_true(kw_string_equal(b->endpoints[i].name, broker->endpoints[i].name));
        assert_true(kw_string_equal(b->endpoints[i].host, broker->endpoints[i].host));
    }
    assert_int_equal(metadata_feature_level(image, feature), count);
    metadata_image_release(image);
}

static void test_long_images(void **state)
{
    (void)state;
    struct metadata_endpoint endpoints[LONG] = {{.port = 1}};
    struct metadata_broker b = {.id = 100, .rack = empty_text, .endpoints = endpoints};
    const kw_string feature = kw_string_of("x");
    check_image(&b, feature, 1);
    check_image(&b, long_text, 1);
    check_image(&b, feature, LONG);
    b.rack = long_text;
    check_image(&b, feature, 1);
    b.rack = empty_text;
    b.directories = (kw_uuid_array){long_uuids, LONG};
    check_image(&b, feature, 1);
    b.directories.len = 0;
    b.endpoint_count = LONG;
    check_image(&b, feature, 1);
    b.endpoint_count = 2;
    endpoints[1].name = long_text;
    check_image(&b, feature, 1);
    endpoints[1].name = empty_text;
    endpoints[1].host = long_text;
    check_image(&b, feature, 1);
}

/* ---- kept records ---- */

static struct metadata_kept kept_of(int16_t type, const char *key)
{
    return (struct metadata_kept){type, {(const uint8_t *)key, (int32_t)strlen(key)}, {(const uint8_t *)key, 1}};
}

/* By type, then by key; a key comes before those that it starts. */
static void test_kept_in_order(void **state)
{
    (void)state;
    const struct metadata_kept sorted[] = {kept_of(3, ""),  kept_of(3, "y"),   kept_of(3, "ya"),
                                           kept_of(5, "a"), kept_of(5, "ab"),  kept_of(5, "ac"),
                                           kept_of(5, "b"), kept_of(5, "bab"), kept_of(6, "Z")};
    enum { COUNT = COUNT_OF(sorted) };
    for (size_t step = 1; step < COUNT; step *= 2) /* which has no factor of the count, so that all are reached */
        for (size_t start = 0; start < COUNT; start++) {
            struct metadata_kept items[COUNT];
            for (size_t i = 0; i < COUNT; i++)
                items[i] = sorted[(start + i * step) % COUNT];
            struct metadata_kept_set *kept = metadata_kept_create(items, COUNT);
            assert_non_null(kept);
            assert_int_equal(kept->count, COUNT);
            for (size_t i = 0; i < COUNT; i++) {
                assert_int_equal(kept->items[i].type, sorted[i].type);
                assert_true(kw_bytes_equal(kept->items[i].key, sorted[i].key));
                assert_true(sorted[i].key.len == 0 || kept->items[i].key.data != sorted[i].key.data);
            }
            metadata_kept_release(kept);
        }
}

/* A new image shares a topic with the one before, which ends while the topic goes on. */
static void test_sharing(void **state)
{
    (void)state;
    struct metadata_cell cell;
    assert_true(metadata_cell_init(&cell));
    assert_int_equal(metadata_cell_version(&cell), 0);
    const struct metadata_image *none = metadata_image_acquire(&cell);
    assert_int_equal(none->parts.epoch, -1);
    assert_int_equal(none->version, 0);
    metadata_image_release(none);
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
        TEST(test_topics),         TEST(test_many_topics), TEST(test_the_rest),
        TEST(test_sharing),        TEST(test_topic_names), TEST(test_long_topics),
        TEST(test_long_resources), TEST(test_long_images), TEST(test_readers_while_images_are_published),
        TEST(test_kept_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

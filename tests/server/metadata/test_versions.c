/* SPDX-License-Identifier: Apache-2.0 */
/* What each metadata.version allows, as MetadataVersion of Apache Kafka has it, and which features there are. */
#include "../../unit/support.h"

#include "metadata/versions.h"

static struct metadata_image *image_of(const char *feature, int16_t level)
{
    const struct metadata_feature features[] = {{kw_string_of("group.version"), 1}, {kw_string_of(feature), level}};
    const struct metadata_parts parts = {.features = features, .feature_count = COUNT_OF(features)};
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

/* From these levels on. */
static void records_of_each_metadata_version(void **state)
{
    (void)state;
    for (int16_t level = 7; level <= 33; level++) {
        struct metadata_image *image = image_of("metadata.version", level);
        struct record_versions is = record_versions_of(image);
        metadata_image_release(image);
        assert_int_equal(is.register_broker, level >= 30 ? 4 : level >= 17 ? 3 : level >= 8 ? 2 : 1);
        assert_int_equal(is.partition, level >= 23 ? 2 : level >= 17 ? 1 : 0);
        assert_int_equal(is.directories, level >= 17);
        assert_int_equal(is.cordoned, level >= 30);
        assert_int_equal(is.transactions, level >= 13);
        assert_int_equal(is.controllers, level >= 15);
        assert_int_equal(is.epoch_on_isr_shrink, level < 12);
    }
}

/* "NAME MIN-MAX, INITIAL INITIAL": with 4.3 and with 4.4. */
static void features_of_this_release(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "eligible.leader.replicas.version 0-1, 1 1",
        "group.version 0-1, 1 1",
        "kraft.version 0-1, 0 0",
        "metadata.version 7-33, 30 33",
        "share.version 0-2, 1 2",
        "streams.version 0-1, 1 1",
        "transaction.version 0-2, 2 2",
    };
    size_t count;
    const struct supported_feature *features = supported_features(&count);
    assert_int_equal(count, COUNT_OF(lines));
    for (size_t i = 0; i < count; i++) {
        char line[100];
        const struct supported_feature *f = &features[i];
        (void)snprintf(line, sizeof line, "%s %d-%d, %d %d", f->name, f->min, f->max, f->initial[FEATURES_4_3],
                       f->initial[FEATURES_4_4]);
        assert_string_equal(line, lines[i]);
        assert_ptr_equal(supported_feature(kw_string_of(f->name)), f);
    }
    assert_null(supported_feature(kw_string_of("share.versio")));
    assert_null(supported_feature(kw_string_of(NULL)));
}

static void check_supported(const char *name, int16_t level, bool expected)
{
    const struct metadata_feature *unsupported = NULL;
    struct metadata_image *image = image_of(name, level);
    assert_int_equal(metadata_is_supported(image, &unsupported), expected);
    if (expected) {
        assert_null(unsupported);
    } else {
        assert_true(kw_string_equal(unsupported->name, kw_string_of(name)));
        assert_int_equal(unsupported->level, level);
    }
    metadata_image_release(image);
}

static void levels_of_an_image(void **state)
{
    (void)state;
    check_supported("metadata.version", 7, true);
    check_supported("metadata.version", 33, true);
    check_supported("metadata.version", 6, false);
    check_supported("metadata.version", 34, false);
    check_supported("share.version", 2, true);
    check_supported("share.version", 3, false);
    check_supported("some.version", 1, false);
}

/* It needs a metadata.version that has records for it, too. */
static void eligible_leader_replicas(void **state)
{
    (void)state;
    for (int16_t level = 0; level < 2; level++)
        for (int16_t version = 22; version < 24; version++) {
            const struct metadata_feature features[] = {
                {kw_string_of("eligible.leader.replicas.version"), level},
                {kw_string_of("metadata.version"), version},
            };
            const struct metadata_parts parts = {.features = features, .feature_count = COUNT_OF(features)};
            struct metadata_image *image = metadata_image_create(&parts);
            assert_non_null(image);
            assert_int_equal(metadata_has_elr(image), level == 1 && version == 23);
            metadata_image_release(image);
        }
    struct metadata_image *image = image_of("metadata.version", 33);
    assert_false(metadata_has_elr(image));
    metadata_image_release(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_of_each_metadata_version),
        TEST(features_of_this_release),
        TEST(levels_of_an_image),
        TEST(eligible_leader_replicas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a log: which source wins, and what becomes of the texts. */
#include "../../unit/support.h"

#include <unistd.h>

#include "../support/captured.h"
#include "config/config.h"
#include "metadata/topic_config.h"

enum { NODE_ID = 7 };

static struct metadata_config setting(const char *name, const char *value)
{
    return (struct metadata_config){kw_string_of(name), kw_string_of(value)};
}

/* An image in which the topic "t", the broker 7 and all brokers have these settings, each sorted by name. */
static struct metadata_image *image_with(const struct metadata_config *topic, size_t topic_count,
                                         const struct metadata_config *broker, size_t broker_count,
                                         const struct metadata_config *all, size_t all_count)
{
    const struct metadata_resource from[] = {
        {.type = RESOURCE_TOPIC, .name = kw_string_of("t"), .configs = topic, .config_count = topic_count},
        {.type = RESOURCE_BROKER, .name = kw_string_of("7"), .configs = broker, .config_count = broker_count},
        {.type = RESOURCE_BROKER, .name = kw_string_of(""), .configs = all, .config_count = all_count}};
    struct metadata_resource *resources[3];
    for (int i = 0; i < 3; i++) {
        resources[i] = metadata_resource_create(&from[i]);
        assert_non_null(resources[i]);
    }
    const struct metadata_parts parts = {.resources = resources, .resource_count = 3, .epoch = -1};
    struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

static struct log_config read_topic(const struct metadata_config *configs, size_t count)
{
    struct log_config config;
    struct metadata_image *image = image_with(configs, count, NULL, 0, NULL, 0);
    topic_config_read(&config, image, kw_string_of("t"), NODE_ID, NULL);
    metadata_image_release(image);
    return config;
}

static struct log_config read_one(const char *name, const char *value)
{
    const struct metadata_config config = setting(name, value);
    return read_topic(&config, 1);
}

static void assert_defaults(const struct log_config *c)
{
    assert_int_equal(c->segment_bytes, 1073741824);
    assert_int_equal(c->segment_index_bytes, 10485760);
    assert_int_equal(c->index_interval_bytes, 4096);
    assert_int_equal(c->segment_ms, 604800000);
    assert_int_equal(c->segment_jitter_ms, 0);
    assert_false(c->preallocate);
    assert_int_equal(c->retention_bytes, -1);
    assert_int_equal(c->retention_ms, 604800000);
    assert_int_equal(c->file_delete_delay_ms, 60000);
    assert_true(c->flush_messages == INT64_MAX);
    assert_true(c->flush_ms == INT64_MAX);
    assert_false(c->compact);
    assert_true(c->delete);
    assert_int_equal(c->delete_retention_ms, 86400000);
    assert_int_equal(c->min_compaction_lag_ms, 0);
    assert_true(c->max_compaction_lag_ms == INT64_MAX);
    assert_true(c->min_cleanable_dirty_ratio == 0.5);
    assert_int_equal(c->max_message_bytes, 1048588);
    assert_int_equal(c->max_decompressed_message_bytes, 2147483639);
    assert_true(c->keep_codec);
    assert_false(c->log_append_time);
    assert_true(c->timestamp_before_max == INT64_MAX);
    assert_int_equal(c->timestamp_after_max, 3600000);
    assert_int_equal(c->min_insync_replicas, 1);
}

static void defaults(void **state)
{
    (void)state;
    struct log_config c;
    log_config_init(&c);
    assert_defaults(&c);
    struct metadata_image *image = image_with(NULL, 0, NULL, 0, NULL, 0);
    topic_config_read(&c, image, kw_string_of("another"), NODE_ID, NULL);
    assert_defaults(&c);
    metadata_image_release(image);
}

static void every_setting_of_a_topic(void **state)
{
    (void)state;
    const struct metadata_config configs[] = {
        setting("cleanup.policy", "compact, delete"),
        setting("compression.type", "zstd"),
        setting("compression.zstd.level", "11"),
        setting("delete.retention.ms", "1"),
        setting("file.delete.delay.ms", "2"),
        setting("flush.messages", "3"),
        setting("flush.ms", "4"),
        setting("index.interval.bytes", "5"),
        setting("max.compaction.lag.ms", "6"),
        setting("max.decompressed.message.bytes", "7"),
        setting("max.message.bytes", "8"),
        setting("message.timestamp.after.max.ms", "9"),
        setting("message.timestamp.before.max.ms", "10"),
        setting("message.timestamp.type", "LogAppendTime"),
        setting("min.cleanable.dirty.ratio", "0.25"),
        setting("min.compaction.lag.ms", "12"),
        setting("min.insync.replicas", "13"),
        setting("preallocate", "TRUE"),
        setting("retention.bytes", "14"),
        setting("retention.ms", "-1"),
        setting("segment.bytes", "1048577"),
        setting("segment.index.bytes", "16"),
        setting("segment.jitter.ms", "17"),
        setting("segment.ms", "18"),
    };
    struct log_config c = read_topic(configs, sizeof configs / sizeof configs[0]);
    assert_true(c.compact && c.delete &&c.log_append_time && c.preallocate && !c.keep_codec);
    assert_int_equal(c.codec, KW_CODEC_ZSTD);
    assert_int_equal(c.level, 11);
    assert_int_equal(c.delete_retention_ms, 1);
    assert_int_equal(c.file_delete_delay_ms, 2);
    assert_int_equal(c.flush_messages, 3);
    assert_int_equal(c.flush_ms, 4);
    assert_int_equal(c.index_interval_bytes, 5);
    assert_int_equal(c.max_compaction_lag_ms, 6);
    assert_int_equal(c.max_decompressed_message_bytes, 7);
    assert_int_equal(c.max_message_bytes, 8);
    assert_int_equal(c.timestamp_after_max, 9);
    assert_int_equal(c.timestamp_before_max, 10);
    assert_true(c.min_cleanable_dirty_ratio == 0.25);
    assert_int_equal(c.min_compaction_lag_ms, 12);
    assert_int_equal(c.min_insync_replicas, 13);
    assert_int_equal(c.retention_bytes, 14);
    assert_int_equal(c.retention_ms, -1);
    assert_int_equal(c.segment_bytes, 1048577);
    assert_int_equal(c.segment_index_bytes, 16);
    assert_int_equal(c.segment_jitter_ms, 17);
    assert_int_equal(c.segment_ms, 18);
}

static void policies_and_codecs(void **state)
{
    (void)state;
    struct log_config c = read_one("cleanup.policy", "compact");
    assert_true(c.compact && !c.delete);
    c = read_one("cleanup.policy", "");
    assert_true(!c.compact && !c.delete);
    c = read_one("compression.type", "uncompressed");
    assert_true(!c.keep_codec && c.codec == KW_CODEC_NONE);
    c = read_one("compression.type", "snappy");
    assert_true(!c.keep_codec && c.codec == KW_CODEC_SNAPPY && c.level == KW_LEVEL_DEFAULT);
    c = read_one("compression.type", "lz4");
    assert_true(!c.keep_codec && c.codec == KW_CODEC_LZ4 && c.level == 9);
    c = read_one("compression.type", "gzip");
    assert_true(!c.keep_codec && c.codec == KW_CODEC_GZIP && c.level == KW_LEVEL_DEFAULT);
    c = read_one("compression.type", "zstd");
    assert_true(!c.keep_codec && c.codec == KW_CODEC_ZSTD && c.level == 3);
    c = read_one("compression.type", "producer");
    assert_true(c.keep_codec);
    c = read_one("internal.segment.bytes", "100"); /* as Kafka's own tests set it */
    assert_int_equal(c.segment_bytes, 100);
}

static void age_of_a_segment(void **state)
{
    (void)state;
    struct log_config c = read_one("max.compaction.lag.ms", "5");
    assert_int_equal(log_config_max_segment_ms(&c), 604800000);
    c.compact = true;
    assert_int_equal(log_config_max_segment_ms(&c), 5);
    c.segment_ms = 4;
    assert_int_equal(log_config_max_segment_ms(&c), 4);
}

/* Metadata that another program wrote may have anything. */
static void values_that_are_not_valid(void **state)
{
    (void)state;
    char text[300];
    memset(text, ' ', sizeof text - 2);
    strcpy(text + sizeof text - 2, "5");
    static const char *const values[] = {"", "x", "-2", "99999999999999999999", "1.5"};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct log_config c = read_one("retention.ms", values[i]);
        assert_defaults(&c);
    }
    struct log_config c = read_one("retention.ms", text); /* longer than any value has to be */
    assert_defaults(&c);
    c = read_one("retention.ms", text + 100);
    assert_int_equal(c.retention_ms, 5);
    struct metadata_config zero = setting("retention.ms", "5");
    zero.value = (kw_string){"5\0", 2};
    c = read_topic(&zero, 1);
    assert_defaults(&c);
    c = read_one("segment.bytes", "1048575"); /* smaller than Kafka accepts */
    assert_defaults(&c);
    c = read_one("cleanup.policy", "compact,keep");
    assert_defaults(&c);
    c = read_one("compression.type", "brotli");
    assert_defaults(&c);
}

static void read_file(struct config *config, const char *text)
{
    char path[] = "/tmp/kwire-log-config-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    config_init(config);
    struct captured captured;
    capture_start(&captured);
    bool fine = config_read(config, path);
    capture_end(&captured);
    unlink(path);
    assert_true(fine);
}

/* From the strongest source to the weakest. */
static void sources(void **state)
{
    (void)state;
    struct config file;
    read_file(&file, "log.retention.hours=1\nlog.segment.bytes=2000000\nlog.roll.jitter.hours=2\n");
    const struct metadata_config topic = setting("retention.ms", "10"), broken = setting("retention.ms", "-7");
    const struct metadata_config broker = setting("log.retention.ms", "20"), all = setting("log.retention.ms", "30");
    static const struct {
        bool topic, broken, broker, all, file;
        int64_t retention_ms;
    } cases[] = {
        {true, false, true, true, true, 10},        {false, false, true, true, true, 20},
        {false, true, true, true, true, 20},        {false, false, false, true, true, 30},
        {false, true, false, true, false, 30},      {false, false, false, false, true, 3600000},
        {false, true, false, false, true, 3600000}, {false, false, false, false, false, 604800000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct log_config c;
        struct metadata_image *image = image_with(cases[i].broken ? &broken : &topic, cases[i].topic || cases[i].broken,
                                                  &broker, cases[i].broker, &all, cases[i].all);
        topic_config_read(&c, image, kw_string_of("t"), NODE_ID, cases[i].file ? file.file : NULL);
        assert_int_equal(c.retention_ms, cases[i].retention_ms);
        assert_int_equal(c.segment_bytes, cases[i].file ? 2000000 : 1073741824);
        assert_int_equal(c.segment_jitter_ms, cases[i].file ? 7200000 : 0);
        topic_config_read(&c, image, kw_string_of("t"), NODE_ID + 1, NULL); /* what the broker 7 has is not for 8 */
        assert_int_equal(c.retention_ms, cases[i].topic ? 10 : cases[i].all ? 30 : 604800000);
        metadata_image_release(image);
    }
    config_finish(&file);
}

/* As logs with equal settings share them, by their bytes. */
static void equal_ones_have_equal_bytes(void **state)
{
    (void)state;
    struct log_config one, other;
    memset(&one, 0x55, sizeof one);
    memset(&other, 0xaa, sizeof other);
    log_config_init(&one);
    log_config_init(&other);
    assert_memory_equal(&one, &other, sizeof one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults),
        cmocka_unit_test(equal_ones_have_equal_bytes),
        cmocka_unit_test(every_setting_of_a_topic),
        cmocka_unit_test(policies_and_codecs),
        cmocka_unit_test(age_of_a_segment),
        cmocka_unit_test(values_that_are_not_valid),
        cmocka_unit_test(sources),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

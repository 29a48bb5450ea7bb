/* SPDX-License-Identifier: Apache-2.0 */
/* Settings that Kafka lets change while the broker runs act at once, wherever they are set. */
#include "../unit/support.h"

#include "live_settings.h"
#include "metadata/image.h"

/* Those that no topic follows. */
static const char *const live[] = {"log.cleaner.backoff.ms",
                                   "log.cleaner.dedupe.buffer.size",
                                   "log.cleaner.io.buffer.load.factor",
                                   "log.cleaner.io.buffer.size",
                                   "log.cleaner.io.max.bytes.per.second",
                                   "log.cleaner.threads",
                                   "log.segment.delete.delay.ms",
                                   "max.connections",
                                   "max.connections.per.ip",
                                   "num.recovery.threads.per.data.dir",
                                   "producer.id.expiration.ms",
                                   "transaction.partition.verification.enable"};

/* Looked up in the image each time that they are needed. */
static const char *const looked_up[] = {"errors.deadletterqueue.auto.create.topics.enable",
                                        "errors.deadletterqueue.topic.name.prefix"};

/* Refused by the decision: the address of a running broker stays. */
static const char *const refused[] = {"listener.security.protocol.map", "listeners"};

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static bool is_followed_by_topics(const struct setting *setting)
{
    for (size_t i = 0; i < setting_count; i++)
        if (setting_first_synonym(&settings[i]) == setting)
            return true;
    return false;
}

/* A new one cannot be forgotten. */
static void every_one_of_them_is_live(void **state)
{
    (void)state;
    size_t found = 0;
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        if (s->scope != SETTING_BROKER || s->use != SETTING_HONOURED || s->mode == SETTING_READ_ONLY)
            continue;
        bool is_live = is_one_of(s->name, live, COUNT_OF(live));
        found += is_live;
        if (!is_live && !is_followed_by_topics(s) && !is_one_of(s->name, looked_up, COUNT_OF(looked_up)) &&
            !is_one_of(s->name, refused, COUNT_OF(refused)))
            fail_msg("%s can be changed, and does not act before the next start", s->name);
    }
    assert_int_equal(found, COUNT_OF(live));
}

/* ---- values ---- */

static struct broker broker;

static const struct metadata_image *make_image(const struct metadata_config *of_broker, size_t broker_count,
                                               const struct metadata_config *of_all, size_t all_count)
{
    const struct metadata_resource own = {.type = RESOURCE_BROKER, .name = {"7", 1}, of_broker, broker_count};
    const struct metadata_resource all = {.type = RESOURCE_BROKER, .name = {"", 0}, of_all, all_count};
    struct metadata_resource *resources[] = {metadata_resource_create(&own), metadata_resource_create(&all)};
    const struct metadata_parts parts = {.resources = resources, .resource_count = 2, .epoch = -1};
    const struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

static void apply(const struct metadata_config *of_broker, size_t broker_count, const struct metadata_config *of_all,
                  size_t all_count)
{
    const struct metadata_image *image = make_image(of_broker, broker_count, of_all, all_count);
    live_settings_apply(&broker, image);
    metadata_image_release(image);
}

static struct metadata_config config_of(const char *name, const char *value)
{
    return (struct metadata_config){kw_string_of(name), kw_string_of(value)};
}

static void assert_limits(int32_t connections, int32_t per_ip)
{
    assert_int_equal(atomic_load(&broker.limits.all), connections);
    assert_int_equal(atomic_load(&broker.limits.per_host), per_ip);
}

static void the_strongest_valid_value_acts(void **state)
{
    (void)state;
    memset(&broker, 0, sizeof broker);
    broker.identity.node_id = 7;
    assert_true(static_config_fill(&broker.config.file, "max.connections.per.ip", "50"));
    apply(NULL, 0, NULL, 0);
    assert_limits(INT32_MAX, 50);
    const struct metadata_config of_all[] = {config_of("max.connections", "9"),
                                             config_of("max.connections.per.ip", " 8 ")};
    apply(NULL, 0, of_all, 2);
    assert_limits(9, 8);
    const struct metadata_config own[] = {config_of("max.connections", "0"),
                                          config_of("max.connections.per.ip", "2147483647")};
    apply(own, 2, of_all, 2);
    assert_limits(0, INT32_MAX);

    /* What only a damaged log has: */
    static const char *const wrong[] = {"", "x", "-1", "2147483648", "9999999999999999999999999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        const struct metadata_config bad[] = {config_of("max.connections", wrong[i])};
        apply(bad, 1, of_all, 1);
        assert_limits(9, 50);
        apply(bad, 1, bad, 1);
        assert_limits(INT32_MAX, 50);
    }
    const struct metadata_config with_zero = {kw_string_of("max.connections"), {"3\0", 2}};
    apply(&with_zero, 1, NULL, 0);
    assert_limits(INT32_MAX, 50);
    config_finish(&broker.config);
}

static void expect_cleaners(const struct cleaners_live *found, const struct cleaners_live *wanted)
{
    assert_int_equal(found->threads, wanted->threads);
    assert_int_equal(found->map_bytes, wanted->map_bytes);
    assert_int_equal(found->buffer_bytes, wanted->buffer_bytes);
    assert_int_equal(found->backoff_ms, wanted->backoff_ms);
    assert_true(found->load_factor >= wanted->load_factor && found->load_factor <= wanted->load_factor);
    assert_true(found->bytes_per_second >= wanted->bytes_per_second &&
                found->bytes_per_second <= wanted->bytes_per_second);
}

static void cleaners_get_theirs(void **state)
{
    (void)state;
    static const struct cleaners_live defaults = {1, 134217728, 524288, 0.9, 1.7976931348623157E308, 15000};
    static const struct cleaners_live wanted = {2, 1000, 2000, 0.5, 3.5, 4};
    memset(&broker, 0, sizeof broker);
    broker.identity.node_id = 7;
    const struct metadata_image *image = make_image(NULL, 0, NULL, 0);
    struct cleaners_live found = live_settings_of_cleaners(&broker, image);
    expect_cleaners(&found, &defaults);
    metadata_image_release(image);
    assert_true(static_config_fill(&broker.config.file, "log.cleaner.io.max.bytes.per.second", "3.5"));
    const struct metadata_config of_all[] = {
        config_of("log.cleaner.backoff.ms", "4"), config_of("log.cleaner.dedupe.buffer.size", "1000"),
        config_of("log.cleaner.io.buffer.load.factor", "0.7"), config_of("log.cleaner.io.buffer.size", "2000"),
        config_of("log.cleaner.threads", "2")};
    const struct metadata_config own[] = {config_of("log.cleaner.io.buffer.load.factor", "0.5"),
                                          config_of("log.cleaner.io.max.bytes.per.second", "x")};
    image = make_image(own, 2, of_all, 5);
    found = live_settings_of_cleaners(&broker, image);
    expect_cleaners(&found, &wanted);
    metadata_image_release(image);
    config_finish(&broker.config);
}

static void logs_get_theirs(void **state)
{
    (void)state;
    memset(&broker, 0, sizeof broker);
    broker.identity.node_id = 7;
    const struct metadata_image *image = make_image(NULL, 0, NULL, 0);
    struct log_upkeep_live found = live_settings_of_logs(&broker, image);
    assert_int_equal(found.recovery_threads, log_upkeep_defaults.live.recovery_threads);
    assert_int_equal(found.delete_delay_ms, log_upkeep_defaults.live.delete_delay_ms);
    assert_int_equal(found.producer_expiration_ms, log_upkeep_defaults.live.producer_expiration_ms);
    metadata_image_release(image);
    const struct metadata_config own[] = {config_of("log.segment.delete.delay.ms", "9000000000"),
                                          config_of("num.recovery.threads.per.data.dir", "3"),
                                          config_of("producer.id.expiration.ms", "4")};
    image = make_image(own, 3, NULL, 0);
    found = live_settings_of_logs(&broker, image);
    assert_int_equal(found.recovery_threads, 3);
    assert_int_equal(found.delete_delay_ms, 9000000000);
    assert_int_equal(found.producer_expiration_ms, 4);
    metadata_image_release(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_one_of_them_is_live),
        cmocka_unit_test(the_strongest_valid_value_acts),
        cmocka_unit_test(cleaners_get_theirs),
        cmocka_unit_test(logs_get_theirs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* AlterConfigs, IncrementalAlterConfigs and UpdateFeatures from the frame to the answer. What is decided in detail is
 * in test_decide_configs.c and test_decide_partitions.c. */
#include "admin_broker.h"

#include "metadata/decide_configs.h"

typedef kw_alter_configs_request_resource whole_resource;
typedef kw_alter_configs_request_alterable_config whole_config;
typedef kw_incremental_alter_configs_request_alter_configs_resource changed_resource;
typedef kw_incremental_alter_configs_request_alterable_config changed_config;
typedef kw_update_features_request_feature_update_key feature_update;

static void add_topic(const char *name)
{
    kw_topic_record t;
    kw_topic_record_init(&t);
    t.name = kw_string_of(name);
    t.topic_id = nth_id(0);
    add_record(&kw_topic_record_message, 0, &t);
}

/* What is set for the topic t; "-" for nothing. */
static void assert_config(const char *name, const char *value)
{
    kw_string is = metadata_find_config(current_image(), RESOURCE_TOPIC, kw_string_of("t"), kw_string_of(name));
    assert_true(kw_string_equal(is, kw_string_of(value)));
}

#define RESPONSES "{'throttleTimeMs':0,'responses':["
#define RESOURCE(error, message, type, name) \
    "{'errorCode':" error ",'errorMessage':" message ",'resourceType':" type ",'resourceName':'" name "'}"
#define UNKNOWN_TOPIC RESOURCE("3", "'no topic has this name'", "2", "u")

/* ---- AlterConfigs ---- */

/* Of t, and the same of the topic u, which does not exist. */
static const char *alter(int16_t version, whole_config *configs, int32_t count, bool validate_only)
{
    whole_resource resources[2];
    kw_alter_configs_request request;
    kw_alter_configs_request_init(&request);
    for (int i = 0; i < 2; i++)
        resources[i] = (whole_resource){.resource_type = RESOURCE_TOPIC,
                                        .resource_name = kw_string_of(i == 0 ? "t" : "u"),
                                        .configs = {configs, count}};
    request.resources.items = resources;
    request.resources.len = 2;
    request.validate_only = validate_only;
    return ask(KW_KEY_ALTER_CONFIGS, version, &request);
}

static whole_config set(const char *name, const char *value)
{
    return (whole_config){.name = kw_string_of(name), .value = kw_string_of(value)};
}

static void configs_are_replaced(void **state)
{
    (void)state;
    static const char fine[] = RESPONSES RESOURCE("0", "null", "2", "t") "," UNKNOWN_TOPIC "]}";
    add_topic("t");
    for (int16_t v = 0; v <= 2; v++) {
        whole_config first[] = {set("retention.ms", "5"), set("flush.ms", "6")}, second[] = {set("flush.ms", "7")};
        assert_string_equal(alter(v, first, 2, false), fine);
        assert_config("retention.ms", "5");
        assert_config("flush.ms", "6");
        assert_string_equal(alter(v, second, 1, true), fine);
        assert_config("flush.ms", "6");
        assert_string_equal(alter(v, second, 1, false), fine);
        assert_config("retention.ms", NULL);
        assert_config("flush.ms", "7");
        first[1].value = kw_string_of(NULL);
        assert_string_equal(alter(v, first, 2, false),
                            RESPONSES RESOURCE("42", "'config flush.ms has no value'", "2", "t") "," RESOURCE(
                                "42", "'config flush.ms has no value'", "2", "u") "]}");
        assert_string_equal(alter(v, NULL, 0, false), fine);
        assert_config("flush.ms", NULL);
    }
}

/* ---- IncrementalAlterConfigs ---- */

static changed_config change(int8_t operation, const char *name, const char *value)
{
    return (changed_config){.name = kw_string_of(name), .config_operation = operation, .value = kw_string_of(value)};
}

static const char *alter_incrementally(int16_t version, changed_config *configs, int32_t count, bool validate_only)
{
    changed_resource resources[2];
    kw_incremental_alter_configs_request request;
    kw_incremental_alter_configs_request_init(&request);
    for (int i = 0; i < 2; i++)
        resources[i] = (changed_resource){.resource_type = RESOURCE_TOPIC,
                                          .resource_name = kw_string_of(i == 0 ? "t" : "u"),
                                          .configs = {configs, count}};
    request.resources.items = resources;
    request.resources.len = 2;
    request.validate_only = validate_only;
    return ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, version, &request);
}

static void configs_are_changed(void **state)
{
    (void)state;
    static const char fine[] = RESPONSES RESOURCE("0", "null", "2", "t") "," UNKNOWN_TOPIC "]}";
    add_topic("t");
    for (int16_t v = 0; v <= 1; v++) {
        changed_config all[] = {change(CONFIG_SET, "retention.ms", "5"), change(CONFIG_DELETE, "flush.ms", NULL),
                                change(CONFIG_APPEND, "cleanup.policy", "compact")};
        changed_config less[] = {change(CONFIG_SUBTRACT, "cleanup.policy", "delete"),
                                 change(CONFIG_SET, "flush.ms", "6")};
        changed_config none[] = {change(CONFIG_DELETE, "retention.ms", NULL), change(CONFIG_DELETE, "flush.ms", NULL),
                                 change(CONFIG_DELETE, "cleanup.policy", NULL)};
        changed_config odd[] = {change(4, "flush.ms", "1")};
        assert_string_equal(alter_incrementally(v, all, 3, true), fine);
        assert_config("retention.ms", NULL);
        assert_string_equal(alter_incrementally(v, all, 3, false), fine);
        assert_config("retention.ms", "5");
        assert_config("cleanup.policy", "delete,compact");
        assert_string_equal(alter_incrementally(v, less, 2, false), fine);
        assert_config("cleanup.policy", "compact");
        assert_config("flush.ms", "6");
        assert_string_equal(alter_incrementally(v, odd, 1, false),
                            RESPONSES RESOURCE("42", "'4 is no operation on a config'", "2", "t") "," RESOURCE(
                                "42", "'4 is no operation on a config'", "2", "u") "]}");
        assert_string_equal(alter_incrementally(v, none, 3, false), fine);
        assert_config("retention.ms", NULL);
        assert_config("cleanup.policy", NULL);
        assert_config("flush.ms", NULL);
    }
}

static void resources_of_each_type(void **state)
{
    (void)state;
    changed_config threads[] = {change(CONFIG_SET, "num.io.threads", "9")};
    changed_resource resources[] = {
        {.resource_type = RESOURCE_BROKER, .resource_name = kw_string_of("1"), .configs = {threads, 1}},
        {.resource_type = RESOURCE_BROKER, .resource_name = kw_string_of(""), .configs = {threads, 1}},
        {.resource_type = RESOURCE_BROKER, .resource_name = kw_string_of("2"), .configs = {threads, 1}},
        {.resource_type = RESOURCE_GROUP, .resource_name = kw_string_of("g"), .configs = {threads, 1}},
        {.resource_type = RESOURCE_BROKER, .resource_name = kw_string_of("2"), .configs = {threads, 1}}};
    kw_incremental_alter_configs_request request;
    kw_incremental_alter_configs_request_init(&request);
    request.resources.items = resources;
    request.resources.len = 5;
    assert_string_equal(ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 1, &request),
                        RESPONSES RESOURCE("0", "null", "4", "1") "," RESOURCE("0", "null", "4", "") "," RESOURCE(
                            "42", "'the request names this resource more than once'", "4",
                            "2") "," RESOURCE("40", "'groups have no config num.io.threads'", "32",
                                              "g") "," RESOURCE("42",
                                                                "'the request names this resource more than once'", "4",
                                                                "2") "]}");
    request.resources.len = 0;
    assert_string_equal(ask(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 1, &request), RESPONSES "]}");
    kw_string value =
        metadata_find_config(current_image(), RESOURCE_BROKER, kw_string_of("1"), kw_string_of("num.io.threads"));
    assert_true(kw_string_equal(value, kw_string_of("9")));
}

/* ---- UpdateFeatures ---- */

static feature_update level(const char *name, int16_t level, int8_t type)
{
    return (feature_update){.feature = kw_string_of(name), .max_version_level = level, .upgrade_type = type};
}

static kw_update_features_request update_request(feature_update *updates, int32_t count, bool validate_only)
{
    kw_update_features_request request;
    kw_update_features_request_init(&request);
    request.feature_updates.items = updates;
    request.feature_updates.len = count;
    request.validate_only = validate_only;
    return request;
}

static const char *update(int16_t version, feature_update *updates, int32_t count, bool validate_only)
{
    const kw_update_features_request request = update_request(updates, count, validate_only);
    return ask(KW_KEY_UPDATE_FEATURES, version, &request);
}

static int16_t level_of(const char *name)
{
    return metadata_feature_level(current_image(), kw_string_of(name));
}

#define UPDATED "{'throttleTimeMs':0,'errorCode':0,'errorMessage':null"
#define UPDATED_TWO                                                                        \
    UPDATED ",'results':[{'feature':'share.version','errorCode':0,'errorMessage':'NONE'}," \
            "{'feature':'group.version','errorCode':0,'errorMessage':'NONE'}]}"

static void features_are_updated(void **state)
{
    (void)state;
    feature_update down[] = {level("share.version", 1, 2), level("group.version", 0, 2)};
    feature_update up[] = {level("share.version", 2, 1), level("group.version", 1, 1)};
    assert_int_equal(level_of("share.version"), 2);
    assert_string_equal(update(1, down, 2, true), UPDATED_TWO);
    assert_int_equal(level_of("share.version"), 2);
    assert_string_equal(update(1, down, 2, false), UPDATED_TWO);
    assert_int_equal(level_of("share.version"), 1);
    assert_int_equal(level_of("group.version"), 0);
    assert_string_equal(update(2, up, 2, false), UPDATED "}");
    assert_int_equal(level_of("group.version"), 1);
    assert_string_equal(update(1, NULL, 0, false), UPDATED ",'results':[]}");
    assert_string_equal(update(2, NULL, 0, false), UPDATED "}");
}

/* Before types it may become lower, or not. */
static void features_in_version_0(void **state)
{
    (void)state;
    feature_update down[] = {level("share.version", 1, 1)};
    assert_string_equal(update(0, down, 1, false),
                        "{'throttleTimeMs':0,'errorCode':95,'errorMessage':'level 1 of share.version: this would be a "
                        "downgrade, which the request does not allow','results':[]}");
    down[0].allow_downgrade = true;
    assert_string_equal(update(0, down, 1, false),
                        UPDATED ",'results':[{'feature':'share.version','errorCode':0,'errorMessage':'NONE'}]}");
    assert_int_equal(level_of("share.version"), 1);
    assert_string_equal(update(0, down, 1, false),
                        UPDATED ",'results':[{'feature':'share.version','errorCode':0,'errorMessage':'NONE'}]}");
}

/* One that is refused refuses all. */
static void features_that_are_refused(void **state)
{
    (void)state;
    feature_update two[] = {level("share.version", 1, 2), level("group.version", 7, 1)};
    static const char text[] = "'errorCode':95,'errorMessage':'level 7 of group.version: this broker supports 0 to 1'";
    char expected[300];
    snprintf(expected, sizeof expected, "{'throttleTimeMs':0,%s,'results':[]}", text);
    assert_string_equal(update(1, two, 2, false), expected);
    snprintf(expected, sizeof expected, "{'throttleTimeMs':0,%s}", text);
    assert_string_equal(update(2, two, 2, false), expected);
    assert_int_equal(level_of("share.version"), 2);
}

/* ---- what cannot be decided ---- */

static void assert_nothing_is_changed(const char *error, const char *message)
{
    char refused[200], expected[1024];
    whole_config whole[] = {set("flush.ms", "7")};
    changed_config changed[] = {change(CONFIG_SET, "flush.ms", "7")};
    feature_update down[] = {level("share.version", 1, 2)};
    snprintf(refused, sizeof refused, "'errorCode':%s,'errorMessage':%s", error, message);
    snprintf(expected, sizeof expected,
             RESPONSES "{%s,'resourceType':2,'resourceName':'t'},{%s,'resourceType':2,'resourceName':'u'}]}", refused,
             refused);
    assert_string_equal(alter(2, whole, 1, false), expected);
    assert_string_equal(alter_incrementally(1, changed, 1, false), expected);
    snprintf(expected, sizeof expected, "{'throttleTimeMs':0,%s,'results':[]}", refused);
    assert_string_equal(update(1, down, 1, false), expected);
    snprintf(expected, sizeof expected, "{'throttleTimeMs':0,%s}", refused);
    assert_string_equal(update(2, down, 1, false), expected);
    assert_config("flush.ms", NULL);
    assert_int_equal(level_of("share.version"), 2);
}

static void directories_that_are_only_read(void **state)
{
    (void)state;
    add_topic("t");
    struct controller *controller = broker.controller;
    broker.controller = NULL;
    assert_nothing_is_changed("44", READ_ONLY_TEXT);
    broker.controller = controller;
}

static void disks_that_are_full(void **state)
{
    (void)state;
    feature_update down[] = {level("share.version", 1, 2)};
    add_topic("t");
    file_faults_plan(FAULT_WRITE, 0, FAULT_FOREVER, ENOSPC);
    assert_nothing_is_changed("56", NOT_WRITTEN_TEXT);
    file_faults_plan(0, 0, 0, 0);
    assert_string_equal(update(2, down, 1, false), UPDATED "}");
}

/* What cannot be synced may be on the disk or not, so nothing is decided any more. */
static void disks_that_fail(void **state)
{
    (void)state;
    feature_update down[] = {level("share.version", 1, 2)};
    add_topic("t");
    file_faults_plan(FAULT_SYNC, 0, 1, EIO);
    assert_non_null(strstr(update(2, down, 1, false), "'errorCode':56"));
    assert_nothing_is_changed("56", NOT_WRITTEN_TEXT);
    restart_broker();
    assert_int_equal(level_of("share.version"), 1); /* it was on the disk */
}

static bool is_set(void)
{
    return metadata_find_config(current_image(), RESOURCE_TOPIC, kw_string_of("t"), kw_string_of("flush.ms")).len == 1;
}

static bool is_replaced(void)
{
    return !is_set();
}

static bool is_lower(void)
{
    return level_of("share.version") == 1;
}

static void requests_with_little_memory(void **state)
{
    (void)state;
    changed_config changed[] = {change(CONFIG_SET, "flush.ms", "7")};
    whole_config whole[] = {set("retention.ms", "8")};
    feature_update down[] = {level("share.version", 1, 2)};
    changed_resource c = {.resource_type = RESOURCE_TOPIC, .resource_name = kw_string_of("t"), .configs = {changed, 1}};
    whole_resource w = {.resource_type = RESOURCE_TOPIC, .resource_name = kw_string_of("t"), .configs = {whole, 1}};
    kw_incremental_alter_configs_request change_request;
    kw_alter_configs_request replace_request;
    kw_incremental_alter_configs_request_init(&change_request);
    kw_alter_configs_request_init(&replace_request);
    change_request.resources.items = &c;
    replace_request.resources.items = &w;
    change_request.resources.len = replace_request.resources.len = 1;
    const kw_update_features_request features = update_request(down, 1, false);
    add_topic("t");
    assert_all_or_nothing(KW_KEY_INCREMENTAL_ALTER_CONFIGS, 1, &change_request, is_set);
    assert_all_or_nothing(KW_KEY_ALTER_CONFIGS, 2, &replace_request, is_replaced);
    assert_all_or_nothing(KW_KEY_UPDATE_FEATURES, 1, &features, is_lower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ADMIN_TEST(configs_are_replaced),
        ADMIN_TEST(configs_are_changed),
        ADMIN_TEST(resources_of_each_type),
        ADMIN_TEST(features_are_updated),
        ADMIN_TEST(features_in_version_0),
        ADMIN_TEST(features_that_are_refused),
        ADMIN_TEST(directories_that_are_only_read),
        ADMIN_TEST(disks_that_are_full),
        ADMIN_TEST(disks_that_fail),
        ADMIN_TEST(requests_with_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

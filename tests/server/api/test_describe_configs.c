/* SPDX-License-Identifier: Apache-2.0 */
/* DescribeConfigs and ListConfigResources: values, where they come from, and what is refused. */
#include "handler_support.h"

#include <stdlib.h>
#include <unistd.h>

#include <kwire/error.h>

#include "config/static_config.h"

static const struct metadata_image *make_image(void)
{
    static const struct metadata_config of_topic[] = {{{"retention.ms", 12}, {" 5", 2}}};
    static const struct metadata_config of_broker[] = {{{"leader.replication.throttled.rate", 33}, {"9", 1}},
                                                       {{"log.retention.ms", 16}, {"6", 1}},
                                                       {{"own.name", 8}, {"secret", 6}}};
    static const struct metadata_config of_all[] = {{{"log.flush.interval.ms", 21}, {"8", 1}},
                                                    {{"log.retention.ms", 16}, {"7", 1}},
                                                    {{"of.a.plugin", 11}, {"secret", 6}}};
    static const struct metadata_config of_group[] = {{{"consumer.session.timeout.ms", 27}, {" 50000", 6}},
                                                      {{"share.isolation.level", 21}, {"read_committed", 14}},
                                                      {{"x", 1}, {"1", 1}}};
    static const struct metadata_broker brokers[] = {{.id = 7, .rack = {NULL, -1}},
                                                     {.id = 9, .rack = {NULL, -1}, .fenced = true}};
    const struct metadata_resource from[] = {{.type = RESOURCE_TOPIC, .name = {"t", 1}, of_topic, 1},
                                             {.type = RESOURCE_BROKER, .name = {"7", 1}, of_broker, 3},
                                             {.type = RESOURCE_BROKER, .name = {"", 0}, of_all, 3},
                                             {.type = RESOURCE_GROUP, .name = {"g", 1}, of_group, 3}};
    struct metadata_resource *resources[4];
    const struct metadata_topic topic = {.name = {"t", 1}, .id = {{1}}};
    struct metadata_topic *topics[] = {metadata_topic_create(&topic)};
    for (size_t i = 0; i < 4; i++)
        resources[i] = metadata_resource_create(&from[i]);
    const struct metadata_parts parts = {.topics = topics,
                                         .topic_count = 1,
                                         .resources = resources,
                                         .resource_count = 4,
                                         .brokers = brokers,
                                         .broker_count = 2,
                                         .epoch = -1};
    const struct metadata_image *image = metadata_image_create(&parts);
    assert_non_null(image);
    return image;
}

static struct handler h;
static const struct metadata_image *image;

static int set_up(void **state)
{
    (void)state;
    image = make_image();
    handler_init(&h, image);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    metadata_image_release(image);
    return 0;
}

static void ask(int8_t type, const char *name, const char *key, const char *expected)
{
    kw_string keys[] = {kw_string_of(key != NULL ? key : "")};
    kw_describe_configs_request_resource resource = {
        .resource_type = type, .resource_name = kw_string_of(name), .configuration_keys = {keys, key != NULL ? 1 : -1}};
    kw_describe_configs_request request = {.resources = {&resource, 1}, .include_synonyms = true};
    ASK(&h, describe_configs, 4, &request, expected);
}

static void values_of_topics(void **state)
{
    (void)state;
    ask(RESOURCE_TOPIC, "t", "retention.ms",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':2,'resourceName':'t',"
        "'configs':[{'name':'retention.ms','value':'5','readOnly':false,'configSource':1,'isSensitive':false,"
        "'synonyms':[{'name':'retention.ms','value':'5','source':1},"
        "{'name':'log.retention.ms','value':'6','source':2},{'name':'log.retention.ms','value':'7','source':3},"
        "{'name':'log.retention.hours','value':'168','source':5}],'configType':5,'documentation':null}]}]}");
    ask(RESOURCE_TOPIC, "t", "flush.ms",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':2,'resourceName':'t',"
        "'configs':[{'name':'flush.ms','value':'8','readOnly':false,'configSource':3,'isSensitive':false,"
        "'synonyms':[{'name':'log.flush.interval.ms','value':'8','source':3},"
        "{'name':'log.flush.scheduler.interval.ms','value':'9223372036854775807','source':5}],"
        "'configType':5,'documentation':null}]}]}");
    /* No value of the first name: nothing is listed. */
    ask(RESOURCE_TOPIC, "t", "segment.ms",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':2,'resourceName':'t',"
        "'configs':[{'name':'segment.ms','value':'604800000','readOnly':false,'configSource':5,'isSensitive':false,"
        "'synonyms':[],'configType':5,'documentation':null}]}]}");
}

static void values_of_brokers(void **state)
{
    (void)state;
    ask(RESOURCE_BROKER, "7", "log.retention.ms",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"
        "'configs':[{'name':'log.retention.ms','value':'6','readOnly':false,'configSource':2,'isSensitive':false,"
        "'synonyms':[{'name':'log.retention.ms','value':'6','source':2},"
        "{'name':'log.retention.ms','value':'7','source':3},{'name':'log.retention.hours','value':'168','source':5}],"
        "'configType':5,'documentation':null}]}]}");
    ask(RESOURCE_BROKER, "", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'',"
        "'configs':[{'name':'log.flush.interval.ms','value':'8','readOnly':false,'configSource':3,"
        "'isSensitive':false,'synonyms':[{'name':'log.flush.interval.ms','value':'8','source':3}],'configType':5,"
        "'documentation':null},"
        "{'name':'log.retention.ms','value':'7','readOnly':false,'configSource':3,'isSensitive':false,"
        "'synonyms':[{'name':'log.retention.ms','value':'7','source':3}],'configType':5,'documentation':null},"
        "{'name':'of.a.plugin','value':null,'readOnly':true,'configSource':3,'isSensitive':true,"
        "'synonyms':[{'name':'of.a.plugin','value':null,'source':3}],'configType':0,'documentation':null}]}]}");
    ask(RESOURCE_BROKER, "7", "ssl.key.password",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"
        "'configs':[{'name':'ssl.key.password','value':null,'readOnly':false,'configSource':5,'isSensitive':true,"
        "'synonyms':[],'configType':9,'documentation':null}]}]}");
    ask(RESOURCE_BROKER, "7", "leader.replication.throttled.rate",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"
        "'configs':[{'name':'leader.replication.throttled.rate','value':'9','readOnly':false,'configSource':2,"
        "'isSensitive':false,'synonyms':[{'name':'leader.replication.throttled.rate','value':'9','source':2}],"
        "'configType':5,'documentation':null}]}]}");
    static const char *const unset[] = {"follower.replication.throttled.rate", "super.users"};
    for (size_t i = 0; i < 2; i++)
        ask(RESOURCE_BROKER, "7", unset[i],
            "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"
            "'configs':[]}]}");
    ask(RESOURCE_BROKER, "7", "node.id",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"
        "'configs':[{'name':'node.id','value':null,'readOnly':true,'configSource':5,'isSensitive':false,"
        "'synonyms':[],'configType':3,'documentation':null}]}]}");
}

#define UNKNOWN(name, source, synonyms)                                                                        \
    "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"     \
    "'configs':[{'name':'" name "','value':null,'readOnly':true,'configSource':" source ",'isSensitive':true," \
    "'synonyms':[" synonyms "],'configType':0,'documentation':null}]}]}"
#define HIDDEN(name, source) "{'name':'" name "','value':null,'source':" source "}"

/* Names that Kafka does not know, wherever they were set; a value could be a secret. */
static void names_of_the_file(void **state)
{
    (void)state;
    char path[] = "/tmp/kwire-describe-configs-XXXXXX";
    static const char text[] = "a.name=1\nlog.retention.bytes=5\nb.name=2\nown.name=3\nof.a.plugin=4\n"
                               "log.initial.task.delay.ms=5\n";
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && close(file) == 0);
    h.broker.config.file = static_config_read(path);
    assert_int_equal(unlink(path), 0);
    assert_non_null(h.broker.config.file);
    ask(RESOURCE_BROKER, "7", "b.name", UNKNOWN("b.name", "4", HIDDEN("b.name", "4")));
    ask(RESOURCE_BROKER, "7", "own.name",
        UNKNOWN("own.name", "2", HIDDEN("own.name", "2") "," HIDDEN("own.name", "4")));
    ask(RESOURCE_BROKER, "7", "of.a.plugin",
        UNKNOWN("of.a.plugin", "3", HIDDEN("of.a.plugin", "3") "," HIDDEN("of.a.plugin", "4")));
    ask(RESOURCE_BROKER, "7", "log.initial.task.delay.ms", /* internal: shown because it is set */
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"
        "'configs':[{'name':'log.initial.task.delay.ms','value':'5','readOnly':true,'configSource':4,"
        "'isSensitive':false,'synonyms':[{'name':'log.initial.task.delay.ms','value':'5','source':4},"
        "{'name':'log.initial.task.delay.ms','value':'30000','source':5}],'configType':5,"
        "'documentation':null}]}]}");
    ask(RESOURCE_BROKER, "7", "c.name",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"
        "'configs':[]}]}");
    ask(RESOURCE_TOPIC, "t", "retention.bytes",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':2,'resourceName':'t',"
        "'configs':[{'name':'retention.bytes','value':'5','readOnly':false,'configSource':4,'isSensitive':false,"
        "'synonyms':[{'name':'log.retention.bytes','value':'5','source':4},"
        "{'name':'log.retention.bytes','value':'-1','source':5}],'configType':5,'documentation':null}]}]}");
    static_config_free(h.broker.config.file);
}

/* As Apache Kafka has answered. */
static void values_of_groups(void **state)
{
    (void)state;
    ask(RESOURCE_GROUP, "g", "consumer.session.timeout.ms",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':32,'resourceName':'g',"
        "'configs':[{'name':'consumer.session.timeout.ms','value':'50000','readOnly':false,'configSource':8,"
        "'isSensitive':false,'synonyms':[{'name':'consumer.session.timeout.ms','value':'50000','source':8},"
        "{'name':'group.consumer.session.timeout.ms','value':'45000','source':5}],'configType':3,"
        "'documentation':null}]}]}");
    ask(RESOURCE_GROUP, "h", "share.isolation.level",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':32,'resourceName':'h',"
        "'configs':[{'name':'share.isolation.level','value':'read_uncommitted','readOnly':false,'configSource':5,"
        "'isSensitive':false,'synonyms':[{'name':'share.isolation.level','value':'read_uncommitted','source':5}],"
        "'configType':2,'documentation':null}]}]}");
    ask(RESOURCE_GROUP, "h", "streams.assignor.name",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':32,'resourceName':'h',"
        "'configs':[{'name':'streams.assignor.name','value':'sticky','readOnly':false,'configSource':5,"
        "'isSensitive':false,'synonyms':[{'name':'group.streams.assignors','value':'sticky','source':5}],"
        "'configType':2,'documentation':null}]}]}");
    ask(RESOURCE_GROUP, "g", "x", /* what Kafka does not know is not shown */
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':32,'resourceName':'g',"
        "'configs':[]}]}");
    ask(RESOURCE_GROUP, "g", "streams.num.warmup.replicas", /* nor what is internal */
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':32,'resourceName':'g',"
        "'configs':[]}]}");
}

static void values_of_client_metrics(void **state)
{
    (void)state;
    ask(RESOURCE_CLIENT_METRICS, "m", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':16,'resourceName':'m',"
        "'configs':[{'name':'interval.ms','value':'300000','readOnly':false,'configSource':5,'isSensitive':false,"
        "'synonyms':[],'configType':3,'documentation':null},"
        "{'name':'match','value':'','readOnly':false,'configSource':5,'isSensitive':false,'synonyms':[],"
        "'configType':7,'documentation':null},"
        "{'name':'metrics','value':'','readOnly':false,'configSource':5,'isSensitive':false,'synonyms':[],"
        "'configType':7,'documentation':null}]}]}");
}

static void what_is_refused(void **state)
{
    (void)state;
    ask(RESOURCE_TOPIC, "u", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':3,'errorMessage':'','resourceType':2,'resourceName':'u',"
        "'configs':[]}]}");
    ask(RESOURCE_TOPIC, "a b", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':17,'errorMessage':'no valid topic name','resourceType':2,"
        "'resourceName':'a b','configs':[]}]}");
    ask(RESOURCE_BROKER, "8", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':42,'errorMessage':'another broker than this one',"
        "'resourceType':4,'resourceName':'8','configs':[]}]}");
    ask(RESOURCE_BROKER, "7x", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':42,'errorMessage':'another broker than this one',"
        "'resourceType':4,'resourceName':'7x','configs':[]}]}");
    ask(RESOURCE_BROKER, " 7", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':42,'errorMessage':'another broker than this one',"
        "'resourceType':4,'resourceName':' 7','configs':[]}]}");
    ask(RESOURCE_BROKER, "+07", "super.users",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'+07',"
        "'configs':[]}]}");
    h.broker.identity.node_id = 12;
    ask(RESOURCE_BROKER, "12", "super.users",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'12',"
        "'configs':[]}]}");
    h.broker.identity.node_id = 7;
    ask(8, "", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':42,'errorMessage':'another broker than this one, or none',"
        "'resourceType':8,'resourceName':'','configs':[]}]}");
    ask(8, "7", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':8,'resourceName':'7',"
        "'configs':[]}]}");
    ask(RESOURCE_GROUP, "", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':42,'errorMessage':'a resource without a name',"
        "'resourceType':32,'resourceName':'','configs':[]}]}");
    ask(3, "x", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':42,'errorMessage':'the request has a resource of an unknown "
        "type','resourceType':3,'resourceName':'x','configs':[]}]}");
}

static void brokers_without_configs(void **state)
{
    (void)state;
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *empty = metadata_image_create(&nothing);
    assert_non_null(empty);
    h.call.image = empty;
    ask(RESOURCE_BROKER, "", NULL,
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'',"
        "'configs':[]}]}");
    ask(RESOURCE_BROKER, "7", "own.name",
        "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':4,'resourceName':'7',"
        "'configs':[]}]}");
    h.call.image = image;
    metadata_image_release(empty);
}

/* ---- versions ---- */

static void ask_version(int16_t version, bool synonyms, bool documentation, const char *key, const char *expected)
{
    kw_string keys[] = {kw_string_of(key)};
    kw_describe_configs_request_resource resource = {
        .resource_type = RESOURCE_TOPIC, .resource_name = kw_string_of("t"), .configuration_keys = {keys, 1}};
    kw_describe_configs_request request = {
        .resources = {&resource, 1}, .include_synonyms = synonyms, .include_documentation = documentation};
    ASK(&h, describe_configs, version, &request, expected);
}

#define OF_TOPIC                                                                                           \
    "{'throttleTimeMs':0,'results':[{'errorCode':0,'errorMessage':'','resourceType':2,'resourceName':'t'," \
    "'configs':[{"

/* Where a value comes from is said since version 1. Before that there is a flag for defaults, which the last Kafka that
 * serves the version never sets. */
static void versions(void **state)
{
    (void)state;
    ask_version(0, false, false, "retention.ms",
                OF_TOPIC "'name':'retention.ms','value':'5','readOnly':false,'isDefault':false,"
                         "'isSensitive':false}]}]}");
    ask_version(0, false, false, "segment.ms",
                OF_TOPIC "'name':'segment.ms','value':'604800000','readOnly':false,'isDefault':false,"
                         "'isSensitive':false}]}]}");
    for (int16_t v = 1; v <= 2; v++)
        ask_version(v, false, false, "segment.ms",
                    OF_TOPIC "'name':'segment.ms','value':'604800000','readOnly':false,'configSource':5,"
                             "'isSensitive':false,'synonyms':[]}]}]}");
    ask_version(1, true, false, "flush.messages",
                OF_TOPIC "'name':'flush.messages','value':'9223372036854775807','readOnly':false,'configSource':5,"
                         "'isSensitive':false,'synonyms':[{'name':'log.flush.interval.messages',"
                         "'value':'9223372036854775807','source':5}]}]}]}");
    ask_version(3, false, false, "segment.ms",
                OF_TOPIC "'name':'segment.ms','value':'604800000','readOnly':false,'configSource':5,"
                         "'isSensitive':false,'synonyms':[],'configType':5,'documentation':null}]}]}");
    ask_version(4, false, true, "segment.ms",
                OF_TOPIC "'name':'segment.ms','value':'604800000','readOnly':false,'configSource':5,"
                         "'isSensitive':false,'synonyms':[],'configType':5,'documentation':'Age at which a "
                         "new segment starts.'}]}]}");
}

/* Without keys all are listed, each once, also those that Kafka does not know; the memory is as large as it must be. */
static void all_configs(void **state)
{
    (void)state;
    kw_describe_configs_request_resource resources[] = {
        {.resource_type = RESOURCE_TOPIC, .resource_name = {"t", 1}, .configuration_keys = {NULL, -1}},
        {.resource_type = RESOURCE_BROKER, .resource_name = {"7", 1}, .configuration_keys = {NULL, 0}}};
    kw_describe_configs_request request = {.resources = {resources, 2}};
    kw_describe_configs_response response;
    kw_arena arena;
    size_t of_topics = 0, unknown = 0;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    h.call.arena = &arena;
    h.call.version = 4;
    kw_describe_configs_response_init(&response);
    assert_int_equal(handle_describe_configs(&h.call, &request, &response), CALL_ANSWERED);
    for (size_t i = 0; i < setting_count; i++)
        of_topics += settings[i].scope == SETTING_TOPIC && !settings[i].internal;
    assert_int_equal(response.results.items[0].configs.len, of_topics);
    for (int r = 0; r < 2; r++)
        for (int32_t i = 0; i < response.results.items[r].configs.len; i++) {
            kw_string name = response.results.items[r].configs.items[i].name;
            unknown +=
                kw_string_equal(name, kw_string_of("own.name")) || kw_string_equal(name, kw_string_of("of.a.plugin"));
            for (int32_t k = 0; k < i; k++)
                assert_false(kw_string_equal(name, response.results.items[r].configs.items[k].name));
        }
    assert_int_equal(unknown, 2);
    kw_arena_finish(&arena);
}

static void list(int16_t version, int8_t *types, int32_t count, const char *expected)
{
    kw_list_config_resources_request request = {.resource_types = {types, count}};
    ASK(&h, list_config_resources, version, &request, expected);
}

static void resources_are_listed(void **state)
{
    (void)state;
    int8_t topic[] = {RESOURCE_TOPIC}, others[] = {RESOURCE_BROKER, RESOURCE_GROUP}, unknown[] = {3};
    list(0, NULL, 0, "{'throttleTimeMs':0,'errorCode':0,'configResources':[]}");
    list(1, topic, 1, "{'throttleTimeMs':0,'errorCode':0,'configResources':[{'resourceName':'t','resourceType':2}]}");
    list(1, others, 2,
         "{'throttleTimeMs':0,'errorCode':0,'configResources':[{'resourceName':'g','resourceType':32},"
         "{'resourceName':'7','resourceType':4}]}");
    list(1, NULL, 0,
         "{'throttleTimeMs':0,'errorCode':0,'configResources':[{'resourceName':'g','resourceType':32},"
         "{'resourceName':'7','resourceType':8},{'resourceName':'7','resourceType':4},"
         "{'resourceName':'t','resourceType':2}]}");
    list(1, unknown, 1, "{'throttleTimeMs':0,'errorCode':35,'configResources':[]}");
}

#define CONFIG_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONFIG_TEST(values_of_topics),
        CONFIG_TEST(values_of_brokers),
        CONFIG_TEST(names_of_the_file),
        CONFIG_TEST(what_is_refused),
        CONFIG_TEST(brokers_without_configs),
        CONFIG_TEST(versions),
        CONFIG_TEST(all_configs),
        CONFIG_TEST(resources_are_listed),
        CONFIG_TEST(values_of_groups),
        CONFIG_TEST(values_of_client_metrics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

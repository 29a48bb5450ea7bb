/* SPDX-License-Identifier: Apache-2.0 */
/* What AlterConfigs and IncrementalAlterConfigs decide: errors, and the records, as text. */
#include "decision_support.h"

#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/topic_record.h>

#include "metadata/decide_configs.h"

static void add_topic(const char *name)
{
    kw_topic_record record;
    kw_topic_record_init(&record);
    start_decision();
    record.name = kw_string_of(name);
    assert_true(random_uuid(&d.random.source, &record.topic_id));
    record_list_add(&d.decision.records, &kw_topic_record_message, 0, &record);
    apply();
}

static struct config_change change(int8_t operation, const char *name, const char *value)
{
    const kw_string null = {NULL, -1};
    return (struct config_change){kw_string_of(name), value != NULL ? kw_string_of(value) : null, operation};
}

static struct resource_changes resource(int8_t type, const char *name, struct config_change *changes, size_t count)
{
    return (struct resource_changes){
        .type = type, .name = kw_string_of(name), .changes = changes, .count = count, .replaces = false};
}

/* The errors; then the records. */
static const char *alter_all(struct resource_changes *resources, size_t count, bool validate_only)
{
    static char all[2 * TEXT];
    start_decision();
    assert_true(decide_configs(&d.decision, NULL, resources, count, validate_only, &d.arena));
    d.text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        if (resources[i].refusal.error != KW_ERROR_NONE)
            add_result(resources[i].name, resources[i].refusal.error, resources[i].refusal.message);
    strcpy(all, d.text);
    strcat(all, records_text());
    apply();
    return all;
}

static const char *alter(int8_t type, const char *name, struct config_change *changes, size_t count)
{
    struct resource_changes r = resource(type, name, changes, count);
    return alter_all(&r, 1, false);
}

static const char *alter_one(int8_t type, const char *name, struct config_change c)
{
    return alter(type, name, &c, 1);
}

static void sets_and_deletes(void **state)
{
    (void)state;
    add_topic("t");
    struct config_change set[] = {change(CONFIG_SET, "retention.ms", "1"),
                                  change(CONFIG_SET, "segment.bytes", "2000000")};
    assert_string_equal(
        alter(RESOURCE_TOPIC, "t", set, 2),
        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'retention.ms','value':'1'}\n"
        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'segment.bytes','value':'2000000'}\n");
    set[0].value = kw_string_of("2");
    assert_string_equal(alter(RESOURCE_TOPIC, "t", set, 2),
                        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'retention.ms','value':'2'}\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_DELETE, "retention.ms", NULL)),
                        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'retention.ms','value':null}\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_DELETE, "retention.ms", NULL)), "");
    assert_string_equal(alter(RESOURCE_TOPIC, "t", NULL, 0), "");
}

/* It is a value, and not none. */
static void empty_values(void **state)
{
    (void)state;
    static const char record[] = "ConfigRecord 0 {'resourceType':2,'resourceName':'t',"
                                 "'name':'follower.replication.throttled.replicas','value':''}\n";
    const struct config_change empty = change(CONFIG_SET, "follower.replication.throttled.replicas", "");
    add_topic("t");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", empty), record);
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", empty), "");
    assert_non_null(strstr(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_DELETE, empty.name.data, NULL)), "null"));
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", empty), record);
}

/* What grows may become too long. */
static void long_lists(void **state)
{
    (void)state;
    enum { ITEMS = 4095, WIDTH = 8 };
    static const char name[] = "follower.replication.throttled.replicas";
    static char value[ITEMS * WIDTH + 1];
    for (int i = 0; i < ITEMS; i++)
        (void)snprintf(value + i * WIDTH, WIDTH + 1, "%d:1,", 10000 + i);
    value[ITEMS * WIDTH - 1] = '\0';
    struct config_change grows[] = {change(CONFIG_APPEND, name, value)};
    struct resource_changes r = resource(RESOURCE_TOPIC, "t", grows, 1);
    add_topic("t");
    for (int i = 0; i < 2; i++) { /* 32,759 bytes, and then as many as there may be */
        start_decision();
        assert_true(decide_configs(&d.decision, NULL, &r, 1, false, &d.arena));
        assert_int_equal(r.refusal.error, KW_ERROR_NONE);
        apply();
        grows[0].value = kw_string_of("10000:1,100:100");
    }
    assert_int_equal(metadata_find_config(d.image, RESOURCE_TOPIC, kw_string_of("t"), grows[0].name).len, INT16_MAX);
    assert_string_equal(
        alter_one(RESOURCE_TOPIC, "t", change(CONFIG_APPEND, name, "1:1")),
        "t INVALID_CONFIG: the value of config follower.replication.throttled.replicas is longer than 32767 bytes\n");
}

/* All resources of a request that is too large are refused, and one of that size is not. */
static void changes_of_a_request_are_limited(void **state)
{
    (void)state;
    enum { LIMIT_OF_REQUEST = 10000, SIZE = 16 };
    struct config_change *changes = calloc(LIMIT_OF_REQUEST + 1, sizeof *changes);
    char(*names)[SIZE] = calloc(LIMIT_OF_REQUEST, SIZE);
    assert_true(changes != NULL && names != NULL);
    for (int i = 0; i < LIMIT_OF_REQUEST; i++) {
        snprintf(names[i], SIZE, "plugin.%d", i);
        changes[i] = change(CONFIG_SET, names[i], "1");
    }
    struct config_change one = change(CONFIG_SET, "retention.ms", "1");
    struct resource_changes both[] = {resource(RESOURCE_BROKER, "7", changes, LIMIT_OF_REQUEST),
                                      resource(RESOURCE_TOPIC, "t", &one, 1)};
    add_topic("t");
    start_decision();
    assert_true(decide_configs(&d.decision, NULL, both, 1, false, &d.arena));
    assert_int_equal(both[0].refusal.error, KW_ERROR_NONE);
    assert_int_equal(d.decision.records.count, LIMIT_OF_REQUEST);
    assert_string_equal(alter_all(both, 2, false), "7 POLICY_VIOLATION: a request may change 10000 configs at most\n"
                                                   "t POLICY_VIOLATION: a request may change 10000 configs at most\n");
    free(changes);
    free(names);
}

static void replaces(void **state)
{
    (void)state;
    add_topic("t");
    struct config_change set[] = {change(CONFIG_SET, "retention.ms", "1"), change(CONFIG_SET, "segment.ms", "5")};
    (void)alter(RESOURCE_TOPIC, "t", set, 2);
    struct config_change now[] = {change(CONFIG_SET, "segment.ms", "5"), change(CONFIG_SET, "flush.ms", "3")};
    struct resource_changes r = resource(RESOURCE_TOPIC, "t", now, 2);
    r.replaces = true;
    assert_string_equal(alter_all(&r, 1, true), "");
    assert_string_equal(alter_all(&r, 1, false),
                        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'flush.ms','value':'3'}\n"
                        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'retention.ms','value':null}\n");
}

static void lists_grow_and_shrink(void **state)
{
    (void)state;
    add_topic("t");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_APPEND, "cleanup.policy", "compact")),
                        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'cleanup.policy',"
                        "'value':'delete,compact'}\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_APPEND, "cleanup.policy", "compact,delete")), "");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_SUBTRACT, "cleanup.policy", "delete,x")),
                        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'cleanup.policy',"
                        "'value':'compact'}\n");
    /* As Java splits: empty items at the end do not count, others do, and nothing is one. */
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_APPEND, "cleanup.policy", "delete,,")),
                        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'cleanup.policy',"
                        "'value':'compact,delete'}\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_APPEND, "cleanup.policy", ",")), "");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_SUBTRACT, "cleanup.policy", "")), "");
    static const char *const empty[] = {"", ",compact", "compact,,delete"};
    for (size_t i = 0; i < COUNT_OF(empty); i++)
        assert_non_null(strstr(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_APPEND, "cleanup.policy", empty[i])),
                               "t INVALID_CONFIG: "));
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_APPEND, "retention.ms", "1")),
                        "t INVALID_CONFIG: config retention.ms is no list, to which a value could be added\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_SUBTRACT, "nonsense", "1")),
                        "t INVALID_CONFIG: config nonsense is no list, to which a value could be added\n");
}

static void the_form_is_checked(void **state)
{
    (void)state;
    add_topic("t");
    struct config_change twice[] = {change(CONFIG_SET, "flush.ms", "1"), change(CONFIG_DELETE, "flush.ms", NULL)};
    assert_string_equal(alter(RESOURCE_TOPIC, "t", twice, 2),
                        "t INVALID_REQUEST: config flush.ms is named more than once\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_SET, "flush.ms", NULL)),
                        "t INVALID_REQUEST: config flush.ms has no value\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(4, "flush.ms", "1")),
                        "t INVALID_REQUEST: 4 is no operation on a config\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(-1, "flush.ms", "1")),
                        "t INVALID_REQUEST: -1 is no operation on a config\n");
    static char value[INT16_MAX + 2];
    memset(value, '1', sizeof value - 1);
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_SET, "flush.ms", value)),
                        "t INVALID_CONFIG: the value of config flush.ms is longer than 32767 bytes\n");
}

static void resources_are_checked(void **state)
{
    (void)state;
    const struct config_change c = change(CONFIG_SET, "flush.ms", "1");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "", c), " INVALID_REQUEST: topics have no common configs\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "a b", c),
                        "a b INVALID_TOPIC_EXCEPTION: 'a b' is no valid topic name\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", c), "t UNKNOWN_TOPIC_OR_PARTITION: no topic has this name\n");
    assert_string_equal(alter_one(RESOURCE_TOPIC, "t", change(CONFIG_SET, "flush.ms", "x")) + 2,
                        "INVALID_CONFIG: Invalid value x for configuration flush.ms: Not a number of type LONG\n");
    assert_string_equal(alter_one(RESOURCE_BROKER, "8", c),
                        "8 INVALID_REQUEST: broker '8' is not this one, which is 7\n");
    assert_string_equal(alter_one(RESOURCE_BROKER_LOGGER, "7", c),
                        "7 INVALID_CONFIG: this broker has no logger flush.ms\n");
    assert_string_equal(alter_one(RESOURCE_BROKER_LOGGER, "8", c),
                        "8 INVALID_REQUEST: loggers are those of this broker\n");
    assert_string_equal(alter_one(RESOURCE_BROKER_LOGGER, "", c),
                        " INVALID_REQUEST: loggers are those of this broker\n");
    assert_string_equal(alter(RESOURCE_BROKER_LOGGER, "7", NULL, 0), "");
    struct config_change one = c;
    struct resource_changes loggers = resource(RESOURCE_BROKER_LOGGER, "7", &one, 1);
    loggers.replaces = true;
    assert_string_equal(alter_all(&loggers, 1, false), "7 INVALID_REQUEST: levels of loggers are changed one by one\n");
    assert_string_equal(alter_one(1, "7", c),
                        "7 INVALID_REQUEST: resources of type 1 have no configs that could be changed\n");
    struct config_change change_of_both = c;
    struct resource_changes both[] = {resource(RESOURCE_TOPIC, "t", &change_of_both, 1),
                                      resource(RESOURCE_BROKER, "t", &change_of_both, 1),
                                      resource(RESOURCE_TOPIC, "t", &change_of_both, 1)};
    assert_string_equal(alter_all(both, 3, false),
                        "t INVALID_REQUEST: the request names this resource more than once\n"
                        "t INVALID_REQUEST: broker 't' is not this one, which is 7\n"
                        "t INVALID_REQUEST: the request names this resource more than once\n");
}

static void brokers_are_checked(void **state)
{
    (void)state;
    assert_string_equal(alter_one(RESOURCE_BROKER, "", change(CONFIG_SET, "log.retention.ms", "5")),
                        "ConfigRecord 0 {'resourceType':4,'resourceName':'','name':'log.retention.ms','value':'5'}\n");
    assert_string_equal(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "log.retention.ms", "5")),
                        "ConfigRecord 0 {'resourceType':4,'resourceName':'7','name':'log.retention.ms','value':'5'}\n");
    /* Written again, so that what it names is read again. */
    assert_string_equal(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "log.retention.ms", "5")),
                        "ConfigRecord 0 {'resourceType':4,'resourceName':'7','name':'log.retention.ms','value':'5'}\n");
    assert_string_equal(alter_one(RESOURCE_BROKER, "", change(CONFIG_SET, "listeners", "PLAINTEXT://:1")),
                        " INVALID_REQUEST: listeners of this broker cannot change while it runs\n");
    static const char *const of_listeners[] = {"advertised.listeners", "listener.security.protocol.map"};
    for (size_t i = 0; i < COUNT_OF(of_listeners); i++)
        assert_non_null(strstr(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, of_listeners[i], "PLAINTEXT://a:1")),
                               " of this broker cannot change while it runs\n"));
    assert_non_null(strstr(alter_one(RESOURCE_BROKER, "7", change(CONFIG_DELETE, "node.id", NULL)), "null"));
    assert_string_equal(alter_one(RESOURCE_BROKER, "", change(CONFIG_SET, "cordoned.log.dirs", "/x")),
                        " INVALID_REQUEST: cordoned.log.dirs can only be set for a single broker\n");
    assert_non_null(strstr(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "cordoned.log.dirs", "/x")), "'/x'"));
    assert_string_equal(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "node.id", "1")),
                        "7 INVALID_REQUEST: node.id can only be set in the properties file\n");
    assert_non_null(strstr(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "log.retention.ms", "x")),
                           "7 INVALID_REQUEST: Invalid value x for configuration log.retention.ms"));
    assert_non_null(strstr(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "ssl.keystore.location", "/x")),
                           "would protect something"));
    assert_non_null(strstr(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "listener.name.a.x", "1")),
                           "would protect something"));
    assert_string_equal(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "of.a.plugin", "1")),
                        "ConfigRecord 0 {'resourceType':4,'resourceName':'7','name':'of.a.plugin','value':'1'}\n");
}

static const char *set_one(const char *of, const char *name, const char *value)
{
    return alter_one(RESOURCE_BROKER, of, change(value != NULL ? CONFIG_SET : CONFIG_DELETE, name, value));
}

#define INVALID " INVALID_REQUEST: Invalid value org.apache.kafka.common.config.ConfigException: "
#define THREADS INVALID "Dynamic thread count update validation failed for "
#define DYNAMIC " for configuration Invalid dynamic configuration\n"

/* At most double of what is in effect, at least half of it. */
static void pools_of_threads(void **state)
{
    (void)state;
    assert_string_equal(set_one("7", "background.threads", "21"),
                        "7" THREADS
                        "background.threads=21, value should not be greater than double the current value 10" DYNAMIC);
    assert_string_equal(set_one("", "background.threads", "4"),
                        THREADS "background.threads=4, value should be at least half the current value 10" DYNAMIC);
    assert_non_null(strstr(set_one("7", "background.threads", "20"), "'20'"));
    assert_non_null(strstr(set_one("", "background.threads", "400"), "'400'")); /* has no effect on this one */
    assert_string_equal(set_one("7", "background.threads", NULL),
                        "7" THREADS
                        "background.threads=400, value should not be greater than double the current value 20" DYNAMIC);
    struct resource_changes r = resource(RESOURCE_BROKER, "7", NULL, 0);
    r.replaces = true;
    assert_non_null(strstr(alter_all(&r, 1, false), "background.threads=400"));
    assert_non_null(strstr(set_one("", "background.threads", NULL), "null"));
    assert_non_null(strstr(set_one("7", "background.threads", NULL), "null"));
    assert_non_null(strstr(set_one("7", "num.replica.fetchers", "2"), "'2'"));
    assert_non_null(strstr(set_one("", "num.io.threads", "3"), "num.io.threads=3, value should be at least half"));
    assert_non_null(strstr(set_one("", "num.io.threads", "0"), "Value must be at least 1"));
    assert_non_null(strstr(set_one("", "remote.log.reader.threads", "21"), "remote.log.reader.threads=21, value"));
}

static void cleaners(void **state)
{
    (void)state;
    assert_string_equal(set_one("", "log.cleaner.threads", "3"),
                        INVALID "Log cleaner threads cannot be increased to "
                                "more than double the current value 1" DYNAMIC);
    assert_non_null(strstr(set_one("", "log.cleaner.threads", "0"), " INVALID_REQUEST: / by zero\n"));
    assert_non_null(strstr(set_one("", "log.cleaner.threads", "2"), "'2'"));
    assert_non_null(strstr(set_one("", "log.cleaner.threads", "4"), "'4'"));
    assert_string_equal(set_one("", "log.cleaner.threads", NULL),
                        INVALID "Log cleaner threads cannot be reduced to less "
                                "than half the current value 4" DYNAMIC);
    assert_string_equal(
        set_one("7", "log.cleaner.dedupe.buffer.size", "4194307"),
        "7 INVALID_REQUEST: requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per "
        "cleaner thread.\n");
    assert_non_null(strstr(set_one("7", "log.cleaner.dedupe.buffer.size", "4194308"), "'4194308'"));
    assert_non_null(strstr(set_one("", "log.cleaner.threads", "5"), "at least 1MB per"));
}

static void values_of_brokers(void **state)
{
    (void)state;
    assert_non_null(strstr(set_one("", "log.roll.ms", "0"), "log.roll.ms must be greater than or equal to 1\n"));
    assert_non_null(strstr(set_one("", "log.roll.ms", "1"), "'1'"));
    assert_non_null(strstr(set_one("7", "log.roll.ms", "5"), "'5'"));
    assert_non_null(strstr(set_one("", "log.roll.ms", "0"), "'0'")); /* has no effect on this one */
    assert_non_null(strstr(set_one("7", "log.roll.ms", NULL), "log.roll.ms must be greater than or equal to 1\n"));
    assert_non_null(strstr(set_one("", "log.roll.jitter.ms", "-1"), "jitter.ms must be greater than or equal to 0\n"));
    assert_non_null(strstr(set_one("", "log.roll.jitter.ms", "0"), "'0'"));
    assert_non_null(strstr(set_one("", "log.retention.ms", "0"), "log.retention.ms must be unlimited (-1) or, "));
    assert_non_null(strstr(set_one("", "log.retention.ms", "-2"), "'-2'"));
    assert_non_null(strstr(set_one("7", "max.connections.per.ip", "0"), "max.connections.per.ip can be set to zero"));
    assert_non_null(strstr(set_one("7", "max.connections", "0"), INVALID "Invalid max.connections 0" DYNAMIC));
}

static void min_isr_and_elr(void **state)
{
    (void)state;
    add_topic("t");
    enable_elr();
    assert_string_equal(
        alter_one(RESOURCE_TOPIC, "t", change(CONFIG_SET, "min.insync.replicas", "2")),
        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'min.insync.replicas','value':'2'}\n"
        "ClearElrRecord 0 {'topicName':'t'}\n");
    assert_string_equal(alter_one(RESOURCE_BROKER, "", change(CONFIG_SET, "min.insync.replicas", "2")),
                        "ConfigRecord 0 {'resourceType':4,'resourceName':'','name':'min.insync.replicas','value':'2'}\n"
                        "ClearElrRecord 0 {'topicName':''}\n");
    assert_non_null(strstr(alter_one(RESOURCE_BROKER, "7", change(CONFIG_SET, "min.insync.replicas", "2")),
                           "7 INVALID_CONFIG: Broker-level min.insync.replicas cannot be altered"));
    assert_non_null(strstr(alter_one(RESOURCE_BROKER, "", change(CONFIG_DELETE, "min.insync.replicas", NULL)),
                           " INVALID_CONFIG: Cluster-level min.insync.replicas cannot be removed"));
    struct resource_changes r = resource(RESOURCE_BROKER, "", NULL, 0);
    r.replaces = true;
    assert_non_null(strstr(alter_all(&r, 1, false), "cannot be removed"));
    r = resource(RESOURCE_TOPIC, "t", NULL, 0);
    r.replaces = true;
    assert_string_equal(
        alter_all(&r, 1, false),
        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'min.insync.replicas','value':null}\n"
        "ClearElrRecord 0 {'topicName':'t'}\n");
}

struct judged {
    const char *name;
    const char *value;
    int16_t error;
};

/* Each alone, as Apache Kafka has answered. */
static void assert_judged(int8_t type, const struct judged *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct config_change c = change(CONFIG_SET, cases[i].name, cases[i].value);
        struct resource_changes r = resource(type, "g", &c, 1);
        const char *said = alter_all(&r, 1, true);
        if (r.refusal.error != cases[i].error)
            fail_msg("%s=%s: %d, not %d: %s", cases[i].name, cases[i].value, r.refusal.error, cases[i].error, said);
        assert_true(r.refusal.error == KW_ERROR_NONE || r.refusal.message.len > 0);
    }
}

static void groups_are_checked(void **state)
{
    (void)state;
    static const struct judged cases[] = {
        {"errors.deadletterqueue.topic.name", "dlq.a", KW_ERROR_NONE},
        {"errors.deadletterqueue.topic.name", "__x", KW_ERROR_INVALID_CONFIG},
        {"errors.deadletterqueue.topic.name", "a/b", KW_ERROR_NONE},
        {"errors.deadletterqueue.topic.name", "", KW_ERROR_NONE},
        {"errors.deadletterqueue.topic.name", "_y", KW_ERROR_NONE},
        {"errors.deadletterqueue.topic.name", "kwx", KW_ERROR_NONE},
        {"streams.assignor.name", "sticky", KW_ERROR_NONE},
        {"streams.assignor.name", "other", KW_ERROR_INVALID_CONFIG},
        {"streams.assignor.name", "", KW_ERROR_INVALID_CONFIG},
        {"streams.rack.aware.assignment.tags", "a,b", KW_ERROR_NONE},
        {"streams.rack.aware.assignment.tags", "", KW_ERROR_NONE},
        {"streams.rack.aware.assignment.tags", "a,a", KW_ERROR_INVALID_CONFIG},
        {"streams.rack.aware.assignment.tags", "a, b", KW_ERROR_NONE},
        {"streams.rack.aware.assignment.tags", "a,b,c,d,e,f", KW_ERROR_NONE},
        {"share.partition.max.record.locks", "100", KW_ERROR_NONE},
        {"share.partition.max.record.locks", "2000", KW_ERROR_NONE},
        {"share.partition.max.record.locks", "10000", KW_ERROR_INVALID_CONFIG},
        {"share.partition.max.record.locks", "10001", KW_ERROR_INVALID_CONFIG},
        {"share.partition.max.record.locks", "4000", KW_ERROR_NONE},
        {"share.partition.max.record.locks", "99", KW_ERROR_INVALID_CONFIG},
        {"share.delivery.count.limit", "1", KW_ERROR_INVALID_CONFIG},
        {"share.delivery.count.limit", "2", KW_ERROR_NONE},
        {"share.delivery.count.limit", "5", KW_ERROR_NONE},
        {"share.delivery.count.limit", "10", KW_ERROR_NONE},
        {"share.delivery.count.limit", "11", KW_ERROR_INVALID_CONFIG},
        {"share.record.lock.duration.ms", "15000", KW_ERROR_NONE},
        {"share.record.lock.duration.ms", "14999", KW_ERROR_INVALID_CONFIG},
        {"share.record.lock.duration.ms", "60000", KW_ERROR_NONE},
        {"share.record.lock.duration.ms", "60001", KW_ERROR_INVALID_CONFIG},
        {"share.record.lock.duration.ms", "0", KW_ERROR_INVALID_CONFIG},
        {"share.record.lock.duration.ms", "-1", KW_ERROR_INVALID_CONFIG},
        {"consumer.assignment.interval.ms", "0", KW_ERROR_NONE},
        {"share.assignment.interval.ms", "0", KW_ERROR_NONE},
        {"streams.assignment.interval.ms", "0", KW_ERROR_NONE},
        {"consumer.assignment.interval.ms", "1000", KW_ERROR_NONE},
        {"share.assignment.interval.ms", "1000", KW_ERROR_NONE},
        {"streams.assignment.interval.ms", "1000", KW_ERROR_NONE},
        {"consumer.assignment.interval.ms", "15000", KW_ERROR_NONE},
        {"share.assignment.interval.ms", "15000", KW_ERROR_NONE},
        {"streams.assignment.interval.ms", "15000", KW_ERROR_NONE},
        {"consumer.assignment.interval.ms", "15001", KW_ERROR_INVALID_CONFIG},
        {"share.assignment.interval.ms", "15001", KW_ERROR_INVALID_CONFIG},
        {"streams.assignment.interval.ms", "15001", KW_ERROR_INVALID_CONFIG},
        {"consumer.assignment.interval.ms", "-1", KW_ERROR_INVALID_CONFIG},
        {"share.assignment.interval.ms", "-1", KW_ERROR_INVALID_CONFIG},
        {"streams.assignment.interval.ms", "-1", KW_ERROR_INVALID_CONFIG},
        {"streams.initial.rebalance.delay.ms", "0", KW_ERROR_NONE},
        {"streams.initial.rebalance.delay.ms", "3000", KW_ERROR_NONE},
        {"streams.initial.rebalance.delay.ms", "999999", KW_ERROR_NONE},
        {"streams.initial.rebalance.delay.ms", "-1", KW_ERROR_INVALID_CONFIG},
        {"consumer.heartbeat.interval.ms", "5000", KW_ERROR_NONE},
        {"share.heartbeat.interval.ms", "5000", KW_ERROR_NONE},
        {"streams.heartbeat.interval.ms", "5000", KW_ERROR_NONE},
        {"consumer.heartbeat.interval.ms", "15000", KW_ERROR_NONE},
        {"share.heartbeat.interval.ms", "15000", KW_ERROR_NONE},
        {"streams.heartbeat.interval.ms", "15000", KW_ERROR_NONE},
        {"consumer.heartbeat.interval.ms", "15001", KW_ERROR_INVALID_CONFIG},
        {"share.heartbeat.interval.ms", "15001", KW_ERROR_INVALID_CONFIG},
        {"streams.heartbeat.interval.ms", "15001", KW_ERROR_INVALID_CONFIG},
        {"consumer.heartbeat.interval.ms", "4999", KW_ERROR_INVALID_CONFIG},
        {"share.heartbeat.interval.ms", "4999", KW_ERROR_INVALID_CONFIG},
        {"streams.heartbeat.interval.ms", "4999", KW_ERROR_INVALID_CONFIG},
        {"consumer.heartbeat.interval.ms", "0", KW_ERROR_INVALID_CONFIG},
        {"share.heartbeat.interval.ms", "0", KW_ERROR_INVALID_CONFIG},
        {"streams.heartbeat.interval.ms", "0", KW_ERROR_INVALID_CONFIG},
        {"consumer.session.timeout.ms", "45000", KW_ERROR_NONE},
        {"share.session.timeout.ms", "45000", KW_ERROR_NONE},
        {"streams.session.timeout.ms", "45000", KW_ERROR_NONE},
        {"consumer.session.timeout.ms", "60000", KW_ERROR_NONE},
        {"share.session.timeout.ms", "60000", KW_ERROR_NONE},
        {"streams.session.timeout.ms", "60000", KW_ERROR_NONE},
        {"consumer.session.timeout.ms", "60001", KW_ERROR_INVALID_CONFIG},
        {"share.session.timeout.ms", "60001", KW_ERROR_INVALID_CONFIG},
        {"streams.session.timeout.ms", "60001", KW_ERROR_INVALID_CONFIG},
        {"consumer.session.timeout.ms", "44999", KW_ERROR_INVALID_CONFIG},
        {"share.session.timeout.ms", "44999", KW_ERROR_INVALID_CONFIG},
        {"streams.session.timeout.ms", "44999", KW_ERROR_INVALID_CONFIG},
        {"consumer.session.timeout.ms", "0", KW_ERROR_INVALID_CONFIG},
        {"share.session.timeout.ms", "0", KW_ERROR_INVALID_CONFIG},
        {"streams.session.timeout.ms", "0", KW_ERROR_INVALID_CONFIG},
        {"streams.num.standby.replicas", "0", KW_ERROR_NONE},
        {"streams.num.standby.replicas", "2", KW_ERROR_NONE},
        {"streams.num.standby.replicas", "3", KW_ERROR_INVALID_CONFIG},
        {"streams.num.standby.replicas", "-1", KW_ERROR_INVALID_CONFIG},
        {"share.renew.acknowledge.enable", "true", KW_ERROR_NONE},
        {"errors.deadletterqueue.copy.record.enable", "true", KW_ERROR_NONE},
        {"share.renew.acknowledge.enable", "TRUE", KW_ERROR_NONE},
        {"errors.deadletterqueue.copy.record.enable", "TRUE", KW_ERROR_NONE},
        {"share.renew.acknowledge.enable", "yes", KW_ERROR_INVALID_CONFIG},
        {"errors.deadletterqueue.copy.record.enable", "yes", KW_ERROR_INVALID_CONFIG},
        {"streams.num.warmup.replicas", "1", KW_ERROR_NONE},
        {"streams.acceptable.recovery.lag", "1", KW_ERROR_NONE},
        {"share.auto.offset.reset", "by_duration:x", KW_ERROR_INVALID_CONFIG},
        {"share.auto.offset.reset", "earliest", KW_ERROR_NONE},
        {"share.auto.offset.reset", "EARLIEST", KW_ERROR_INVALID_CONFIG},
        {"share.delivery.count.limit", " 7 ", KW_ERROR_NONE},
        {"consumer.session.timeout.ms", "abc", KW_ERROR_INVALID_CONFIG},
        {"consumer.session.timeout.ms", "1", KW_ERROR_INVALID_CONFIG},
        {"no.such", "1", KW_ERROR_INVALID_CONFIG},
        {"share.isolation.level", "read_committed", KW_ERROR_NONE},
        {"share.isolation.level", "x", KW_ERROR_INVALID_CONFIG},
        {"share.auto.offset.reset", "by_duration:PT1H", KW_ERROR_NONE},
        {"share.auto.offset.reset", "never", KW_ERROR_INVALID_CONFIG},
    };
    assert_judged(RESOURCE_GROUP, cases, COUNT_OF(cases));
    const struct config_change c = change(CONFIG_SET, "share.isolation.level", "read_committed");
    assert_string_equal(alter_one(RESOURCE_GROUP, "", c),
                        " INVALID_REQUEST: groups, and subscriptions, have no common configs\n");
    assert_string_equal(alter_one(RESOURCE_GROUP, "any/name", c),
                        "ConfigRecord 0 {'resourceType':32,'resourceName':'any/name','name':'share.isolation.level',"
                        "'value':'read_committed'}\n");
    assert_string_equal(alter_one(RESOURCE_GROUP, "any/name", c), ""); /* it has it already */
    assert_string_equal(alter_one(RESOURCE_GROUP, "any/name", change(CONFIG_DELETE, "share.isolation.level", NULL)),
                        "ConfigRecord 0 {'resourceType':32,'resourceName':'any/name','name':'share.isolation.level',"
                        "'value':null}\n");
    assert_string_equal(alter_one(RESOURCE_GROUP, "g", change(CONFIG_DELETE, "no.such", NULL)), "");
    assert_string_equal(
        alter_one(RESOURCE_GROUP, "g", change(CONFIG_APPEND, "streams.rack.aware.assignment.tags", "z")),
        "g INVALID_CONFIG: config streams.rack.aware.assignment.tags is no list, to which a value could "
        "be added\n");
}

/* The limits are the broker's. */
static void limits_of_groups_are_settings(void **state)
{
    (void)state;
    struct static_config *file = NULL;
    struct config_change c = change(CONFIG_SET, "consumer.session.timeout.ms", "70000");
    struct resource_changes r = resource(RESOURCE_GROUP, "g", &c, 1);
    assert_string_equal(alter_all(&r, 1, true),
                        "g INVALID_CONFIG: consumer.session.timeout.ms must be at most 60000\n");
    assert_true(static_config_fill(&file, "group.consumer.max.session.timeout.ms", "70000"));
    start_decision();
    assert_true(decide_configs(&d.decision, file, &r, 1, true, &d.arena));
    assert_int_equal(r.refusal.error, KW_ERROR_NONE);
    c.value = kw_string_of("70001");
    assert_true(decide_configs(&d.decision, file, &r, 1, true, &d.arena));
    assert_int_equal(r.refusal.error, KW_ERROR_INVALID_CONFIG);
    static_config_free(file);
}

/* Of what the group has and what it leaves to the broker. */
static void sessions_of_groups_are_longer_than_intervals(void **state)
{
    (void)state;
    struct static_config *file = NULL;
    assert_true(static_config_fill(&file, "group.consumer.min.session.timeout.ms", "1000"));
    static const struct judged cases[] = {
        {"consumer.session.timeout.ms", "5001", KW_ERROR_NONE},
        {"consumer.session.timeout.ms", "5000", KW_ERROR_INVALID_CONFIG},
        {"consumer.session.timeout.ms", " 4000", KW_ERROR_INVALID_CONFIG},
        {"consumer.heartbeat.interval.ms", "15000", KW_ERROR_NONE},
    };
    struct config_change both[] = {change(CONFIG_SET, "consumer.heartbeat.interval.ms", "6000"),
                                   change(CONFIG_SET, "consumer.session.timeout.ms", "6000")};
    struct resource_changes r = resource(RESOURCE_GROUP, "g", both, COUNT_OF(both));
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct config_change c = change(CONFIG_SET, cases[i].name, cases[i].value);
        struct resource_changes one = resource(RESOURCE_GROUP, "g", &c, 1);
        start_decision();
        assert_true(decide_configs(&d.decision, file, &one, 1, true, &d.arena));
        assert_int_equal(one.refusal.error, cases[i].error);
    }
    start_decision();
    assert_true(decide_configs(&d.decision, file, &r, 1, true, &d.arena));
    assert_int_equal(r.refusal.error, KW_ERROR_INVALID_CONFIG);
    both[1].value = kw_string_of("6001");
    assert_true(decide_configs(&d.decision, file, &r, 1, true, &d.arena));
    assert_int_equal(r.refusal.error, KW_ERROR_NONE);
    static_config_free(file);
}

static void client_metrics_are_checked(void **state)
{
    (void)state;
    static const struct judged cases[] = {
        {"match", "client_id=a, client_software_name=b", KW_ERROR_NONE},
        {"match", "client_id=a,client_id=b", KW_ERROR_NONE},
        {"match", "client_source_port=a", KW_ERROR_NONE},
        {"match", "client_instance_id=a,client_software_version=1,client_source_address=x", KW_ERROR_NONE},
        {"match", "", KW_ERROR_NONE},
        {"match", "a=b=c", KW_ERROR_INVALID_CONFIG},
        {"match", "client_id=b=c", KW_ERROR_INVALID_CONFIG},
        {"metrics", "", KW_ERROR_NONE},
        {"metrics", "*", KW_ERROR_NONE},
        {"metrics", "a b", KW_ERROR_NONE},
        {"interval.ms", " 100 ", KW_ERROR_NONE},
        {"interval.ms", "1000", KW_ERROR_NONE},
        {"interval.ms", "99", KW_ERROR_INVALID_REQUEST},
        {"interval.ms", "3600001", KW_ERROR_INVALID_REQUEST},
        {"interval.ms", "x", KW_ERROR_INVALID_CONFIG},
        {"metrics", "org.apache.kafka.a,b", KW_ERROR_NONE},
        {"match", "client_id=.*,client_software_name=a", KW_ERROR_NONE},
        {"match", "foo=.*", KW_ERROR_INVALID_CONFIG},
        {"match", "client_id=(", KW_ERROR_INVALID_CONFIG},
        {"match", "client_id", KW_ERROR_INVALID_CONFIG},
        {"nosuch", "1", KW_ERROR_INVALID_REQUEST},
        {"match", "client_id=[a-z[^x]]+(b|c)*", KW_ERROR_NONE},
        {"match", "client_id=\\[", KW_ERROR_NONE},
        {"match", "client_id=(?i)a", KW_ERROR_NONE},
        {"match", "client_id=[]a]", KW_ERROR_NONE},
        {"match", "client_id=[a", KW_ERROR_INVALID_CONFIG},
        {"match", "client_id=a)", KW_ERROR_INVALID_CONFIG},
        {"match", "client_id=*", KW_ERROR_INVALID_CONFIG},
        {"match", "client_id=a|+", KW_ERROR_INVALID_CONFIG},
        {"match", "client_id=a\\", KW_ERROR_INVALID_CONFIG},
        {"match", "client_id=", KW_ERROR_INVALID_CONFIG},
    };
    assert_judged(RESOURCE_CLIENT_METRICS, cases, COUNT_OF(cases));
    assert_string_equal(alter_one(RESOURCE_CLIENT_METRICS, "", change(CONFIG_SET, "interval.ms", "100")),
                        " INVALID_REQUEST: groups, and subscriptions, have no common configs\n");
    assert_string_equal(alter_one(RESOURCE_CLIENT_METRICS, "m", change(CONFIG_APPEND, "metrics", "a")),
                        "m INVALID_CONFIG: config metrics is no list, to which a value could be added\n");
    assert_string_equal(alter_one(RESOURCE_CLIENT_METRICS, "m", change(CONFIG_DELETE, "nosuch", NULL)), "");
}

static bool alter_short(kw_arena *arena, int16_t *error)
{
    struct config_change changes[] = {change(CONFIG_SET, "flush.ms", "1"),
                                      change(CONFIG_APPEND, "cleanup.policy", "compact")};
    struct resource_changes r = resource(RESOURCE_TOPIC, "t", changes, 2);
    bool decided = decide_configs(&d.decision, NULL, &r, 1, false, arena);
    *error = r.refusal.error;
    return decided;
}

static bool replace_short(kw_arena *arena, int16_t *error)
{
    struct config_change changes[] = {change(CONFIG_SET, "flush.ms", "1")};
    struct resource_changes r = resource(RESOURCE_TOPIC, "t", changes, 1);
    r.replaces = true;
    bool decided = decide_configs(&d.decision, NULL, &r, 1, false, arena);
    *error = r.refusal.error;
    return decided;
}

static bool alter_broker_short(kw_arena *arena, int16_t *error)
{
    struct config_change changes[] = {change(CONFIG_SET, "num.io.threads", "9"), change(CONFIG_SET, "a.plugin", "1")};
    struct resource_changes r = resource(RESOURCE_BROKER, "7", changes, 2);
    bool decided = decide_configs(&d.decision, NULL, &r, 1, false, arena);
    *error = r.refusal.error;
    return decided;
}

static bool alter_group_short(kw_arena *arena, int16_t *error)
{
    struct config_change changes[] = {change(CONFIG_SET, "consumer.session.timeout.ms", "50000"),
                                      change(CONFIG_SET, "streams.assignor.name", "sticky"),
                                      change(CONFIG_SET, "streams.rack.aware.assignment.tags", "a,b")};
    struct resource_changes r = resource(RESOURCE_GROUP, "g", changes, 3);
    bool decided = decide_configs(&d.decision, NULL, &r, 1, false, arena);
    *error = r.refusal.error;
    return decided;
}

static bool alter_metrics_short(kw_arena *arena, int16_t *error)
{
    struct config_change changes[] = {change(CONFIG_SET, "match", "client_id=a,client_source_port=9")};
    struct resource_changes r = resource(RESOURCE_CLIENT_METRICS, "m", changes, 1);
    bool decided = decide_configs(&d.decision, NULL, &r, 1, false, arena);
    *error = r.refusal.error;
    return decided;
}

/* Records that change it are followed by one each, at the end of the request; a value that stays has none. */
static void min_isr_of_several_topics(void **state)
{
    (void)state;
    add_topic("t");
    add_topic("u");
    enable_elr();
    struct config_change same[] = {change(CONFIG_DELETE, "min.insync.replicas", NULL),
                                   change(CONFIG_SET, "retention.ms", "1")};
    assert_string_equal(alter(RESOURCE_TOPIC, "t", same, 2),
                        "ConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'retention.ms','value':'1'}\n");
    struct config_change two = change(CONFIG_SET, "min.insync.replicas", "2");
    struct config_change bad = change(CONFIG_SET, "min.insync.replicas", "0");
    struct resource_changes all[] = {resource(RESOURCE_TOPIC, "t", &two, 1), resource(RESOURCE_TOPIC, "none", &two, 1),
                                     resource(RESOURCE_TOPIC, "u", &two, 1), resource(RESOURCE_TOPIC, "v", &bad, 1)};
    assert_non_null(
        strstr(alter_all(all, 4, false),
               "\nConfigRecord 0 {'resourceType':2,'resourceName':'t','name':'min.insync.replicas','value':'2'}\n"
               "ConfigRecord 0 {'resourceType':2,'resourceName':'u','name':'min.insync.replicas','value':'2'}\n"
               "ClearElrRecord 0 {'topicName':'t'}\n"
               "ClearElrRecord 0 {'topicName':'u'}\n"));
}

static void shortage_is_reported(void **state)
{
    (void)state;
    add_topic("t");
    (void)alter_one(RESOURCE_TOPIC, "t", change(CONFIG_SET, "retention.ms", "9"));
    decide_short_of_memory(alter_short, 2);
    decide_short_of_memory(replace_short, 2);
    decide_short_of_memory(alter_broker_short, 2);
    decide_short_of_memory(alter_group_short, 3);
    decide_short_of_memory(alter_metrics_short, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DECIDE_TEST(empty_values),
        DECIDE_TEST(long_lists),
        DECIDE_TEST(changes_of_a_request_are_limited),
        DECIDE_TEST(sets_and_deletes),
        DECIDE_TEST(replaces),
        DECIDE_TEST(lists_grow_and_shrink),
        DECIDE_TEST(the_form_is_checked),
        DECIDE_TEST(resources_are_checked),
        DECIDE_TEST(brokers_are_checked),
        DECIDE_TEST(pools_of_threads),
        DECIDE_TEST(cleaners),
        DECIDE_TEST(values_of_brokers),
        DECIDE_TEST(min_isr_and_elr),
        DECIDE_TEST(min_isr_of_several_topics),
        DECIDE_TEST(shortage_is_reported),
        DECIDE_TEST(groups_are_checked),
        DECIDE_TEST(limits_of_groups_are_settings),
        DECIDE_TEST(sessions_of_groups_are_longer_than_intervals),
        DECIDE_TEST(client_metrics_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

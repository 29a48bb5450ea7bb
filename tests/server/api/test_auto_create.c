/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata that creates what a client asks for. */
#include <stdlib.h>
#include <unistd.h>

#include "../../unit/support.h"

#include <kwire/api_keys.h>
#include <kwire/error.h>

#include "api/handlers.h"
#include "config/static_config.h"

#include "ask.h"
#include "written_nowhere.h"

enum { NODE = 1, FIRST_WITH_FLAG = 4 };

static struct broker broker;
static char answer[4096];

/* ---- the broker ---- */

static int set_up(void **state)
{
    (void)state;
    static kw_uuid directory = {{0xd1, 1}};
    static const struct metadata_feature feature = {{"metadata.version", 16}, 33};
    static const struct metadata_broker self = {.id = NODE, .rack = {NULL, -1}, .directories = {&directory, 1}};
    const struct metadata_parts parts = {
        .brokers = &self, .broker_count = 1, .features = &feature, .feature_count = 1, .epoch = -1};
    memset(&broker, 0, sizeof broker);
    config_init(&broker.config);
    broker.identity.node_id = NODE;
    asking_start(&broker);
    if (!metadata_cell_init(&broker.metadata))
        return -1;
    metadata_image_publish(&broker.metadata, metadata_image_create(&parts));
    start_controller(&broker, &sim.executor, broker.metadata.current);
    return 0;
}

static int tear_down(void **state)
{
    if (broker.controller != NULL)
        stop_controller();
    bool released = atomic_load(&broker.metadata.current->references) == 1;
    bool quiet = asking_end();
    static_config_free(broker.config.file);
    metadata_cell_finish(&broker.metadata);
    (void)forget_given(state);
    return quiet && released ? 0 : -1;
}

/* ---- the client ---- */

/* Names are separated by commas; NULL: all. */
static void send_request(int16_t version, const char *names, bool allowed)
{
    static kw_metadata_request_topic topics[8];
    kw_metadata_request request;
    kw_metadata_request_init(&request);
    request.allow_auto_topic_creation = allowed;
    request.topics.items = topics;
    request.topics.len = names == NULL ? -1 : 0;
    for (bool more = names != NULL; more;) {
        kw_metadata_request_topic *topic = &topics[request.topics.len++];
        size_t size = strcspn(names, ",");
        kw_metadata_request_topic_init(topic);
        topic->name = (kw_string){names, (int32_t)size};
        more = names[size] != '\0';
        names += size + 1;
    }
    (void)sim_client_send(&client, request_frame(KW_KEY_METADATA, version, &request));
}

/* "NAME ERROR PARTITIONS; ..." */
static const char *take_answer(int16_t version)
{
    const kw_metadata_response *body = take_response(KW_KEY_METADATA, version);
    size_t at = 0;
    answer[0] = '\0';
    for (int32_t i = 0; i < body->topics.len; i++)
        at += (size_t)snprintf(answer + at, sizeof answer - at, "%s%.*s %s %d", i == 0 ? "" : "; ",
                               KW_FMT(body->topics.items[i].name), kw_error_name(body->topics.items[i].error_code),
                               body->topics.items[i].partitions.len);
    return answer;
}

static const char *ask_for(int16_t version, const char *names, bool allowed)
{
    send_request(version, names, allowed);
    sim_settle(&sim);
    return take_answer(version);
}

static size_t topics(void)
{
    return metadata_topic_count(broker.metadata.current);
}

#define UNKNOWN " UNKNOWN_TOPIC_OR_PARTITION 0"

/* ---- tests ---- */

static void created_for_the_next_request(void **state)
{
    (void)state;
    assert_string_equal(ask_for(12, "a", true), "a" UNKNOWN);
    assert_string_equal(ask_for(12, "a", true), "a NONE 1");
    assert_string_equal(ask_for(12, "b,a,b,c", true), "a NONE 1; b" UNKNOWN "; c" UNKNOWN);
    assert_string_equal(ask_for(12, NULL, true), "a NONE 1; b NONE 1; c NONE 1");
}

static void only_where_it_is_allowed(void **state)
{
    (void)state;
    assert_string_equal(ask_for(12, "a", false), "a" UNKNOWN);
    assert_string_equal(ask_for(FIRST_WITH_FLAG, "a", false), "a" UNKNOWN);
    assert_int_equal(topics(), 0);
    assert_string_equal(ask_for(FIRST_WITH_FLAG - 1, "a", true), "a" UNKNOWN); /* it has no flag */
    assert_string_equal(ask_for(0, "b", true), "b" UNKNOWN);
    assert_int_equal(topics(), 2);
    broker.config.auto_create_topics = false;
    assert_string_equal(ask_for(12, "c", true), "c" UNKNOWN);
    assert_int_equal(topics(), 2);
}

static void only_valid_names(void **state)
{
    (void)state;
    assert_string_equal(ask_for(12, "a b,..,__cluster_metadata", true),
                        "a b INVALID_TOPIC_EXCEPTION 0; .. INVALID_TOPIC_EXCEPTION 0; __cluster_metadata" UNKNOWN);
    assert_int_equal(topics(), 0);
    assert_string_equal(ask_for(12, "a b,..,c", true),
                        "a b INVALID_TOPIC_EXCEPTION 0; .. INVALID_TOPIC_EXCEPTION 0; c" UNKNOWN);
    assert_int_equal(topics(), 1);
}

static void assert_config(const char *topic, const char *name, const char *expected)
{
    kw_string value =
        metadata_find_config(broker.metadata.current, RESOURCE_TOPIC, kw_string_of(topic), kw_string_of(name));
    assert_true(kw_string_equal(value, kw_string_of(expected)));
}

/* As Kafka does, with the settings of their own. */
static void internal_topics(void **state)
{
    (void)state;
    assert_true(static_config_fill(&broker.config.file, "transaction.state.log.num.partitions", "7"));
    assert_string_equal(ask_for(12, "__consumer_offsets,__transaction_state,__share_group_state,a", true),
                        "__consumer_offsets" UNKNOWN "; __transaction_state" UNKNOWN "; __share_group_state" UNKNOWN
                        "; a" UNKNOWN);
    assert_string_equal(
        ask_for(12, "__consumer_offsets,__transaction_state,__share_group_state,a", true),
        "__consumer_offsets NONE 50; __transaction_state NONE 7; __share_group_state NONE 50; a NONE 1");
    assert_config("__consumer_offsets", "cleanup.policy", "compact");
    assert_config("__transaction_state", "compression.type", "uncompressed");
    assert_config("__transaction_state", "unclean.leader.election.enable", "false");
    assert_config("__transaction_state", "min.insync.replicas", "1");
    assert_config("__share_group_state", "retention.ms", "-1");
}

static void what_is_refused_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(ask_for(12, "a.b", true), "a.b" UNKNOWN);
    assert_string_equal(ask_for(12, "a_b", true), "a_b" UNKNOWN); /* the names are too much alike */
    assert_string_equal(ask_for(12, "a_b", true), "a_b" UNKNOWN);
    assert_int_equal(topics(), 1);
    metadata.outcome = NOT_APPENDED;
    assert_string_equal(ask_for(12, "c", true), "c" UNKNOWN);
    assert_int_equal(topics(), 1);
}

static void without_a_controller(void **state)
{
    (void)state;
    stop_controller();
    assert_string_equal(ask_for(12, "a", true), "a" UNKNOWN);
}

static void as_many_partitions_as_the_file_says(void **state)
{
    (void)state;
    char path[] = "/tmp/kwire-auto-create-XXXXXX";
    static const char text[] = "num.partitions=3\n";
    int file = mkstemp(path);
    assert_true(file >= 0 && write(file, text, sizeof text - 1) == (ssize_t)sizeof text - 1 && close(file) == 0);
    broker.config.file = static_config_read(path);
    assert_int_equal(unlink(path), 0);
    assert_non_null(broker.config.file);
    (void)ask_for(12, "a", true);
    assert_string_equal(ask_for(12, "a", true), "a NONE 3");
}

#define CREATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CREATE_TEST(created_for_the_next_request),
        CREATE_TEST(only_where_it_is_allowed),
        CREATE_TEST(only_valid_names),
        CREATE_TEST(internal_topics),
        CREATE_TEST(what_is_refused_is_unknown),
        CREATE_TEST(without_a_controller),
        CREATE_TEST(as_many_partitions_as_the_file_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_decisions FOLDER
 *
 * Sends what changes the metadata to a broker in memory, while one allocation after the other fails: the connection
 * ends, or the answer has errors that clients retry; nothing leaks, and the broker can be stopped. FOLDER is not used.
 */
#include "../server/support/no_appenders.h"
#include "../server/support/sim.h"
#include "../unit/support.h"

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/frame.h>
#include <kwire/json.h>

#include "api/dispatch.h"
#include "api/handlers.h"
#include "scarce.h"
#include "startup.h"

enum { ARENA_LIMIT = 1024 * 1024, PORT = 9092, MOST_CALLS = 10000, NODE = 1 };

static struct broker broker;
static struct startup startup;
static bool has_failed;
static size_t arena_size; /* that a request may use, to the byte; 0: what it needs */

/* ---- requests that succeed where there is a topic "t" of one partition ---- */

static int32_t numbers[] = {0, NODE};
static const kw_int32_array partition_0 = {numbers, 1}, this_node = {numbers + 1, 1};

#define USE_ONE(array, item) ((array).items = &(item), (array).len = 1)

static void fill_metadata(kw_metadata_request *r, const char *name)
{
    static kw_metadata_request_topic topic;
    kw_metadata_request_topic_init(&topic);
    topic.name = kw_string_of(name);
    USE_ONE(r->topics, topic);
    r->allow_auto_topic_creation = true;
}

static void fill_create_topics(kw_create_topics_request *r)
{
    static kw_create_topics_request_creatable_topic topics[2];
    static kw_create_topics_request_creatable_topic_config config;
    static kw_create_topics_request_creatable_replica_assignment assignment;
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        kw_create_topics_request_creatable_topic_init(&topics[i]);
        topics[i].num_partitions = -1;
        topics[i].replication_factor = -1;
    }
    kw_create_topics_request_creatable_topic_config_init(&config);
    kw_create_topics_request_creatable_replica_assignment_init(&assignment);
    topics[0].name = kw_string_of("first");
    topics[1].name = kw_string_of("second");
    config.name = kw_string_of("retention.ms");
    config.value = kw_string_of("1000");
    assignment.broker_ids = this_node;
    USE_ONE(topics[0].configs, config);
    USE_ONE(topics[1].assignments, assignment);
    r->topics.items = topics;
    r->topics.len = 2;
}

static void fill_delete_topics(kw_delete_topics_request *r)
{
    static kw_delete_topics_request_delete_topic_state topic;
    kw_delete_topics_request_delete_topic_state_init(&topic);
    topic.name = kw_string_of("t");
    r->timeout_ms = 60000;
    USE_ONE(r->topics, topic);
}

static void fill_create_partitions(kw_create_partitions_request *r)
{
    static kw_create_partitions_request_topic topic;
    static kw_create_partitions_request_assignment assignment;
    kw_create_partitions_request_topic_init(&topic);
    kw_create_partitions_request_assignment_init(&assignment);
    topic.name = kw_string_of("t");
    topic.count = 2;
    assignment.broker_ids = this_node;
    USE_ONE(topic.assignments, assignment);
    r->timeout_ms = 60000;
    USE_ONE(r->topics, topic);
}

static void fill_alter_configs(kw_alter_configs_request *r)
{
    static kw_alter_configs_request_resource resource;
    static kw_alter_configs_request_alterable_config config;
    kw_alter_configs_request_resource_init(&resource);
    kw_alter_configs_request_alterable_config_init(&config);
    config.name = kw_string_of("retention.ms");
    config.value = kw_string_of("2000");
    resource.resource_type = RESOURCE_TOPIC;
    resource.resource_name = kw_string_of("t");
    USE_ONE(resource.configs, config);
    USE_ONE(r->resources, resource);
}

static void fill_incremental_alter_configs(kw_incremental_alter_configs_request *r)
{
    enum { APPEND = 2 };
    static kw_incremental_alter_configs_request_alter_configs_resource resource;
    static kw_incremental_alter_configs_request_alterable_config config;
    kw_incremental_alter_configs_request_alter_configs_resource_init(&resource);
    kw_incremental_alter_configs_request_alterable_config_init(&config);
    config.name = kw_string_of("cleanup.policy");
    config.config_operation = APPEND;
    config.value = kw_string_of("compact");
    resource.resource_type = RESOURCE_TOPIC;
    resource.resource_name = kw_string_of("t");
    USE_ONE(resource.configs, config);
    USE_ONE(r->resources, resource);
}

static void fill_update_features(kw_update_features_request *r)
{
    static kw_update_features_request_feature_update_key update;
    kw_update_features_request_feature_update_key_init(&update);
    update.feature = kw_string_of("group.version");
    update.max_version_level = 0;
    update.upgrade_type = 2; /* safe downgrade */
    USE_ONE(r->feature_updates, update);
}

static void fill_reassignments(kw_alter_partition_reassignments_request *r)
{
    static kw_alter_partition_reassignments_request_reassignable_topic topic;
    static kw_alter_partition_reassignments_request_reassignable_partition partition;
    kw_alter_partition_reassignments_request_reassignable_topic_init(&topic);
    kw_alter_partition_reassignments_request_reassignable_partition_init(&partition);
    partition.replicas = this_node;
    topic.name = kw_string_of("t");
    USE_ONE(topic.partitions, partition);
    USE_ONE(r->topics, topic);
}

static void fill_elect_leaders(kw_elect_leaders_request *r)
{
    static kw_elect_leaders_request_topic_partitions topic;
    kw_elect_leaders_request_topic_partitions_init(&topic);
    topic.topic = kw_string_of("t");
    topic.partitions = partition_0;
    USE_ONE(r->topic_partitions, topic);
}

/* False: the metadata does not change. *body is large enough for any. */
static bool fill(const struct api *api, void *body)
{
    kw_message_init(api->request, body);
    switch (api->key) {
    case KW_KEY_METADATA:
        fill_metadata(body, "new");
        return true;
    case KW_KEY_CREATE_TOPICS:
        fill_create_topics(body);
        return true;
    case KW_KEY_DELETE_TOPICS:
        fill_delete_topics(body);
        return true;
    case KW_KEY_CREATE_PARTITIONS:
        fill_create_partitions(body);
        return true;
    case KW_KEY_ALTER_CONFIGS:
        fill_alter_configs(body);
        return true;
    case KW_KEY_INCREMENTAL_ALTER_CONFIGS:
        fill_incremental_alter_configs(body);
        return true;
    case KW_KEY_UPDATE_FEATURES:
        fill_update_features(body);
        return true;
    case KW_KEY_ALTER_PARTITION_REASSIGNMENTS:
        fill_reassignments(body);
        return true;
    case KW_KEY_ELECT_LEADERS:
        fill_elect_leaders(body);
        return true;
    case KW_KEY_INIT_PRODUCER_ID:
        ((kw_init_producer_id_request *)body)->transactional_id = (kw_string){NULL, -1};
        return true;
    default:
        return false;
    }
}

static kw_bytes frame_of(const struct api *api, const void *body, uint8_t *frame, size_t size)
{
    kw_writer w;
    kw_writer_init(&w, frame, size);
    kw_frame_mark mark = kw_request_begin(&w, api->key, api->versions.last, 7, kw_string_of("scarce"));
    assert_status(kw_message_encode(api->request, api->versions.last, body, &w), KW_OK);
    assert_status(kw_frame_end(&w, mark), KW_OK);
    return (kw_bytes){frame + 4, (int32_t)kw_frame_size(&w, mark) - 4};
}

/* ---- answers ---- */

/* What the answer is in JSON; NULL: the connection has ended for want of memory. */
static const char *ask(const struct api *api, kw_bytes request)
{
    static char text[64 * 1024];
    static uint8_t data[64 * 1024];
    static uint64_t little[64 * 1024 / sizeof(uint64_t)];
    struct sim sim;
    struct sim_client client;
    struct service service = dispatch_service(&broker);
    sim_init(&sim);
    sim_client_init(&client, &sim, &service, ARENA_LIMIT);
    if (arena_size != 0)
        kw_arena_init(&client.arena, little, arena_size);
    (void)sim_client_send(&client, request);
    controller_run(broker.controller);
    sim_settle(&sim);
    has_failed = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_int_not_equal(client.outcome, EXCHANGE_PENDING);
    bool answered = client.outcome == EXCHANGE_ANSWERED;
    if (!answered)
        assert_non_null(strstr(client.exchange.fault, kw_status_text(KW_ERR_NO_MEMORY)));
    size_t size = sim_client_take(&client, data, sizeof data);
    assert_true(size <= sizeof data);
    sim_client_finish(&client);
    if (!answered)
        return NULL;
    kw_arena arena;
    kw_response response;
    kw_reader in;
    kw_writer w;
    void *body;
    const kw_bytes frame = {data + 4, (int32_t)size - 4};
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    assert_status(kw_response_decode_header(&response, api->key, api->versions.last, frame, &arena), KW_OK);
    kw_reader_init_bytes(&in, response.body);
    assert_status(kw_message_decode(api->response, api->versions.last, &in, &arena, &body), KW_OK);
    kw_writer_init(&w, (uint8_t *)text, sizeof text - 1);
    assert_status(kw_message_json(api->response, api->versions.last, body, &w), KW_OK);
    text[kw_writer_data(&w).size] = '\0';
    kw_arena_finish(&arena);
    return text;
}

/* A topic that is created for a client is not there yet, and a leader that is there is not elected again. Of what has
 * failed the client is given an error that it retries. */
static bool is_expected(const struct api *api, long error)
{
    switch (error) {
    case KW_ERROR_NONE:
        return true;
    case KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION:
        return api->key == KW_KEY_METADATA;
    case KW_ERROR_ELECTION_NOT_NEEDED:
        return api->key == KW_KEY_ELECT_LEADERS;
    case KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS:
        return has_failed && api->key == KW_KEY_INIT_PRODUCER_ID;
    default:
        return has_failed && error == KW_ERROR_KAFKA_STORAGE_ERROR;
    }
}

/* Whether it has an error of a failure. */
static bool check_errors(const struct api *api, const char *json)
{
    static const char name[] = "\"errorCode\":";
    bool found = false;
    for (const char *at = json; (at = strstr(at, name)) != NULL; at++) {
        long error = strtol(at + sizeof name - 1, NULL, 10);
        if (!is_expected(api, error))
            fail_msg("error %ld in %s", error, json);
        found = found || error == KW_ERROR_KAFKA_STORAGE_ERROR || error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS;
    }
    return found;
}

/* ---- one after the other ---- */

static void start(void)
{
    memset(&broker, 0, sizeof broker);
    config_init(&broker.config);
    broker.config.listen.port = PORT;
    assert_true(metadata_cell_init(&broker.metadata));
    assert_true(startup_open(&startup, &broker));
    assert_true(remove_appenders(&broker.logs));
}

static void stop(void)
{
    startup_close(&startup);
    metadata_cell_finish(&broker.metadata);
    append_tools_pool_finish(&broker.append_tools);
    config_finish(&broker.config);
}

static void create_topic(const struct api *metadata)
{
    kw_metadata_request request;
    uint8_t frame[256];
    kw_metadata_request_init(&request);
    fill_metadata(&request, "t");
    const char *json = ask(metadata, frame_of(metadata, &request, frame, sizeof frame));
    assert_non_null(json);
    assert_false(check_errors(metadata, json));
}

/* Whether something failed: the n-th allocation, or one in an arena of so many bytes. */
static bool fail_once(const struct api *api, const struct api *metadata, size_t n, size_t little)
{
    static uint64_t body[64];
    uint8_t frame[1024];
    assert_true(api->request->type->size <= sizeof body);
    size_t blocks = scarce_blocks();
    start();
    create_topic(metadata);
    (void)fill(api, body);
    kw_bytes request = frame_of(api, body, frame, sizeof frame);
    arena_size = little;
    scarce_fail_at(SCARCE_MEMORY, n);
    const char *json = ask(api, request);
    arena_size = 0;
    stop();
    has_failed = has_failed || little != 0;
    assert_true(json != NULL || has_failed);
    bool retried = json == NULL || check_errors(api, json);
    assert_int_equal(scarce_blocks(), blocks);
    return n != 0 ? has_failed : retried;
}

static void decisions_without_memory(void **state)
{
    (void)state;
    size_t count, decided = 0;
    uint64_t body[64];
    const struct api *apis = served_apis(&count), *metadata = apis;
    while (metadata->key != KW_KEY_METADATA)
        metadata++;
    for (size_t i = 0; i < count; i++) {
        size_t n = 1;
        if (!fill(&apis[i], body))
            continue;
        decided++;
        while (fail_once(&apis[i], metadata, n, 0))
            assert_true(n++ < MOST_CALLS);
        for (size_t little = 8; fail_once(&apis[i], metadata, 0, little); little += 8)
            assert_true(little < sizeof(uint64_t) * MOST_CALLS);
        if (n < 3)
            fail_msg("API %d: only %zu allocations", apis[i].key, n);
    }
    assert_int_equal(decided, 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(decisions_without_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

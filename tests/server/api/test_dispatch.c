/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of a request to those of its response, or to the text that says why there is none. */
#include "../support/sim.h"
#include "handler_support.h"

#include "api/dispatch.h"

static struct sim sim;
static struct broker broker;
static struct sim_client client;

static kw_uuid id_of(uint8_t last)
{
    kw_uuid id = {{0}};
    id.bytes[15] = last;
    return id;
}

static struct metadata_image *image_with_a(void)
{
    static int32_t nodes[] = {1};
    static const struct metadata_partition part = {.index = 0, .leader_id = 1, .replicas = {nodes, 1}};
    const struct metadata_topic from = {
        .name = kw_string_of("a"), .id = id_of(1), .partitions = &part, .partition_count = 1};
    struct metadata_topic *topic = metadata_topic_create(&from);
    const struct metadata_parts parts = {.topics = &topic, .topic_count = 1, .epoch = -1};
    return metadata_image_create(&parts);
}

static void start(size_t memory)
{
    const struct service service = dispatch_service(&broker);
    sim_init(&sim);
    sim_client_init(&client, &sim, &service, memory);
}

static int set_up(void **state)
{
    (void)state;
    memset(&broker, 0, sizeof broker);
    config_init(&broker.config);
    broker.identity.node_id = 1;
    strcpy(broker.identity.cluster_id, "c");
    if (!metadata_cell_init(&broker.metadata))
        return -1;
    metadata_image_publish(&broker.metadata, image_with_a());
    start(1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    bool released = atomic_load(&broker.metadata.current->references) == 1;
    sim_client_finish(&client);
    metadata_cell_finish(&broker.metadata);
    config_finish(&broker.config);
    append_tools_pool_finish(&broker.append_tools);
    return released ? forget_given(state) : -1;
}

/* Sends a request; all that comes back, as hex. */
static const char *response_to(const char *request)
{
    static char hex[4096];
    uint8_t bytes[1024];
    assert_int_equal(sim_client_send(&client, given(request)), EXCHANGE_ANSWERED);
    size_t size = sim_client_take(&client, bytes, sizeof bytes);
    assert_in_range(size, 4, sizeof bytes);
    for (size_t i = 0; i < size; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    return hex;
}

static void assert_closed(const char *request, const char *fault)
{
    assert_int_equal(sim_client_send(&client, given(request)), EXCHANGE_CLOSE);
    assert_string_equal(client.exchange.fault, fault);
    assert_int_equal(responses_size(&client.responses), 0);
    assert_int_equal(responses_held(&client.responses), 0);
}

/* ---- served ---- */

#define METADATA_V0 "0003 0000 00000007 0001 78" /* API, version, correlation id, client id */
#define METADATA_OF_A    \
    "0000003e"           \
    "00000007"           \
    "00000001"           \
    "00000001"           \
    "0009"               \
    "3132372e302e302e31" \
    "00002384"           \
    "00000001"           \
    "0000"               \
    "000161"             \
    "00000001"           \
    "0000"               \
    "00000000"           \
    "00000001"           \
    "00000001"           \
    "00000001"           \
    "00000000"

static void requests_are_answered(void **state)
{
    (void)state;
    assert_string_equal(response_to(METADATA_V0 "00000000"), METADATA_OF_A);
    assert_string_equal(response_to(METADATA_V0 "00000001 0001 61"), METADATA_OF_A);
    assert_string_equal(response_to(METADATA_V0 "00000000 dead"), METADATA_OF_A); /* what follows is not looked at */
}

/* The memory of one request serves the next. */
static void connections_last(void **state)
{
    (void)state;
    sim_client_finish(&client);
    start(64 * 1024);
    for (int i = 0; i < 1000; i++)
        assert_string_equal(response_to(METADATA_V0 "00000000"), METADATA_OF_A);
}

static void newer_clients_are_told_the_versions(void **state)
{
    (void)state;
    size_t count;
    const struct api *api = served_apis(&count);
    while (api->key != 18)
        api++;
    char expected[64];
    (void)snprintf(expected, sizeof expected,
                   "00000010"
                   "00000007"
                   "0023"
                   "00000001"
                   "0012"
                   "0000"
                   "%04x",
                   (unsigned)api->versions.last);
    assert_string_equal(response_to("0012 0063 00000007 0001 78 00"), expected);
    assert_string_equal(response_to("0012 ffff 00000007 0001 78 00"), expected);
}

/* ApiVersions without the fields that its version should have is answered, as Kafka does. */
static void api_versions_may_be_cut_short(void **state)
{
    (void)state;
    assert_memory_equal(response_to("0012 0003 00000007 0001 78 00 05 61") + 8, "000000070000", 12);
    assert_memory_equal(response_to("0012 0003 00000007 0001 78 00") + 8, "000000070000", 12);
    assert_memory_equal(response_to("0012 0003 00000007 0001 78 00 02 61 02 31 00") + 8, "000000070000", 12);
    assert_memory_equal(response_to("0012 0003 00000007 0001 78 00 02 20 02 31 00") + 8, "00000007002a", 12);
}

static void apis_are_found_by_key(void **state)
{
    (void)state;
    size_t count;
    const struct api *apis = served_apis(&count);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(served_api(apis[i].key), &apis[i]);
        assert_true(i == 0 || apis[i - 1].key < apis[i].key);
        assert_int_equal(apis[i].request->api_key, apis[i].key);
        assert_int_equal(apis[i].response->api_key, apis[i].key);
    }
    assert_null(served_api(-1));
    assert_null(served_api(INT16_MAX));
}

/* ---- refused ---- */

static void refusals_say_why(void **state)
{
    (void)state;
    assert_closed("270f 0000 00000007 0001 78", "api key 9999 v0, correlation id 7: no such API");
    assert_closed("8000 0001 ffffffff 0001 78", "api key -32768 v1, correlation id -1: no such API");
    assert_closed("0007 0000 00000007 0001 78", "ControlledShutdown v0, correlation id 7: this API is not served");
    assert_closed("0003 0063 00000007 0001 78 00", "Metadata v99, correlation id 7: only versions 0 to 13 are served");
    assert_closed("0003 ffff 00000007 0001 78", "Metadata v-1, correlation id 7: only versions 0 to 13 are served");
}

static void damaged_requests_say_where(void **state)
{
    (void)state;
    char expected[256];
    (void)snprintf(expected, sizeof expected,
                   "Metadata v0, correlation id 7: request header: %s, at byte 12 of the frame",
                   kw_status_text(KW_ERR_LENGTH));
    assert_closed("0003 0000 00000007 0009 78", expected);
    (void)snprintf(expected, sizeof expected,
                   "Metadata v0, correlation id 7: %s, at byte 15 of the frame, field topics",
                   kw_status_text(KW_ERR_TRUNCATED));
    assert_closed(METADATA_V0 "0000", expected);
    (void)snprintf(expected, sizeof expected,
                   "Metadata v0, correlation id 7: %s, at byte 19 of the frame, field topics[0].name",
                   kw_status_text(KW_ERR_LENGTH));
    assert_closed(METADATA_V0 "00000001 0009 61", expected);
}

/* A producer that asked for no response cannot be told of an error otherwise. */
static void producers_that_want_no_answer_are_disconnected(void **state)
{
    (void)state;
    assert_closed("0000 0003 00000007 0001 78 ffff 0000 00000000 00000001 0001 62 00000001 00000000 ffffffff",
                  "Produce v3, correlation id 7: an error, though no response is expected");
    assert_int_equal(sim_client_send(&client, given("0000 0003 00000007 0001 78 ffff 0000 00000000 00000000")),
                     EXCHANGE_ANSWERED);
    assert_int_equal(responses_size(&client.responses), 0);
    assert_string_equal(response_to("0000 0003 00000007 0001 78 ffff 0001 00000000 00000000"), "0000000c"
                                                                                               "00000007"
                                                                                               "00000000"
                                                                                               "00000000");
}

static void shortage_of_memory_closes(void **state)
{
    (void)state;
    int refused = 0;
    for (size_t memory = 0; refused >= 0; memory += 32) {
        assert_true(memory < 1 << 16);
        sim_client_finish(&client);
        start(memory);
        if (sim_client_send(&client, given(METADATA_V0 "00000000")) == EXCHANGE_ANSWERED)
            break;
        refused++;
        assert_int_equal(client.outcome, EXCHANGE_CLOSE);
        assert_non_null(strstr(client.exchange.fault, "Metadata v0, correlation id 7: "));
        assert_int_equal(responses_size(&client.responses), 0);
    }
    assert_true(refused > 4);
    for (size_t memory = 0; memory < 512; memory += 32) { /* the answer to newer clients as well */
        sim_client_finish(&client);
        start(memory);
        if (sim_client_send(&client, given("0012 0063 00000007 0001 78 00")) != EXCHANGE_ANSWERED)
            assert_non_null(strstr(client.exchange.fault, "ApiVersions v"));
    }
}

int main(void)
{
#define WITH_BROKER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_BROKER(requests_are_answered),
        WITH_BROKER(connections_last),
        WITH_BROKER(newer_clients_are_told_the_versions),
        WITH_BROKER(api_versions_may_be_cut_short),
        cmocka_unit_test(apis_are_found_by_key),
        WITH_BROKER(refusals_say_why),
        WITH_BROKER(damaged_requests_say_where),
        WITH_BROKER(producers_that_want_no_answer_are_disconnected),
        WITH_BROKER(shortage_of_memory_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

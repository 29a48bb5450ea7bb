/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_server FOLDER
 *
 * Starts a broker's parts over the data directory FOLDER/data and has them answer each kind of request while one
 * allocation after the other fails, and one open() after the other. Nothing may leak, and everything must work as
 * before once memory is available again. */
#include "../server/support/captured.h"
#include "../server/support/sim.h"
#include "../unit/support.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/frame.h>

#include "api/broker.h"
#include "api/dispatch.h"
#include "api/handlers.h"
#include "base/file_layer.h"
#include "base/thread_executor.h"
#include "coordinators.h"
#include "metadata/load.h"
#include "network/connection.h"
#include "network/socket.h"
#include "observe/console.h"
#include "scarce.h"

enum { ARENA_LIMIT = 1024 * 1024, ANSWER_CAPACITY = 256 * 1024, MOST_CALLS = 10000 };

static char folder[PATH_SIZE];
static size_t arena_size; /* that a request may use, to the byte; 0: what it needs */

static bool open_broker(struct broker *broker)
{
    memset(broker, 0, sizeof *broker);
    config_init(&broker->config);
    assert_true(coordinators_open(broker)); /* which never start */
    return metadata_cell_init(&broker->metadata) && log_dir_open(folder, -1, &broker->logs, &broker->identity) &&
           metadata_load(&broker->logs, -1, &broker->identity, &broker->metadata);
}

static void close_broker(struct broker *broker)
{
    metadata_cell_finish(&broker->metadata);
    log_manager_close(&broker->logs);
    append_tools_pool_finish(&broker->append_tools);
    coordinators_close(broker);
}

/* ---- requests ---- */

static kw_string topic_name(void)
{
    return kw_string_of("plain");
}

static kw_uuid topic_id(struct broker *broker)
{
    const struct metadata_image *image = metadata_image_acquire(&broker->metadata);
    const struct metadata_topic *topic = metadata_topic_by_name(image, topic_name());
    assert_non_null(topic);
    kw_uuid id = topic->id;
    metadata_image_release(image);
    return id;
}

static int32_t partition_numbers[] = {0, 1};
static const kw_int32_array both_partitions = {partition_numbers, 2};

static void fill_fetch(kw_fetch_request *r, struct broker *broker)
{
    static kw_fetch_request_topic topic;
    static kw_fetch_request_partition partition;
    kw_fetch_request_topic_init(&topic);
    kw_fetch_request_partition_init(&partition);
    partition.partition_max_bytes = 65536;
    topic.topic = topic_name();
    topic.topic_id = topic_id(broker);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    r->topics.items = &topic;
    r->topics.len = 1;
    r->min_bytes = 1;
}

/* Records of both topics are searched by time; those of the second one are compressed. */
static void fill_list_offsets(kw_list_offsets_request *r)
{
    static kw_list_offsets_request_topic topics[2];
    static kw_list_offsets_request_partition partitions[2];
    for (size_t i = 0; i < COUNT_OF(topics); i++) {
        kw_list_offsets_request_topic_init(&topics[i]);
        kw_list_offsets_request_partition_init(&partitions[i]);
        partitions[i].timestamp = 1000;
        topics[i].partitions.items = &partitions[i];
        topics[i].partitions.len = 1;
    }
    topics[0].name = topic_name();
    topics[1].name = kw_string_of("codecs");
    partitions[1].partition_index = 1;
    r->topics.items = topics;
    r->topics.len = 2;
    r->replica_id = -1;
}

static void fill_produce(kw_produce_request *r, struct broker *broker)
{
    static kw_produce_request_topic_produce_data topic;
    static kw_produce_request_partition_produce_data partition;
    kw_produce_request_topic_produce_data_init(&topic);
    kw_produce_request_partition_produce_data_init(&partition);
    topic.name = topic_name();
    topic.topic_id = topic_id(broker);
    topic.partition_data.items = &partition;
    topic.partition_data.len = 1;
    r->acks = 1;
    r->topic_data.items = &topic;
    r->topic_data.len = 1;
}

static void fill_topic_partitions(kw_describe_topic_partitions_request *r)
{
    static kw_describe_topic_partitions_request_topic_request topic;
    kw_describe_topic_partitions_request_topic_request_init(&topic);
    topic.name = topic_name();
    r->topics.items = &topic;
    r->topics.len = 1;
}

static void fill_elect_leaders(kw_elect_leaders_request *r)
{
    static kw_elect_leaders_request_topic_partitions topics[2];
    static int32_t partitions[] = {0, 5};
    for (size_t i = 0; i < COUNT_OF(topics); i++)
        kw_elect_leaders_request_topic_partitions_init(&topics[i]);
    topics[0].topic = topic_name();
    topics[0].partitions.items = partitions;
    topics[0].partitions.len = 2;
    r->topic_partitions.items = topics;
    r->topic_partitions.len = 2;
}

static void fill_metadata(kw_metadata_request *r)
{
    static kw_metadata_request_topic topics[2];
    for (size_t i = 0; i < COUNT_OF(topics); i++)
        kw_metadata_request_topic_init(&topics[i]);
    topics[0].name = topic_name();
    topics[1].name = kw_string_of("missing");
    r->topics.items = topics;
    r->topics.len = 2;
}

static void fill_describe_producers(kw_describe_producers_request *r)
{
    static kw_describe_producers_request_topic_request topic;
    kw_describe_producers_request_topic_request_init(&topic);
    topic.name = topic_name();
    topic.partition_indexes = both_partitions;
    r->topics.items = &topic;
    r->topics.len = 1;
}

static void fill_write_txn_markers(kw_write_txn_markers_request *r)
{
    static kw_write_txn_markers_request_writable_txn_marker marker;
    static kw_write_txn_markers_request_writable_txn_marker_topic topic;
    kw_write_txn_markers_request_writable_txn_marker_init(&marker);
    kw_write_txn_markers_request_writable_txn_marker_topic_init(&topic);
    topic.name = topic_name();
    topic.partition_indexes = both_partitions;
    marker.topics.items = &topic;
    marker.topics.len = 1;
    r->markers.items = &marker;
    r->markers.len = 1;
}

static void fill_delete_records(kw_delete_records_request *r)
{
    static kw_delete_records_request_topic topic;
    static kw_delete_records_request_partition partition;
    kw_delete_records_request_topic_init(&topic);
    kw_delete_records_request_partition_init(&partition);
    topic.name = topic_name();
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    r->topics.items = &topic;
    r->topics.len = 1;
}

static void fill_offset_for_leader_epoch(kw_offset_for_leader_epoch_request *r)
{
    static kw_offset_for_leader_epoch_request_offset_for_leader_topic topic;
    static kw_offset_for_leader_epoch_request_offset_for_leader_partition partition;
    kw_offset_for_leader_epoch_request_offset_for_leader_topic_init(&topic);
    kw_offset_for_leader_epoch_request_offset_for_leader_partition_init(&partition);
    topic.topic = topic_name();
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    r->topics.items = &topic;
    r->topics.len = 1;
}

static void fill_describe_configs(kw_describe_configs_request *r)
{
    static kw_describe_configs_request_resource resources[2];
    for (size_t i = 0; i < COUNT_OF(resources); i++)
        kw_describe_configs_request_resource_init(&resources[i]);
    resources[0].resource_type = RESOURCE_TOPIC;
    resources[0].resource_name = topic_name();
    resources[0].configuration_keys.len = -1;
    resources[1].resource_type = RESOURCE_BROKER;
    resources[1].resource_name = kw_string_of("1");
    resources[1].configuration_keys.len = -1;
    r->include_synonyms = true;
    r->include_documentation = true;
    r->resources.items = resources;
    r->resources.len = 2;
}

static void fill_describe_log_dirs(kw_describe_log_dirs_request *r)
{
    static kw_describe_log_dirs_request_describable_log_dir_topic topic;
    kw_describe_log_dirs_request_describable_log_dir_topic_init(&topic);
    topic.topic = topic_name();
    topic.partitions = both_partitions;
    r->topics.items = &topic;
    r->topics.len = 1;
}

static void fill_api_versions(kw_api_versions_request *r)
{
    r->client_software_name = kw_string_of("scarce");
    r->client_software_version = kw_string_of("1");
}

/* A request that uses as much as possible. *body is large enough for any. */
static void fill(const struct api *api, void *body, struct broker *broker)
{
    kw_message_init(api->request, body);
    if (api->key == KW_KEY_FETCH)
        fill_fetch(body, broker);
    else if (api->key == KW_KEY_LIST_OFFSETS)
        fill_list_offsets(body);
    else if (api->key == KW_KEY_PRODUCE)
        fill_produce(body, broker);
    else if (api->key == KW_KEY_DESCRIBE_TOPIC_PARTITIONS)
        fill_topic_partitions(body);
    else if (api->key == KW_KEY_ELECT_LEADERS)
        fill_elect_leaders(body);
    else if (api->key == KW_KEY_API_VERSIONS)
        fill_api_versions(body);
}

/* The same of those whose requests are empty otherwise, in their last version. */
static void fill_last(const struct api *api, void *body)
{
    if (api->key == KW_KEY_METADATA)
        fill_metadata(body);
    else if (api->key == KW_KEY_DESCRIBE_PRODUCERS)
        fill_describe_producers(body);
    else if (api->key == KW_KEY_WRITE_TXN_MARKERS)
        fill_write_txn_markers(body);
    else if (api->key == KW_KEY_DELETE_RECORDS)
        fill_delete_records(body);
    else if (api->key == KW_KEY_OFFSET_FOR_LEADER_EPOCH)
        fill_offset_for_leader_epoch(body);
    else if (api->key == KW_KEY_DESCRIBE_CONFIGS)
        fill_describe_configs(body);
    else if (api->key == KW_KEY_DESCRIBE_LOG_DIRS)
        fill_describe_log_dirs(body);
}

static kw_bytes request_of(const struct api *api, int16_t version, struct broker *broker)
{
    static uint64_t body[64];
    static uint8_t frame[1024];
    kw_writer w;
    assert_true(api->request->type->size <= sizeof body);
    fill(api, body, broker);
    if (arena_size != 0)
        fill_last(api, body);
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, api->key, version, 7, kw_string_of("scarce"));
    assert_status(kw_message_encode(api->request, version, body, &w), KW_OK);
    assert_status(kw_frame_end(&w, mark), KW_OK);
    return (kw_bytes){frame + 4, (int32_t)kw_frame_size(&w, mark) - 4};
}

/* ---- answers ---- */

struct answer {
    bool given;
    size_t size;
    uint8_t data[ANSWER_CAPACITY];
};

/* Waits end immediately. */
static void ask(struct broker *broker, kw_bytes request, struct answer *out)
{
    static uint64_t little[ARENA_LIMIT / sizeof(uint64_t)];
    struct sim sim;
    struct sim_client client;
    struct service service = dispatch_service(broker);
    sim_init(&sim);
    sim_client_init(&client, &sim, &service, ARENA_LIMIT);
    if (arena_size != 0)
        kw_arena_init(&client.arena, little, arena_size);
    if (sim_client_send(&client, request) == EXCHANGE_PENDING)
        sim_client_hurry(&client);
    sim_settle(&sim);
    assert_int_not_equal(client.outcome, EXCHANGE_PENDING);
    out->given = client.outcome == EXCHANGE_ANSWERED;
    assert_true(out->given || strstr(client.exchange.fault, kw_status_text(KW_ERR_NO_MEMORY)) != NULL);
    out->size = sim_client_take(&client, out->data, sizeof out->data);
    assert_true(out->size <= sizeof out->data);
    sim_client_finish(&client);
}

/* What clients retry, or learn of whether memory is short or not. */
static void check_error(int16_t error)
{
    if (error != KW_ERROR_NONE && error != KW_ERROR_KAFKA_STORAGE_ERROR && error != KW_ERROR_NOT_LEADER_OR_FOLLOWER &&
        error != KW_ERROR_CORRUPT_MESSAGE && error != KW_ERROR_UNSUPPORTED_VERSION)
        fail_msg("%s, which clients do not retry", kw_error_name(error));
}

static void check_fetched(const kw_fetch_response *r)
{
    check_error(r->error_code);
    for (int32_t t = 0; t < r->responses.len; t++)
        for (int32_t p = 0; p < r->responses.items[t].partitions.len; p++)
            check_error(r->responses.items[t].partitions.items[p].error_code);
}

static void check_listed(const kw_list_offsets_response *r)
{
    for (int32_t t = 0; t < r->topics.len; t++)
        for (int32_t p = 0; p < r->topics.items[t].partitions.len; p++)
            check_error(r->topics.items[t].partitions.items[p].error_code);
}

/* The metadata cannot be changed. Each partition says so: version 0 has no other error. */
static void check_elected(const kw_elect_leaders_response *r, int16_t version)
{
    assert_int_equal(r->error_code, version == 0 ? KW_ERROR_NONE : KW_ERROR_POLICY_VIOLATION);
    assert_int_equal(r->replica_election_results.len, 2);
    const kw_elect_leaders_response_replica_election_result *first = &r->replica_election_results.items[0];
    assert_true(kw_string_equal(first->topic, topic_name()));
    assert_int_equal(first->partition_result.len, 2);
    assert_int_equal(first->partition_result.items[1].partition_id, 5);
    assert_int_equal(first->partition_result.items[1].error_code, KW_ERROR_POLICY_VIOLATION);
    assert_true(first->partition_result.items[1].error_message.len > 0);
    assert_int_equal(first[1].partition_result.len, 0);
}

/* The errors in what was answered while something failed. */
static void check_answer(kw_bytes request, const struct answer *answer)
{
    kw_arena arena;
    kw_request asked;
    kw_response given;
    kw_reader in;
    void *body;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    assert_status(kw_request_decode_header(&asked, request, &arena), KW_OK);
    const kw_bytes frame = {answer->data + 4, (int32_t)answer->size - 4};
    assert_status(kw_response_decode_header(&given, asked.api_key, asked.api_version, frame, &arena), KW_OK);
    kw_reader_init_bytes(&in, given.body);
    const kw_message *message = kw_message_find(asked.api_key, KW_MESSAGE_RESPONSE);
    assert_status(kw_message_decode(message, given.api_version, &in, &arena, &body), KW_OK);
    if (asked.api_key == KW_KEY_FETCH)
        check_fetched(body);
    else if (asked.api_key == KW_KEY_LIST_OFFSETS)
        check_listed(body);
    else if (asked.api_key == KW_KEY_ELECT_LEADERS)
        check_elected(body, asked.api_version);
    kw_arena_finish(&arena);
}

static bool same(const struct answer *a, const struct answer *b)
{
    return a->given == b->given && a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

/* One failure; then the same request again, which must be answered as usual. */
static bool fail_once(struct broker *broker, kw_bytes request, scarce_kind kind, size_t n, const struct answer *right)
{
    static struct answer answer;
    scarce_fail_at(kind, n);
    ask(broker, request, &answer);
    bool failed = scarce_has_failed();
    scarce_fail_at(kind, 0);
    if (!failed && !same(&answer, right))
        fail_msg("a wrong answer, although nothing failed");
    if (answer.given)
        check_answer(request, &answer);
    ask(broker, request, &answer);
    if (!same(&answer, right))
        fail_msg("after call %zu failed once, the answer is different", n);
    return failed;
}

static void check_warm(struct broker *broker, const struct api *api, int16_t version)
{
    static struct answer right;
    kw_bytes request = request_of(api, version, broker);
    ask(broker, request, &right);
    assert_true(right.given && right.size > 0);
    size_t blocks = scarce_blocks(), descriptors = open_descriptors(), n = 1;
    while (fail_once(broker, request, SCARCE_MEMORY, n, &right)) {
        assert_int_equal(scarce_blocks(), blocks);
        assert_int_equal(open_descriptors(), descriptors);
        assert_true(n++ < MOST_CALLS);
    }
    assert_true(n > 1);
}

static void requests_without_memory(void **state)
{
    (void)state;
    static struct broker broker;
    size_t count;
    const struct api *apis = served_apis(&count);
    assert_true(open_broker(&broker));
    size_t descriptors = open_descriptors();
    for (size_t i = 0; i < count; i++)
        for (int16_t v = apis[i].versions.first; v <= apis[i].versions.last; v++)
            check_warm(&broker, &apis[i], v);
    assert_int_equal(open_descriptors(), descriptors); /* segments are open, but need no memory */
    close_broker(&broker);
    assert_int_equal(scarce_blocks(), 0);
}

/* With little more each time, until it is enough. */
static void check_little(struct broker *broker, const struct api *api)
{
    static struct answer right, answer;
    arena_size = ARENA_LIMIT;
    kw_bytes request = request_of(api, api->versions.last, broker);
    ask(broker, request, &right);
    assert_true(right.given);
    size_t blocks = scarce_blocks();
    bool enough = false;
    for (arena_size = 8; !enough; arena_size += 8 + arena_size / 256 * 8) {
        assert_true(arena_size <= ARENA_LIMIT);
        ask(broker, request, &answer);
        enough = same(&answer, &right);
        if (answer.given)
            check_answer(request, &answer);
        assert_int_equal(scarce_blocks(), blocks);
    }
    assert_true(arena_size > 16);
    arena_size = 0;
}

static void requests_with_little_memory(void **state)
{
    (void)state;
    static struct broker broker;
    size_t count;
    const struct api *apis = served_apis(&count);
    assert_true(open_broker(&broker));
    for (size_t i = 0; i < count; i++)
        check_little(&broker, &apis[i]);
    close_broker(&broker);
    assert_int_equal(scarce_blocks(), 0);
}

/* The first request for records opens log and segment: each time on a new broker. */
static void check_cold(const struct api *api, scarce_kind kind)
{
    static struct broker broker;
    static struct answer right;
    bool failed = true;
    size_t failures = 0;
    for (size_t n = 0; failed; n++) {
        assert_true(open_broker(&broker));
        kw_bytes request = request_of(api, api->versions.last, &broker);
        if (n == 0)
            ask(&broker, request, &right);
        else
            failed = fail_once(&broker, request, kind, n, &right);
        failures += failed && n != 0;
        close_broker(&broker);
        assert_int_equal(scarce_blocks(), 0);
        assert_true(n < MOST_CALLS);
    }
    assert_true(failures > 2);
}

static void first_requests(void **state)
{
    (void)state;
    size_t count;
    const struct api *apis = served_apis(&count);
    for (size_t i = 0; i < count; i++)
        if (apis[i].key == KW_KEY_FETCH || apis[i].key == KW_KEY_LIST_OFFSETS) {
            check_cold(&apis[i], SCARCE_MEMORY);
            check_cold(&apis[i], SCARCE_DESCRIPTORS);
        }
}

/* ---- start and connections ---- */

static void start_without_memory(void **state)
{
    (void)state;
    static struct broker broker;
    bool started = false;
    for (size_t n = 1; !started; n++) {
        scarce_fail_at(SCARCE_MEMORY, n);
        started = open_broker(&broker);
        bool failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        assert_true(started || failed);
        close_broker(&broker);
        assert_int_equal(scarce_blocks(), 0);
        assert_true(n < MOST_CALLS);
    }
}

static void check_network_start(struct network *network, const struct network_options *options, scarce_kind kind)
{
    size_t descriptors = open_descriptors(), failures = 0;
    bool failed = true;
    for (size_t n = 1; failed; n++) {
        scarce_fail_at(kind, n);
        bool started = network_start(network, options);
        failed = scarce_has_failed();
        scarce_fail_at(kind, 0);
        assert_true(started != failed);
        failures += failed;
        if (started)
            network_stop(network);
        assert_int_equal(scarce_blocks(), 0);
        assert_int_equal(open_descriptors(), descriptors);
    }
    assert_true(failures >= 4);
}

static void network_without_what_it_needs(void **state)
{
    (void)state;
    static struct broker broker;
    static struct listener listener;
    static struct network network;
    config_init(&broker.config);
    (void)strcpy(broker.config.listen.host, "127.0.0.1");
    broker.config.listen.port = 0;
    broker.limits = (struct connection_limits){INT32_MAX, INT32_MAX, INT32_MAX};
    const struct network_options options = {.config = &broker.config,
                                            .limits = &broker.limits,
                                            .listener = &listener,
                                            .service = dispatch_service(&broker),
                                            .patience = network_patience_default,
                                            .threads = 2};
    assert_true(listener_open(&listener, &broker.config.listen));
    check_network_start(&network, &options, SCARCE_MEMORY);
#ifdef __linux__
    check_network_start(&network, &options, SCARCE_DESCRIPTORS);
#endif
    listener_close(&listener);
}

static void executor_without_a_thread(void **state)
{
    (void)state;
    static struct thread_executor executor;
    scarce_fail_at(SCARCE_MEMORY, 1);
    bool started = thread_executor_start(&executor);
    int error = errno;
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_false(started);
    assert_int_equal(error, EAGAIN);
    assert_int_equal(scarce_blocks(), 0);
    assert_true(thread_executor_start(&executor));
    thread_executor_stop(&executor);
}

/* What is reported is written by those who report it then. */
static void console_without_a_thread(void **state)
{
    (void)state;
    static struct captured captured;
    sigset_t before, after;
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &before), 0);
    capture_start(&captured);
    scarce_fail_at(SCARCE_MEMORY, 1);
    bool started = console_start();
    scarce_fail_at(SCARCE_MEMORY, 0);
    complain("a line");
    assert_string_equal(capture_end(&captured), "kwire-broker: a line\n");
    assert_false(started);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
    for (int number = 1; number < 32; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
}

/* Whether the broker ends the connection without a byte. */
static bool is_refused(int fd)
{
    char byte;
    (void)shutdown(fd, SHUT_WR);
    return read(fd, &byte, 1) <= 0;
}

/* The connection, its endpoint, its workspace, its buffer. */
static void connections_without_memory(void **state)
{
    (void)state;
    static struct broker broker;
    static struct listener listener;
    config_init(&broker.config);
    (void)strcpy(broker.config.listen.host, "127.0.0.1");
    broker.config.listen.port = 0;
    struct network network;
    broker.limits = (struct connection_limits){INT32_MAX, INT32_MAX, INT32_MAX};
    const struct network_options options = {.config = &broker.config,
                                            .limits = &broker.limits,
                                            .listener = &listener,
                                            .service = dispatch_service(&broker),
                                            .patience = network_patience_default,
                                            .threads = 1};
    static struct captured captured;
    size_t descriptors = open_descriptors();
    bool failed = true, frame_failed = false;
    size_t n = 1;
    assert_true(listener_open(&listener, &broker.config.listen));
    for (; failed; n++) {
        int ends[2];
        capture_start(&captured);
        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
        assert_true(socket_set_flags(ends[0]));
        assert_true(network_start(&network, &options));
        scarce_fail_at(SCARCE_MEMORY, n);
        (void)connection_create(&network.threads[0], ends[0]);
        (void)!send(ends[1], "", 1, MSG_NOSIGNAL);
        assert_true(is_refused(ends[1]));
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        network_stop(&network);
        close(ends[1]);
        assert_int_equal(scarce_blocks(), 0);
        const char *text = capture_end(&captured);
        assert_int_equal(strstr(text, "memory") != NULL, failed);
        frame_failed |= strstr(text, "closed: no memory for a frame of ") != NULL;
    }
    assert_true(n > 4);
    assert_true(frame_failed);
    listener_close(&listener);
    assert_int_equal(open_descriptors(), descriptors);
}

/* Others use the same disk: DescribeLogDirs would answer something else each time. */
static kw_status constant_space(const char *path, uint64_t *total, uint64_t *usable)
{
    (void)path;
    *total = 2000;
    *usable = 1000;
    return KW_OK;
}

int main(int argc, char **argv)
{
    static struct file_layer layer;
    if (argc != 2) {
        fprintf(stderr, "usage: scarce_server FOLDER\n");
        return 2;
    }
    (void)snprintf(folder, sizeof folder, "%s/data", argv[1]);
    layer = *file_layer_in_use();
    layer.space = constant_space;
    file_layer_use(&layer);
    const struct CMUnitTest tests[] = {
        TEST(requests_without_memory),  TEST(requests_with_little_memory),   TEST(first_requests),
        TEST(start_without_memory),     TEST(network_without_what_it_needs), TEST(executor_without_a_thread),
        TEST(console_without_a_thread), TEST(connections_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

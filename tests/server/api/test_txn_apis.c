/* SPDX-License-Identifier: Apache-2.0 */
/* The APIs of transactional producers, in a broker whose directory is in memory. */
#include <kwire/api_keys.h>

#include "api/dispatch.h"
#include "api/handlers.h"

#define APIS(X)                                        \
    X(INIT_PRODUCER_ID, init_producer_id, 5)           \
    X(ADD_PARTITIONS_TO_TXN, add_partitions_to_txn, 5) \
    X(ADD_OFFSETS_TO_TXN, add_offsets_to_txn, 4)       \
    X(END_TXN, end_txn, 5)                             \
    X(DESCRIBE_TRANSACTIONS, describe_transactions, 0) \
    X(LIST_TRANSACTIONS, list_transactions, 2)

#define ADAPTER(KEY, name, version)                                \
    static enum call_outcome call_##name(struct call *call)        \
    {                                                              \
        return handle_##name(call, call->request, call->response); \
    }
APIS(ADAPTER)

#define ROW(KEY, name, version) \
    {KW_KEY_##KEY, {0, version}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {APIS(ROW)};

enum { INIT, ADD_PARTITIONS, ADD_OFFSETS, END, DESCRIBE, LIST };

#include "../support/patterns.h"
#include "direct_api.h"

#include "coordinator/transaction/txn_requests.h"

/* ---- requests ---- */

static const struct txn_producer nobody = {-1, -1};

static const void *to_init_with(const char *id, struct txn_producer producer, int32_t timeout_ms)
{
    static kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = kw_string_of(id);
    request.transaction_timeout_ms = timeout_ms;
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    return &request;
}

static const void *to_init(const char *id)
{
    return to_init_with(id, nobody, 60000);
}

static kw_add_partitions_to_txn_request_topic topics[2];
static int32_t numbers[2][3];

/* "topic" 0 and 1, and partition 0 of another topic unless that is NULL. */
static kw_add_partitions_to_txn_request_topic_array some_topics(const char *other)
{
    for (int i = 0; i < 2; i++) {
        kw_add_partitions_to_txn_request_topic_init(&topics[i]);
        topics[i].partitions = (kw_int32_array){numbers[i], i == 0 ? 2 : 1};
        numbers[i][0] = 0;
        numbers[i][1] = 1;
    }
    topics[0].name = kw_string_of("topic");
    topics[1].name = kw_string_of(other);
    return (kw_add_partitions_to_txn_request_topic_array){topics, other != NULL ? 2 : 1};
}

static const void *to_add_old(const char *id, struct txn_producer producer, const char *other)
{
    static kw_add_partitions_to_txn_request request;
    kw_add_partitions_to_txn_request_init(&request);
    request.v3_and_below_transactional_id = kw_string_of(id);
    request.v3_and_below_producer_id = producer.id;
    request.v3_and_below_producer_epoch = producer.epoch;
    request.v3_and_below_topics = some_topics(other);
    return &request;
}

static kw_add_partitions_to_txn_request_transaction transactions[3];

static const void *to_add_all(size_t count)
{
    static kw_add_partitions_to_txn_request request;
    kw_add_partitions_to_txn_request_init(&request);
    request.transactions.items = transactions;
    request.transactions.len = (int32_t)count;
    return &request;
}

static void set_transaction(size_t index, const char *id, struct txn_producer producer, bool verify, const char *other)
{
    kw_add_partitions_to_txn_request_transaction_init(&transactions[index]);
    transactions[index].transactional_id = kw_string_of(id);
    transactions[index].producer_id = producer.id;
    transactions[index].producer_epoch = producer.epoch;
    transactions[index].verify_only = verify;
    transactions[index].topics = some_topics(other);
}

static const void *to_add(const char *id, struct txn_producer producer)
{
    set_transaction(0, id, producer, false, NULL);
    return to_add_all(1);
}

static const void *to_add_offsets(const char *id, struct txn_producer producer, const char *group)
{
    static kw_add_offsets_to_txn_request request;
    kw_add_offsets_to_txn_request_init(&request);
    request.transactional_id = kw_string_of(id);
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    request.group_id = kw_string_of(group);
    return &request;
}

static const void *to_end(const char *id, struct txn_producer producer, bool commits)
{
    static kw_end_txn_request request;
    kw_end_txn_request_init(&request);
    request.transactional_id = kw_string_of(id);
    request.producer_id = producer.id;
    request.producer_epoch = producer.epoch;
    request.committed = commits;
    return &request;
}

static const void *to_describe(const char *a, const char *b)
{
    static kw_describe_transactions_request request;
    static kw_string ids[2];
    ids[0] = kw_string_of(a);
    ids[1] = kw_string_of(b);
    kw_describe_transactions_request_init(&request);
    request.transactional_ids = (kw_string_array){ids, b != NULL ? 2 : 1};
    return &request;
}

static kw_list_transactions_request list_request;

static kw_list_transactions_request *to_list(void)
{
    kw_list_transactions_request_init(&list_request);
    return &list_request;
}

/* ---- shared steps ---- */

#define NO_ERROR_AT(text, error) assert_non_null(strstr(text, "'errorCode':" error))

static int64_t number_after(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    assert_non_null(at);
    return strtoll(at + strlen(name), NULL, 10);
}

static struct txn_producer init(const char *id)
{
    const char *text = ask_api(INIT, to_init(id));
    NO_ERROR_AT(text, "0,");
    return (struct txn_producer){number_after(text, "'producerId':"), (int16_t)number_after(text, "'producerEpoch':")};
}

static int set_up_topics(void **state)
{
    if (set_up_apis(state) != 0)
        return -1;
    create_topic("topic", 3);
    create_topic("other", 1);
    create_topic("__transaction_state", 4);
    create_topic("__consumer_offsets", 4);
    return 0;
}

static void assert_error(const char *text, int error)
{
    char expected[32];
    (void)snprintf(expected, sizeof expected, "'errorCode':%d,", error);
    if (strstr(text, expected) == NULL) {
        (void)snprintf(expected, sizeof expected, "'errorCode':%d}", error);
        if (strstr(text, expected) == NULL)
            fail_msg("no %s in %s", expected, text);
    }
}

/* ---- InitProducerId ---- */

static void epochs_of_a_producer(void **state)
{
    (void)state;
    struct txn_producer first = init("a"), second = init("a"), other = init("b");
    assert_int_equal(first.epoch, 0);
    assert_int_equal(second.id, first.id);
    assert_int_equal(second.epoch, 1);
    assert_true(other.id != first.id);
    const char *text = ask_api(INIT, to_init_with("a", second, 60000));
    assert_error(text, KW_ERROR_NONE);
    assert_int_equal(number_after(text, "'producerEpoch':"), 2);
    assert_error(ask_api(INIT, to_init_with("a", first, 60000)), KW_ERROR_PRODUCER_FENCED);
    assert_error(ask_version(INIT, 4, to_init_with("a", first, 60000)), KW_ERROR_PRODUCER_FENCED);
    assert_error(ask_version(INIT, 3, to_init_with("a", first, 60000)), KW_ERROR_INVALID_PRODUCER_EPOCH);
    assert_string_equal(ask_version(INIT, 3, to_init_with("a", first, 60000)),
                        "{'throttleTimeMs':0,'errorCode':47,'producerId':-1,'producerEpoch':-1}");
}

static void inits_that_are_refused(void **state)
{
    (void)state;
    const struct txn_producer half = {5, -1}, other_half = {-1, 5};
    assert_error(ask_api(INIT, to_init_with("a", half, 60000)), KW_ERROR_INVALID_REQUEST);
    assert_error(ask_api(INIT, to_init_with("a", other_half, 60000)), KW_ERROR_INVALID_REQUEST);
    assert_error(ask_api(INIT, to_init("")), KW_ERROR_INVALID_REQUEST);
    assert_error(ask_api(INIT, to_init_with("a", nobody, 0)), KW_ERROR_INVALID_TRANSACTION_TIMEOUT);
    assert_error(ask_api(INIT, to_init_with("a", nobody, -1)), KW_ERROR_INVALID_TRANSACTION_TIMEOUT);
    assert_error(ask_api(INIT, to_init_with("a", nobody, 900001)), KW_ERROR_INVALID_TRANSACTION_TIMEOUT);
    assert_error(ask_api(INIT, to_init_with("a", nobody, 900000)), KW_ERROR_NONE);
    set_property("transaction.max.timeout.ms", "1000");
    assert_error(ask_api(INIT, to_init_with("a", nobody, 1001)), KW_ERROR_INVALID_TRANSACTION_TIMEOUT);
}

static void without_the_topic(void **state)
{
    (void)state;
    const struct txn_producer producer = {1, 0};
    create_topic("topic", 3);
    assert_string_equal(ask_api(INIT, to_init("a")),
                        "{'throttleTimeMs':0,'errorCode':16,'producerId':-1,'producerEpoch':-1}");
    assert_error(ask_api(END, to_end("a", producer, true)), KW_ERROR_NOT_COORDINATOR);
    assert_non_null(strstr(ask_api(ADD_PARTITIONS, to_add("a", producer)), "'partitionErrorCode':16"));
    assert_error(ask_api(ADD_OFFSETS, to_add_offsets("a", producer, "g")), KW_ERROR_NOT_COORDINATOR);
    assert_error(ask_api(DESCRIBE, to_describe("a", NULL)), KW_ERROR_NOT_COORDINATOR);
    assert_string_equal(ask_api(LIST, to_list()), "{'throttleTimeMs':0,'errorCode':0,'unknownStateFilters':[],"
                                                  "'transactionStates':[]}");
}

/* The open transaction of the one before is aborted first. */
static void a_producer_that_replaces_another(void **state)
{
    (void)state;
    struct txn_producer producer = init("a");
    (void)ask_api(ADD_PARTITIONS, to_add("a", producer));
    assert_string_equal(ask_api(INIT, to_init("a")),
                        "{'throttleTimeMs':0,'errorCode':51,'producerId':-1,'producerEpoch':-1}");
    sim_settle(&sim);
    assert_error(ask_api(END, to_end("a", producer, true)), KW_ERROR_INVALID_TXN_STATE);
    struct txn_producer next = init("a");
    assert_int_equal(next.id, producer.id);
    assert_int_equal(next.epoch, producer.epoch + 2);
}

/* An id gets another producer when its epochs are used up: at the start of one, and at the end of a transaction. */
static void epochs_that_are_used_up(void **state)
{
    (void)state;
    struct txn_producer first = init("a"), producer = first;
    while (producer.epoch < TXN_LAST_EPOCH)
        producer = init("a");
    assert_int_equal(producer.id, first.id);
    (void)ask_api(ADD_PARTITIONS, to_add("a", producer));
    const char *text = ask_api(END, to_end("a", producer, true));
    assert_error(text, KW_ERROR_NONE);
    struct txn_producer next = {number_after(text, "'producerId':"), (int16_t)number_after(text, "'producerEpoch':")};
    assert_true(next.id > first.id);
    assert_int_equal(next.epoch, 0);
    text = ask_api(END, to_end("a", producer, true)); /* the answer was lost */
    assert_error(text, KW_ERROR_NONE);
    assert_int_equal(number_after(text, "'producerId':"), next.id);
    (void)ask_api(ADD_PARTITIONS, to_add("a", next));
    assert_error(ask_api(END, to_end("a", next, true)), KW_ERROR_NONE);
    while (producer.id != next.id || producer.epoch < TXN_LAST_EPOCH)
        producer = init("a");
    struct txn_producer third = init("a");
    assert_true(third.id > next.id);
    assert_int_equal(third.epoch, 0);
}

/* ---- partitions ---- */

static void partitions_of_each_version(void **state)
{
    (void)state;
    struct txn_producer producer = init("a");
    for (int16_t version = 0; version <= 3; version++)
        assert_string_equal(ask_version(ADD_PARTITIONS, version, to_add_old("a", producer, "other")),
                            "{'throttleTimeMs':0,'resultsByTopicV3AndBelow':[{'name':'topic','resultsByPartition':[{"
                            "'partitionIndex':0,'partitionErrorCode':0},{'partitionIndex':1,'partitionErrorCode':0}]},"
                            "{'name':'other','resultsByPartition':[{'partitionIndex':0,'partitionErrorCode':0}]}]}");
    for (int16_t version = 4; version <= 5; version++)
        assert_string_equal(ask_version(ADD_PARTITIONS, version, to_add("a", producer)),
                            "{'throttleTimeMs':0,'errorCode':0,'resultsByTransaction':[{'transactionalId':'a',"
                            "'topicResults':[{'name':'topic','resultsByPartition':[{'partitionIndex':0,"
                            "'partitionErrorCode':0},{'partitionIndex':1,'partitionErrorCode':0}]}]}]}");
}

static void fenced_producers_of_each_version(void **state)
{
    (void)state;
    struct txn_producer producer = init("a");
    (void)init("a");
    for (int16_t version = 0; version <= 3; version++) {
        const char *expected = version < 2 ? "'partitionErrorCode':47" : "'partitionErrorCode':90";
        assert_non_null(strstr(ask_version(ADD_PARTITIONS, version, to_add_old("a", producer, NULL)), expected));
        assert_error(ask_version(ADD_OFFSETS, version, to_add_offsets("a", producer, "g")), version < 2 ? 47 : 90);
        assert_error(ask_version(END, version, to_end("a", producer, true)), version < 2 ? 47 : 90);
    }
}

static void topics_that_are_not_there(void **state)
{
    (void)state;
    struct txn_producer producer = init("a");
    assert_string_equal(ask_version(ADD_PARTITIONS, 3, to_add_old("a", producer, "missing")),
                        "{'throttleTimeMs':0,'resultsByTopicV3AndBelow':[{'name':'missing','resultsByPartition':[{"
                        "'partitionIndex':0,'partitionErrorCode':3}]},{'name':'topic','resultsByPartition':[{"
                        "'partitionIndex':0,'partitionErrorCode':55},{'partitionIndex':1,'partitionErrorCode':55}]}]}");
    assert_non_null(
        strstr(ask_version(ADD_PARTITIONS, 3, to_add_old("", producer, "missing")), "'partitionErrorCode':55"));
    assert_non_null(strstr(ask_version(ADD_PARTITIONS, 3, to_add_old("a", producer, "__consumer_offsets")),
                           "'partitionErrorCode':29"));
    set_transaction(0, "a", producer, false, "__consumer_offsets");
    assert_null(strstr(ask_api(ADD_PARTITIONS, to_add_all(1)), "'partitionErrorCode':29"));
    assert_non_null(strstr(ask_api(DESCRIBE, to_describe("a", NULL)), "'transactionState':'Ongoing'"));
}

/* What is said of a transaction as a whole is said of all that the request names; of a partition only once. */
static void partitions_that_are_named_twice(void **state)
{
    (void)state;
    struct txn_producer producer = init("a");
    const void *request = to_add_old("a", producer, "topic");
    numbers[0][1] = 0;
    numbers[0][2] = 1;
    topics[0].partitions.len = 3;
    assert_string_equal(ask_version(ADD_PARTITIONS, 3, request),
                        "{'throttleTimeMs':0,'resultsByTopicV3AndBelow':[{'name':'topic','resultsByPartition':[{"
                        "'partitionIndex':0,'partitionErrorCode':0},{'partitionIndex':0,'partitionErrorCode':0},{"
                        "'partitionIndex':1,'partitionErrorCode':0}]},{'name':'topic','resultsByPartition':[{"
                        "'partitionIndex':0,'partitionErrorCode':0}]}]}");
    numbers[0][2] = 7;
    assert_string_equal(ask_version(ADD_PARTITIONS, 3, request),
                        "{'throttleTimeMs':0,'resultsByTopicV3AndBelow':[{'name':'topic','resultsByPartition':[{"
                        "'partitionIndex':0,'partitionErrorCode':55},{'partitionIndex':7,'partitionErrorCode':3}]}]}");
    set_transaction(0, "a", producer, true, "topic");
    numbers[0][1] = 0;
    assert_string_equal(ask_api(ADD_PARTITIONS, to_add_all(1)),
                        "{'throttleTimeMs':0,'errorCode':0,'resultsByTransaction':[{'transactionalId':'a',"
                        "'topicResults':[{'name':'topic','resultsByPartition':[{'partitionIndex':0,"
                        "'partitionErrorCode':0}]}]}]}");
    topics[0].partitions.len = 0;
    transactions[0].topics.len = 1;
    assert_string_equal(ask_api(ADD_PARTITIONS, to_add_all(1)),
                        "{'throttleTimeMs':0,'errorCode':0,'resultsByTransaction':[{'transactionalId':'a',"
                        "'topicResults':[]}]}");
}

static void questions_and_several_transactions(void **state)
{
    (void)state;
    struct txn_producer a = init("a"), b = init("b"), wrong = {a.id, (int16_t)(a.epoch + 1)};
    set_transaction(0, "a", a, true, NULL);
    assert_non_null(strstr(ask_version(ADD_PARTITIONS, 4, to_add_all(1)), "'partitionErrorCode':120"));
    set_transaction(0, "a", a, false, NULL);
    set_transaction(1, "b", a, false, NULL);
    set_transaction(2, "", b, false, NULL);
    const char *text = ask_api(ADD_PARTITIONS, to_add_all(3));
    assert_non_null(strstr(text, "{'transactionalId':'a','topicResults':[{'name':'topic','resultsByPartition':[{"
                                 "'partitionIndex':0,'partitionErrorCode':0}"));
    assert_non_null(strstr(text, "{'transactionalId':'b','topicResults':[{'name':'topic','resultsByPartition':[{"
                                 "'partitionIndex':0,'partitionErrorCode':49}"));
    assert_non_null(strstr(text, "{'transactionalId':'','topicResults':[{'name':'topic','resultsByPartition':[{"
                                 "'partitionIndex':0,'partitionErrorCode':42}"));
    set_transaction(0, "a", a, true, "other");
    assert_non_null(strstr(ask_api(ADD_PARTITIONS, to_add_all(1)),
                           "[{'name':'other','resultsByPartition':[{'partitionIndex':0,'partitionErrorCode':120}]},{"
                           "'name':'topic','resultsByPartition':[{'partitionIndex':0,'partitionErrorCode':0},{"
                           "'partitionIndex':1,'partitionErrorCode':0}]}]"));
    set_transaction(0, "a", wrong, true, NULL);
    assert_non_null(strstr(ask_api(ADD_PARTITIONS, to_add_all(1)), "'partitionErrorCode':90"));
    assert_string_equal(ask_api(ADD_PARTITIONS, to_add_all(0)),
                        "{'throttleTimeMs':0,'errorCode':0,'resultsByTransaction':[]}");
}

/* Each of them is refused at once; the stack does not grow with them. */
static void many_transactions(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    static kw_add_partitions_to_txn_request_transaction many[MANY];
    static kw_add_partitions_to_txn_request request;
    kw_add_partitions_to_txn_request_init(&request);
    for (size_t i = 0; i < MANY; i++)
        kw_add_partitions_to_txn_request_transaction_init(&many[i]);
    request.transactions.items = many;
    request.transactions.len = MANY;
    sim_client_finish(&peer);
    start_peer(64 << 20);
    if (send_to(ADD_PARTITIONS, &request) == EXCHANGE_PENDING)
        sim_settle(&sim);
    assert_int_equal(peer.outcome, EXCHANGE_ANSWERED);
}

static void offsets_of_a_group(void **state)
{
    (void)state;
    struct txn_producer producer = init("a"), other = init("b");
    assert_string_equal(ask_api(ADD_OFFSETS, to_add_offsets("a", producer, "g")), "{'throttleTimeMs':0,'errorCode':0}");
    assert_non_null(strstr(ask_api(DESCRIBE, to_describe("a", NULL)),
                           "'topics':[{'topic':'__consumer_offsets','partitions':[3]}]"));
    assert_error(ask_api(ADD_OFFSETS, to_add_offsets("", producer, "g")), KW_ERROR_INVALID_REQUEST);
    assert_error(ask_api(ADD_OFFSETS, to_add_offsets("a", other, "g")), KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    assert_error(ask_api(ADD_OFFSETS, to_add_offsets("unknown", producer, "g")), KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
}

/* ---- EndTxn ---- */

static void ends_of_each_version(void **state)
{
    (void)state;
    for (int16_t version = 0; version <= 5; version++) {
        char id[] = {(char)('a' + version), '\0'};
        struct txn_producer producer = init(id);
        (void)ask_version(ADD_PARTITIONS, 3, to_add_old(id, producer, NULL));
        const char *text = ask_version(END, version, to_end(id, producer, true));
        if (version < 5) {
            assert_string_equal(text, "{'throttleTimeMs':0,'errorCode':0}");
        } else {
            assert_int_equal(number_after(text, "'producerId':"), producer.id);
            assert_int_equal(number_after(text, "'producerEpoch':"), producer.epoch + 1);
        }
        sim_settle(&sim); /* markers are written; the first time logs have to be opened */
        text = ask_api(DESCRIBE, to_describe(id, NULL));
        assert_non_null(strstr(text, "'transactionState':'CompleteCommit'"));
    }
}

static void ends_that_are_refused(void **state)
{
    (void)state;
    struct txn_producer producer = init("a"), other = init("b");
    assert_string_equal(ask_api(END, to_end("", producer, true)),
                        "{'throttleTimeMs':0,'errorCode':42,'producerId':-1,'producerEpoch':-1}");
    assert_error(ask_api(END, to_end("unknown", producer, true)), KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    assert_error(ask_api(END, to_end("a", other, true)), KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    assert_error(ask_api(END, to_end("a", producer, true)), KW_ERROR_INVALID_TXN_STATE);
    assert_error(ask_version(END, 4, to_end("a", producer, false)), KW_ERROR_INVALID_TXN_STATE);
}

/* ---- describing ---- */

static void described_transactions(void **state)
{
    (void)state;
    struct txn_producer producer = init("a");
    assert_string_equal(ask_api(DESCRIBE, to_describe("a", "")),
                        "{'throttleTimeMs':0,'transactionStates':[{'errorCode':0,'transactionalId':'a',"
                        "'transactionState':'Empty','transactionTimeoutMs':60000,'transactionStartTimeMs':-1,"
                        "'producerId':0,'producerEpoch':0,'topics':[]},{'errorCode':42,'transactionalId':'',"
                        "'transactionState':'','transactionTimeoutMs':0,'transactionStartTimeMs':0,'producerId':0,"
                        "'producerEpoch':0,'topics':[]}]}");
    (void)ask_version(ADD_PARTITIONS, 3, to_add_old("a", producer, "other"));
    assert_non_null(strstr(ask_api(DESCRIBE, to_describe("a", NULL)),
                           "'topics':[{'topic':'other','partitions':[0]},{'topic':'topic','partitions':[0,1]}]"));
    assert_error(ask_api(DESCRIBE, to_describe("unknown", NULL)), KW_ERROR_TRANSACTIONAL_ID_NOT_FOUND);
}

static void assert_listed(const kw_list_transactions_request *request, const char *expected)
{
    char text[64], copy[1024];
    (void)snprintf(copy, sizeof copy, "%s", ask_api(LIST, request));
    for (char id = 'a'; id <= 'd'; id++) {
        (void)snprintf(text, sizeof text, "'transactionalId':'%c'", id);
        assert_int_equal(strstr(copy, text) != NULL, strchr(expected, id) != NULL);
    }
}

static void listed_transactions(void **state)
{
    (void)state;
    struct txn_producer a = init("a"), b = init("b");
    (void)init("c");
    (void)ask_api(ADD_PARTITIONS, to_add("b", b));
    assert_listed(to_list(), "abc");
    kw_string states[] = {kw_string_of("Ongoing"), kw_string_of("z"), kw_string_of("Dead"), kw_string_of("a"),
                          kw_string_of("z")};
    to_list()->state_filters = (kw_string_array){states, 1};
    assert_listed(&list_request, "b");
    to_list()->state_filters = (kw_string_array){states, COUNT_OF(states)};
    assert_non_null(strstr(ask_api(LIST, &list_request), "'unknownStateFilters':['a','z'],"));
    assert_listed(&list_request, "b");
    to_list()->state_filters = (kw_string_array){&states[1], 1};
    assert_listed(&list_request, "");
    int64_t ids[] = {b.id, a.id, 77};
    to_list()->producer_id_filters = (kw_int64_array){ids, 3};
    assert_listed(&list_request, "ab");
    to_list()->transactional_id_pattern = kw_string_of("[ac]|bb");
    if (patterns_are_built())
        assert_listed(&list_request, "ac");
    to_list()->transactional_id_pattern = kw_string_of("");
    assert_listed(&list_request, "abc");
    to_list()->transactional_id_pattern = kw_string_of("(");
    assert_string_equal(ask_api(LIST, &list_request), "{'throttleTimeMs':0,'errorCode':128,'unknownStateFilters':[],"
                                                      "'transactionStates':[]}");
    to_list()->duration_filter = 3600000;
    assert_listed(&list_request, "ac"); /* those that have no start are old */
    to_list()->duration_filter = -5;
    assert_listed(&list_request, "abc");
}

static void after_a_restart(void **state)
{
    (void)state;
    struct txn_producer a = init("a");
    (void)ask_api(ADD_PARTITIONS, to_add("a", a));
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    restart_broker();
    coordinators_start(&broker, direct_homes, 1);
    const char *text = ask_api(DESCRIBE, to_describe("a", NULL));
    assert_non_null(strstr(text, "'transactionState':'Ongoing'"));
    assert_non_null(strstr(text, "'topics':[{'topic':'topic','partitions':[0,1]}]"));
    assert_error(ask_api(END, to_end("a", a, false)), KW_ERROR_NONE);
}

static void while_memory_is_short(void **state)
{
    (void)state;
    struct txn_producer producer = init("a");
    kw_string states[] = {kw_string_of("Ongoing")};
    to_list()->transactional_id_pattern = kw_string_of("a.*");
    list_request.state_filters = (kw_string_array){states, 1};
    for (int api = LIST; api >= INIT; api--) {
        size_t refused = 0;
        const void *request = api == LIST          ? &list_request
                              : api == DESCRIBE    ? to_describe("a", "b")
                              : api == END         ? to_end("a", producer, false)
                              : api == ADD_OFFSETS ? to_add_offsets("a", producer, "g")
                              : api == INIT        ? to_init("a")
                                                   : to_add("a", producer);
        for (size_t memory = 0;; memory += 8, refused++) {
            assert_true(memory < 1 << 16);
            sim_client_finish(&peer);
            start_peer(memory);
            if (send_to(api, request) == EXCHANGE_PENDING)
                sim_settle(&sim);
            if (peer.outcome == EXCHANGE_ANSWERED)
                break;
            assert_int_equal(peer.outcome, EXCHANGE_CLOSE);
        }
        assert_true(refused > 5);
        (void)take(api);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(epochs_of_a_producer, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(inits_that_are_refused, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(without_the_topic, set_up_apis, tear_down_apis),
        cmocka_unit_test_setup_teardown(a_producer_that_replaces_another, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(epochs_that_are_used_up, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(partitions_of_each_version, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(fenced_producers_of_each_version, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(topics_that_are_not_there, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(partitions_that_are_named_twice, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(questions_and_several_transactions, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(many_transactions, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(offsets_of_a_group, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(ends_of_each_version, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(ends_that_are_refused, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(described_transactions, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(listed_transactions, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(after_a_restart, set_up_topics, tear_down_apis),
        cmocka_unit_test_setup_teardown(while_memory_is_short, set_up_topics, tear_down_apis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

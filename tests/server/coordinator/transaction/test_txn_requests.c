/* SPDX-License-Identifier: Apache-2.0 */
/* Requests about transactional ids at their bounds: who may end a prepared state, what is verified of each partition,
 * which ids are forgotten when, how much memory additions need, and records as others may have written them. */
#include "../../../unit/support.h"

#include <kwire/error.h>
#include <kwire/messages/transaction_log_key.h>
#include <kwire/messages/transaction_log_value.h>

#include "coordinator/transaction/txn_list.h"
#include "coordinator/transaction/txn_records.h"
#include "coordinator/transaction/txn_requests.h"

enum { LIMIT = 1 << 20, NOW = 1000000, MOST = 8 };

static struct coordinator_budget budget;
static struct txn_machine *machine;
static kw_arena arena;
static struct coordinator_decision decision;
static const struct metadata_image *image;
static const struct txn_partitions none = {NULL, 0};

static int set_up(void **state)
{
    (void)state;
    const struct metadata_feature feature = {kw_string_of("transaction.version"), 2};
    const struct metadata_parts parts = {.features = &feature, .feature_count = 1, .epoch = -1};
    const struct txn_machine_options options = {.budget = &budget, .seed = 890};
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    image = metadata_image_create(&parts);
    machine = txn_machine_create(&options);
    assert_true(image != NULL && machine != NULL);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    decision = (struct coordinator_decision){.state = machine, .image = image, .now = NOW};
    record_out_init(&decision.records, &arena);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    txn_machine_destroy(machine);
    metadata_image_release(image);
    kw_arena_finish(&arena);
    return atomic_load(&budget.used) == 0 ? 0 : -1;
}

/* What has been decided is written; returns how many records. */
static size_t apply(void)
{
    size_t count = decision.records.count;
    assert_int_equal(decision.records.status, KW_OK);
    for (size_t i = 0; i < count; i++) {
        const struct coordinator_record record = {decision.records.items[i].key, decision.records.items[i].value, 0,
                                                  KW_NO_PRODUCER_ID, -1};
        assert_status(txn_machine_calls.replay(machine, &record, NULL), KW_OK);
    }
    kw_arena_reset(&arena);
    record_out_init(&decision.records, &arena);
    return count;
}

static void put(const char *id, enum txn_state state, int64_t updated_ms, struct txn_partitions partitions)
{
    const struct txn_fields fields = {.producer_id = 7,
                                      .previous_producer_id = 7,
                                      .next_producer_id = TXN_NO_PRODUCER,
                                      .epoch = 3,
                                      .last_epoch = TXN_NO_EPOCH,
                                      .timeout_ms = 1000,
                                      .state = state,
                                      .start_ms = state == TXN_EMPTY ? TXN_NO_TIME : 5,
                                      .updated_ms = updated_ms,
                                      .client_version = 2,
                                      .partitions = partitions};
    txn_records_add(&decision.records, kw_string_of(id), &fields, 1);
    assert_int_equal(apply(), 1);
}

static struct txn_partition part(const char *topic, int32_t number)
{
    return (struct txn_partition){kw_string_of(topic), number};
}

static const struct txn_fields *known(const char *id)
{
    return txn_machine_find(machine, kw_string_of(id));
}

/* ---- */

static void ids_that_expire(void **state)
{
    (void)state;
    const struct txn_partition one = part("t", 0);
    for (int s = TXN_EMPTY; s < TXN_STATES; s++) {
        bool is_over = s == TXN_EMPTY || s == TXN_COMPLETE_COMMIT || s == TXN_COMPLETE_ABORT;
        put("id", (enum txn_state)s, 500, is_over ? none : (struct txn_partitions){&one, 1});
        txn_request_expire(&decision, kw_string_of("id"), 499);
        assert_int_equal(apply(), 0);
        assert_non_null(known("id"));
        txn_request_expire(&decision, kw_string_of("id"), 500);
        assert_int_equal(apply(), is_over);
        assert_int_equal(known("id") == NULL, is_over);
        assert_int_equal(machine->count, !is_over);
    }
    txn_request_expire(&decision, kw_string_of("unknown"), INT64_MAX);
    assert_int_equal(apply(), 0);
}

static void only_its_producer_completes(void **state)
{
    (void)state;
    static const struct {
        enum txn_state state;
        enum txn_state next; /* the same: nothing is decided */
        struct txn_producer producer;
    } cases[] = {
        {TXN_PREPARE_COMMIT, TXN_COMPLETE_COMMIT, {7, 3}},
        {TXN_PREPARE_ABORT, TXN_COMPLETE_ABORT, {7, 3}},
        {TXN_PREPARE_COMMIT, TXN_PREPARE_COMMIT, {8, 3}},
        {TXN_PREPARE_COMMIT, TXN_PREPARE_COMMIT, {7, 2}},
        {TXN_PREPARE_ABORT, TXN_PREPARE_ABORT, {7, 4}},
        {TXN_ONGOING, TXN_ONGOING, {7, 3}},
        {TXN_EMPTY, TXN_EMPTY, {7, 3}},
        {TXN_COMPLETE_COMMIT, TXN_COMPLETE_COMMIT, {7, 3}},
    };
    const struct txn_partition one = part("t", 0);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        bool completes = cases[i].next != cases[i].state;
        put("id", cases[i].state, 500, (struct txn_partitions){&one, 1});
        assert_int_equal(txn_request_complete(&decision, kw_string_of("id"), cases[i].producer), completes);
        assert_int_equal(apply(), completes);
        assert_int_equal(known("id")->state, cases[i].next);
        assert_int_equal(known("id")->updated_ms, completes ? NOW : 500);
    }
    assert_false(txn_request_complete(&decision, kw_string_of("unknown"), (struct txn_producer){7, 3}));
    assert_int_equal(apply(), 0);
}

static void only_what_is_open_is_fenced(void **state)
{
    (void)state;
    const struct txn_partition one = part("t", 0);
    for (int s = TXN_EMPTY; s < TXN_STATES; s++) {
        put("id", (enum txn_state)s, 500, (struct txn_partitions){&one, s != TXN_EMPTY});
        struct txn_answer answer = txn_request_fence(&decision, kw_string_of("id"), TXN_NO_PRODUCER);
        assert_int_equal(answer.error, KW_ERROR_NONE);
        assert_int_equal(answer.prepares, s == TXN_ONGOING);
        assert_int_equal(answer.producer.id, s == TXN_ONGOING ? 7 : TXN_NO_PRODUCER);
        assert_int_equal(apply(), s == TXN_ONGOING);
    }
    struct txn_answer answer = txn_request_fence(&decision, kw_string_of("unknown"), TXN_NO_PRODUCER);
    assert_true(answer.error == KW_ERROR_NONE && !answer.prepares && !answer.needs_producer_id);
    assert_int_equal(apply(), 0);
}

/* ---- partitions ---- */

static void each_partition_is_verified(void **state)
{
    (void)state;
    const struct txn_partition has[] = {part("a", 1), part("b", 0), part("b", 2)};
    const struct txn_partition asked[] = {part("a", 0), part("a", 1), part("aa", 1), part("b", 0),
                                          part("b", 1), part("b", 2), part("b", 3)};
    static const bool is_there[] = {false, true, false, true, false, true, false};
    const struct txn_partitions all = {asked, COUNT_OF(asked)};
    int16_t errors[MOST];
    put("id", TXN_ONGOING, 500, (struct txn_partitions){has, COUNT_OF(has)});
    const struct txn_producer producer = {7, 3};
    assert_int_equal(txn_request_verify(&decision, kw_string_of("id"), producer, &all, errors), KW_ERROR_NONE);
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        assert_int_equal(errors[i], is_there[i] ? KW_ERROR_NONE : KW_ERROR_TRANSACTION_ABORTABLE);
    errors[0] = 99; /* of the whole transaction: nothing of partitions */
    assert_int_equal(txn_request_verify(&decision, kw_string_of(""), producer, &all, errors), KW_ERROR_INVALID_REQUEST);
    assert_int_equal(txn_request_verify(&decision, kw_string_of("unknown"), producer, &all, errors),
                     KW_ERROR_INVALID_PRODUCER_ID_MAPPING);
    assert_int_equal(txn_request_verify(&decision, kw_string_of("id"), (struct txn_producer){7, 4}, &all, errors),
                     KW_ERROR_PRODUCER_FENCED);
    put("id", TXN_PREPARE_ABORT, 500, (struct txn_partitions){has, COUNT_OF(has)});
    assert_int_equal(txn_request_verify(&decision, kw_string_of("id"), producer, &all, errors),
                     KW_ERROR_CONCURRENT_TRANSACTIONS);
    assert_int_equal(errors[0], 99);
    assert_int_equal(decision.records.count, 0);
}

static void partitions_are_added_once(void **state)
{
    (void)state;
    const struct txn_partition first[] = {part("b", 0), part("c", 2)};
    const struct txn_partition more[] = {part("a", 5), part("b", 0), part("b", 1), part("d", 0)};
    static const struct {
        const char *topic;
        int32_t number;
    } expected[] = {{"a", 5}, {"b", 0}, {"b", 1}, {"c", 2}, {"d", 0}};
    const struct txn_partitions all = {more, COUNT_OF(more)}, some = {first, COUNT_OF(first)};
    const struct txn_producer producer = {7, 3};
    put("id", TXN_COMPLETE_ABORT, 500, none);
    assert_int_equal(txn_request_add(&decision, kw_string_of("id"), producer, &some, 2), KW_ERROR_NONE);
    assert_int_equal(apply(), 1);
    assert_int_equal(known("id")->start_ms, NOW);
    decision.now++;
    assert_int_equal(txn_request_add(&decision, kw_string_of("id"), producer, &all, 1), KW_ERROR_NONE);
    assert_int_equal(apply(), 1);
    const struct txn_fields *txn = known("id");
    assert_int_equal(txn->state, TXN_ONGOING);
    assert_int_equal(txn->start_ms, NOW);
    assert_int_equal(txn->updated_ms, NOW + 1);
    assert_int_equal(txn->client_version, 1);
    assert_int_equal(txn->partitions.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(kw_string_equal(txn->partitions.items[i].topic, kw_string_of(expected[i].topic)));
        assert_int_equal(txn->partitions.items[i].partition, expected[i].number);
    }
    assert_int_equal(txn_request_add(&decision, kw_string_of("id"), producer, &some, 2), KW_ERROR_NONE);
    assert_int_equal(apply(), 0); /* nothing is new */
}

/* Of partitions that are there nothing is needed. */
static void additions_need_memory(void **state)
{
    (void)state;
    const struct txn_partition two[] = {part("topic", 0), part("topic", 1)};
    const struct txn_partitions all = {two, COUNT_OF(two)};
    const struct txn_producer producer = {7, 3};
    size_t needed = COUNT_OF(two) * (sizeof two[0] + strlen("topic"));
    put("id", TXN_EMPTY, 500, none);
    size_t used = atomic_load(&budget.used);
    budget.limit = used + needed - 1;
    assert_int_equal(txn_request_add(&decision, kw_string_of("id"), producer, &all, 2),
                     KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_int_equal(apply(), 0);
    budget.limit = used + needed;
    assert_int_equal(txn_request_add(&decision, kw_string_of("id"), producer, &all, 2), KW_ERROR_NONE);
    assert_int_equal(atomic_load(&budget.used), used); /* until it is replayed */
    assert_int_equal(apply(), 1);
    assert_int_equal(atomic_load(&budget.used), used + needed);
    budget.limit = 0;
    assert_int_equal(txn_request_add(&decision, kw_string_of("id"), producer, &all, 2), KW_ERROR_NONE);
    assert_int_equal(apply(), 0);
}

/* The decision fails; it is not one that changes nothing. */
static void additions_that_the_arena_has_no_space_for(void **state)
{
    (void)state;
    const struct txn_partition one = part("t", 0);
    uint8_t memory[16];
    kw_arena small;
    put("id", TXN_EMPTY, 500, none);
    kw_arena_init(&small, memory, sizeof memory);
    record_out_init(&decision.records, &small);
    assert_int_equal(txn_request_add(&decision, kw_string_of("id"), (struct txn_producer){7, 3},
                                     &(struct txn_partitions){&one, 1}, 2),
                     KW_ERROR_NONE);
    assert_int_equal(decision.records.count, 0);
    assert_int_not_equal(decision.records.status, KW_OK);
    record_out_init(&decision.records, &arena);
}

static void a_new_id_needs_memory(void **state)
{
    (void)state;
    const struct txn_init_request request = {TXN_NO_PRODUCER, TXN_NO_EPOCH, 1000};
    size_t needed = sizeof(struct txn_entry) + strlen("some id") + sizeof(struct txn_value);
    budget.limit = needed - 1;
    assert_int_equal(txn_request_init(&decision, kw_string_of("some id"), &request, 5).error,
                     KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_int_equal(apply(), 0);
    budget.limit = needed;
    assert_int_equal(txn_request_init(&decision, kw_string_of("some id"), &request, 5).error, KW_ERROR_NONE);
    assert_int_equal(apply(), 1);
    assert_int_equal(atomic_load(&budget.used), needed);
}

/* ---- records as others may have written them ---- */

static struct txn_record read_value(const kw_transaction_log_value *value)
{
    static uint8_t key_bytes[64], value_bytes[512];
    kw_transaction_log_key key;
    kw_writer k, v;
    kw_transaction_log_key_init(&key);
    key.transactional_id = kw_string_of("id");
    kw_writer_init(&k, key_bytes, sizeof key_bytes);
    kw_write_int16(&k, 0);
    assert_status(kw_transaction_log_key_encode(&key, 0, &k), KW_OK);
    kw_writer_init(&v, value_bytes, sizeof value_bytes);
    kw_write_int16(&v, 1);
    assert_status(kw_transaction_log_value_encode(value, 1, &v), KW_OK);
    const struct coordinator_record record = {kw_bytes_of(key_bytes, kw_writer_data(&k).size),
                                              kw_bytes_of(value_bytes, kw_writer_data(&v).size), 0, KW_NO_PRODUCER_ID,
                                              -1};
    struct txn_record out;
    assert_status(txn_record_read(&out, &record, &arena), KW_OK);
    return out;
}

/* In any order, some twice. */
static void partitions_of_records(void **state)
{
    (void)state;
    int32_t of_b[] = {3, 1, 3}, of_a[] = {2}, more_of_b[] = {0, 1};
    kw_transaction_log_value_partitions_schema topics[3];
    static const struct {
        const char *topic;
        int32_t number;
    } expected[] = {{"a", 2}, {"b", 0}, {"b", 1}, {"b", 3}};
    kw_transaction_log_value value;
    kw_transaction_log_value_init(&value);
    for (size_t i = 0; i < COUNT_OF(topics); i++)
        kw_transaction_log_value_partitions_schema_init(&topics[i]);
    topics[0].topic = topics[2].topic = kw_string_of("b");
    topics[1].topic = kw_string_of("a");
    topics[0].partition_ids = (kw_int32_array){of_b, COUNT_OF(of_b)};
    topics[1].partition_ids = (kw_int32_array){of_a, COUNT_OF(of_a)};
    topics[2].partition_ids = (kw_int32_array){more_of_b, COUNT_OF(more_of_b)};
    value.producer_id = 70;
    value.previous_producer_id = 69;
    value.next_producer_id = 71;
    value.producer_epoch = 4;
    value.client_transaction_version = 2;
    value.transaction_timeout_ms = 60000;
    value.transaction_status = TXN_ONGOING;
    value.transaction_start_timestamp_ms = 100;
    value.transaction_last_update_timestamp_ms = 200;
    value.transaction_partitions.items = topics;
    value.transaction_partitions.len = COUNT_OF(topics);
    const struct txn_record read = read_value(&value);
    assert_int_equal(read.kind, TXN_RECORD_VALUE);
    assert_int_equal(read.version, 1);
    assert_true(kw_string_equal(read.id, kw_string_of("id")));
    assert_int_equal(read.value.partitions.count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_true(kw_string_equal(read.value.partitions.items[i].topic, kw_string_of(expected[i].topic)));
        assert_int_equal(read.value.partitions.items[i].partition, expected[i].number);
    }
    assert_true(read.value.producer_id == 70 && read.value.previous_producer_id == 69 &&
                read.value.next_producer_id == 71 && read.value.epoch == 4 && read.value.client_version == 2 &&
                read.value.timeout_ms == 60000 && read.value.start_ms == 100 && read.value.updated_ms == 200 &&
                read.value.last_epoch == TXN_NO_EPOCH);
    value.transaction_partitions.len = -1;
    assert_int_equal(read_value(&value).value.partitions.count, 0);
}

static void partitions_are_in_order(void **state)
{
    (void)state;
    const struct txn_partition ordered[] = {part("", 0),   part("", 3),   part("a", 9),
                                            part("aa", 0), part("b", -1), part("b", 0)};
    for (size_t i = 0; i < COUNT_OF(ordered); i++)
        for (size_t k = 0; k < COUNT_OF(ordered); k++) {
            int order = txn_compare_partitions(&ordered[i], &ordered[k]);
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
}

static void names_of_states(void **state)
{
    (void)state;
    assert_string_equal(txn_state_text(TXN_EMPTY), "Empty");
    assert_string_equal(txn_state_text(TXN_ONGOING), "Ongoing");
    assert_string_equal(txn_state_text(TXN_PREPARE_COMMIT), "PrepareCommit");
    assert_string_equal(txn_state_text(TXN_PREPARE_ABORT), "PrepareAbort");
    assert_string_equal(txn_state_text(TXN_COMPLETE_COMMIT), "CompleteCommit");
    assert_string_equal(txn_state_text(TXN_COMPLETE_ABORT), "CompleteAbort");
}

static void all_entries_once(void **state)
{
    (void)state;
    enum { COUNT = 100 };
    char id[16];
    int seen[COUNT] = {0};
    assert_null(txn_machine_next(machine, NULL));
    for (int i = 0; i < COUNT; i++) {
        snprintf(id, sizeof id, "id %02d", i);
        put(id, TXN_EMPTY, i, none);
    }
    for (const struct txn_entry *e = txn_machine_next(machine, NULL); e != NULL; e = txn_machine_next(machine, e)) {
        assert_int_equal(e->id.len, 5);
        seen[(e->id.data[3] - '0') * 10 + e->id.data[4] - '0']++;
    }
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(seen[i], 1);
}

/* One that has been open since 5. */
static void listed_by_duration(void **state)
{
    (void)state;
    static const struct {
        int64_t now, duration_ms;
        bool is_listed;
    } cases[] = {{5, 0, false}, {6, 0, true}, {15, 10, false}, {16, 10, true}, {5, -1, true}, {0, INT64_MIN, true}};
    const struct txn_partition one = part("t", 0);
    put("id", TXN_ONGOING, 500, (struct txn_partitions){&one, 1});
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct txn_filter filter = {.duration_ms = cases[i].duration_ms};
        struct txn_list list = {.arena = &arena};
        decision.now = cases[i].now;
        txn_list(&decision, &filter, &list);
        assert_int_equal(decision.records.status, KW_OK);
        assert_int_equal(list.count, cases[i].is_listed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ids_that_expire, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_its_producer_completes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(only_what_is_open_is_fenced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_partition_is_verified, set_up, tear_down),
        cmocka_unit_test_setup_teardown(partitions_are_added_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(additions_need_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(additions_that_the_arena_has_no_space_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_id_needs_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(partitions_of_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(partitions_are_in_order, set_up, tear_down),
        cmocka_unit_test(names_of_states),
        cmocka_unit_test_setup_teardown(listed_by_duration, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_entries_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The states of transactional ids: Kafka's answers and records to the same requests; random requests whose records are
 * written, or are not; and what producers may rely on. */
#include "../../../unit/support.h"

#include <kwire/error.h>

#include "coordinator/transaction/txn_records.h"
#include "coordinator/transaction/txn_requests.h"

#include "../../support/random_test.h"

enum { LEVELS = 3, MOST_PARTITIONS = 8, MOST_RECORDS = 64, STEPS = 300000, LIMIT = 16 * 1024 * 1024, IDS = 5 };

static struct coordinator_budget budget;
static struct txn_machine *machine;
static kw_arena decision_arena;
static struct coordinator_decision decision;
static const struct metadata_image *images[LEVELS]; /* by level of transaction.version */
static int64_t log_end;

static struct txn_machine *make_machine(void)
{
    const struct txn_machine_options options = {.budget = &budget, .seed = 890};
    struct txn_machine *m = txn_machine_create(&options);
    assert_non_null(m);
    return m;
}

static int set_up(void **state)
{
    (void)state;
    for (int16_t level = 0; level < LEVELS; level++) {
        const struct metadata_feature feature = {kw_string_of("transaction.version"), level};
        const struct metadata_parts parts = {.features = &feature, .feature_count = level > 0, .epoch = -1};
        images[level] = metadata_image_create(&parts);
        assert_non_null(images[level]);
    }
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    machine = make_machine();
    log_end = 0;
    kw_arena_init_growing(&decision_arena, NULL, 0, kw_allocator_libc(), LIMIT);
    decision = (struct coordinator_decision){.state = machine, .image = images[2], .now = 1700000000000};
    record_out_init(&decision.records, &decision_arena);
    return 0;
}

/* All memory that was counted has been given back. */
static int tear_down(void **state)
{
    (void)state;
    txn_machine_destroy(machine);
    for (size_t i = 0; i < LEVELS; i++)
        metadata_image_release(images[i]);
    kw_arena_finish(&decision_arena);
    return atomic_load(&budget.used) == 0 ? 0 : -1;
}

static void forget_records(void)
{
    kw_arena_reset(&decision_arena);
    record_out_init(&decision.records, &decision_arena);
}

static kw_status replay_record(struct txn_machine *m, kw_bytes key, kw_bytes value, struct coordinator_undo_list *undo)
{
    const struct coordinator_record record = {key, value, log_end++, KW_NO_PRODUCER_ID, -1};
    return txn_machine_calls.replay(m, &record, undo);
}

/* ---- as Kafka ---- */

static char *next_field(char **line)
{
    char *field = *line, *end = strchr(field, ' ');
    if (end == NULL) {
        *line = field + strcspn(field, "\n");
        **line = '\0';
    } else {
        *line = end + 1;
        *end = '\0';
    }
    return field;
}

static int64_t next_number(char **line)
{
    return strtoll(next_field(line), NULL, 10);
}

static kw_bytes next_bytes(char **line)
{
    const char *text = next_field(line);
    size_t size = strlen(text) / 2;
    if (*text == '-')
        return (kw_bytes){NULL, -1};
    uint8_t *out = kw_arena_alloc(&decision_arena, size + 1);
    assert_non_null(out);
    for (size_t i = 0; i < size; i++) {
        const char digits[] = {text[2 * i], text[2 * i + 1], '\0'};
        out[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return kw_bytes_of(out, size);
}

/* "topic:0,topic:2", sorted. */
static struct txn_partitions next_partitions(char **line, struct txn_partition items[MOST_PARTITIONS])
{
    char *text = next_field(line);
    size_t count = 0;
    while (*text != '\0' && *text != '-') {
        char *colon = strchr(text, ':');
        assert_true(colon != NULL && count < MOST_PARTITIONS);
        items[count].topic = (kw_string){text, (int32_t)(colon - text)};
        items[count++].partition = (int32_t)strtol(colon + 1, &text, 10);
        text += *text == ',';
    }
    return (struct txn_partitions){items, count};
}

static void assert_same_partitions(const struct txn_partitions *a, const struct txn_partitions *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_int_equal(txn_compare_partitions(&a->items[i], &b->items[i]), 0);
}

static struct txn_record read_record(kw_bytes key, kw_bytes value)
{
    struct txn_record out;
    const struct coordinator_record record = {key, value, 0, KW_NO_PRODUCER_ID, -1};
    assert_int_equal(txn_record_read(&out, &record, &decision_arena), KW_OK);
    return out;
}

/* Kafka has partitions in the order of a hash table: where there are several only what they say is compared. */
static void assert_record(kw_bytes key, kw_bytes value)
{
    assert_int_equal(decision.records.status, KW_OK);
    assert_int_equal(decision.records.count, key.len >= 0);
    if (key.len < 0)
        return;
    const struct key_and_value *own = &decision.records.items[0];
    assert_int_equal(own->key.len, key.len);
    assert_memory_equal(own->key.data, key.data, (size_t)key.len);
    const struct txn_record a = read_record(own->key, own->value), b = read_record(key, value);
    assert_same_partitions(&a.value.partitions, &b.value.partitions);
    assert_int_equal(own->value.len, value.len);
    if (b.value.partitions.count <= 1)
        assert_memory_equal(own->value.data, value.data, (size_t)value.len);
    assert_int_equal(a.value.state, b.value.state);
    assert_int_equal(a.value.epoch, b.value.epoch);
    assert_int_equal(a.value.start_ms, b.value.start_ms);
    assert_int_equal(replay_record(machine, own->key, own->value, NULL), KW_OK);
}

static struct txn_answer error_only(int16_t error)
{
    return (struct txn_answer){error, false, false, {TXN_NO_PRODUCER, TXN_NO_EPOCH}};
}

static struct txn_answer ask(const char *kind, kw_string id, char **line, int64_t new_id)
{
    struct txn_partition items[MOST_PARTITIONS];
    struct txn_producer producer;
    if (strcmp(kind, "fence") == 0)
        return error_only(txn_request_fence(&decision, id, new_id).error);
    producer.id = next_number(line);
    producer.epoch = (int16_t)next_number(line);
    if (strcmp(kind, "init") == 0) {
        const struct txn_init_request request = {producer.id, producer.epoch, (int32_t)next_number(line)};
        return txn_request_init(&decision, id, &request, new_id);
    }
    if (strcmp(kind, "complete") == 0) {
        assert_true(txn_request_complete(&decision, id, producer));
        return error_only(KW_ERROR_NONE);
    }
    if (strcmp(kind, "verify") == 0) {
        int16_t errors[MOST_PARTITIONS];
        const struct txn_partitions partitions = next_partitions(line, items);
        int16_t error = txn_request_verify(&decision, id, producer, &partitions, errors);
        return error_only(error != KW_ERROR_NONE ? error : errors[0]);
    }
    int16_t version = (int16_t)next_number(line);
    if (strcmp(kind, "add") == 0) {
        const struct txn_partitions partitions = next_partitions(line, items);
        return error_only(txn_request_add(&decision, id, producer, &partitions, version));
    }
    assert_string_equal(kind, "end");
    const struct txn_end_request request = {producer.id, producer.epoch, strcmp(next_field(line), "COMMIT") == 0,
                                            version};
    return txn_request_end(&decision, id, &request, new_id);
}

/* The same request with an id, if the first answer is that it needs one. */
static struct txn_answer ask_twice(const char *kind, kw_string id, char **line, int64_t new_id)
{
    char copy[1024], *first = copy;
    (void)snprintf(copy, sizeof copy, "%s", *line);
    struct txn_answer answer = ask(kind, id, &first, TXN_NO_PRODUCER);
    bool needs_id = answer.needs_producer_id || strcmp(kind, "fence") == 0;
    if (answer.needs_producer_id)
        assert_int_equal(decision.records.count, 0);
    if (strcmp(kind, "fence") == 0)
        forget_records();
    struct txn_answer second = needs_id ? ask(kind, id, line, new_id) : answer;
    if (!needs_id)
        *line += first - copy;
    second.needs_producer_id = answer.needs_producer_id;
    return second;
}

static int64_t unused_id; /* of a producer */

static void compare(char *line)
{
    forget_records();
    decision.now = next_number(&line);
    decision.image = images[next_number(&line)];
    const char *kind = next_field(&line);
    const kw_string id = kw_string_of(next_field(&line));
    if (strcmp(kind, "load") == 0) {
        for (int i = 0; i < 4; i++)
            (void)next_field(&line);
        const kw_bytes key = next_bytes(&line), value = next_bytes(&line);
        assert_int_equal(replay_record(machine, key, value, NULL), KW_OK);
        unused_id++;
        return;
    }
    struct txn_answer answer = ask_twice(kind, id, &line, unused_id);
    assert_int_equal(answer.error, next_number(&line));
    assert_int_equal(answer.producer.id, next_number(&line));
    assert_int_equal(answer.producer.epoch, next_number(&line));
    int64_t taken = next_number(&line);
    unused_id += taken;
    if (strcmp(kind, "fence") != 0)
        assert_int_equal(answer.needs_producer_id, taken);
    const kw_bytes key = next_bytes(&line), value = next_bytes(&line);
    assert_record(key, value);
}

static void as_kafka_answers(void **state)
{
    (void)state;
    static char line[8192];
    char path[1024];
    size_t count = 0;
    (void)snprintf(path, sizeof path, "%s/transactions.txt", getenv("KAFKA_VECTORS"));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    unused_id = 1000;
    for (; fgets(line, sizeof line, file) != NULL; count++)
        compare(line);
    fclose(file);
    assert_true(count > 4000);
}

/* ---- at random ---- */

static struct random_test choices;
static int64_t next_id;

static kw_string some_id(void)
{
    static const char *const ids[IDS] = {"a", "b", "c", "d", "e"};
    return kw_string_of(ids[random_below(&choices, IDS)]);
}

static struct txn_producer some_producer(kw_string id)
{
    const struct txn_fields *known = txn_machine_find(machine, id);
    if (known == NULL || random_below(&choices, 20) == 0)
        return (struct txn_producer){(int64_t)random_below(&choices, 30), (int16_t)random_below(&choices, 3)};
    int16_t epoch = known->epoch;
    if (random_below(&choices, 8) == 0 && epoch > 0)
        epoch--;
    return (struct txn_producer){known->producer_id, epoch};
}

/* Epochs are near their end now and then. */
static void age(kw_string id)
{
    const struct txn_fields *known = txn_machine_find(machine, id);
    if (known == NULL || txn_is_prepared(known))
        return;
    struct txn_fields aged = *known;
    aged.epoch = (int16_t)(TXN_LAST_EPOCH - (int16_t)random_below(&choices, 3));
    if (aged.epoch > known->epoch)
        txn_records_add(&decision.records, id, &aged, 1);
}

static void random_request(void)
{
    struct txn_partition items[2];
    kw_string id = some_id();
    struct txn_producer producer = some_producer(id);
    int64_t new_id = random_below(&choices, 2) == 0 ? next_id++ : TXN_NO_PRODUCER;
    switch (random_below(&choices, 8)) {
    case 0: {
        const struct txn_init_request request = {TXN_NO_PRODUCER, TXN_NO_EPOCH, 1000};
        (void)txn_request_init(&decision, id, &request, new_id);
        break;
    }
    case 1: {
        const struct txn_init_request request = {producer.id, producer.epoch, 1000};
        (void)txn_request_init(&decision, id, &request, new_id);
        break;
    }
    case 2:
    case 3: {
        size_t count = 1 + random_below(&choices, 2);
        for (size_t i = 0; i < count; i++)
            items[i] = (struct txn_partition){kw_string_of("t"), (int32_t)(4 * i + random_below(&choices, 4))};
        const struct txn_partitions partitions = {items, count};
        (void)txn_request_add(&decision, id, producer, &partitions, 2);
        break;
    }
    case 4:
    case 5: {
        const struct txn_end_request request = {producer.id, producer.epoch, random_below(&choices, 2) == 0, 2};
        (void)txn_request_end(&decision, id, &request, new_id);
        break;
    }
    case 6:
        (void)txn_request_complete(&decision, id, producer);
        break;
    default:
        if (random_below(&choices, 4) == 0)
            (void)txn_request_fence(&decision, id, new_id);
        else if (random_below(&choices, 4) == 0)
            txn_request_expire(&decision, id, decision.now - 100);
        else if (random_below(&choices, 8) == 0)
            age(id);
    }
}

static char *text_of(const struct txn_machine *m)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (int i = 0; i < IDS; i++) {
        const char id[] = {(char)('a' + i), '\0'};
        const struct txn_fields *txn = txn_machine_find(m, kw_string_of(id));
        if (txn == NULL)
            continue;
        fprintf(out, "%s %s %lld %lld %lld %d %d %lld %lld %d:", id, txn_state_text(txn->state),
                (long long)txn->producer_id, (long long)txn->previous_producer_id, (long long)txn->next_producer_id,
                txn->epoch, txn->timeout_ms, (long long)txn->start_ms, (long long)txn->updated_ms, txn->client_version);
        for (size_t k = 0; k < txn->partitions.count; k++)
            fprintf(out, " %d", txn->partitions.items[k].partition);
        fprintf(out, "\n");
    }
    fclose(out);
    return text;
}

static void assert_state_text(const struct txn_machine *m, const char *expected)
{
    char *text = text_of(m);
    assert_string_equal(text, expected);
    free(text);
}

/* What holds of each id, whatever was asked. */
static void assert_valid(const struct txn_fields *txn)
{
    assert_true(txn->producer_id >= 0 && txn->epoch >= 0);
    assert_true(txn->state != TXN_ONGOING || txn->partitions.count != 0);
    if (txn->state == TXN_EMPTY || txn->state == TXN_COMPLETE_ABORT || txn->state == TXN_COMPLETE_COMMIT) {
        assert_int_equal(txn->partitions.count, 0);
        assert_int_equal(txn->next_producer_id, TXN_NO_PRODUCER);
        assert_true(txn->epoch <= TXN_LAST_EPOCH);
    }
    assert_true((txn->state == TXN_EMPTY) == (txn->start_ms == TXN_NO_TIME));
    for (size_t i = 1; i < txn->partitions.count; i++)
        assert_true(txn_compare_partitions(&txn->partitions.items[i - 1], &txn->partitions.items[i]) < 0);
}

/* A producer that has been followed by another one never gets it back. */
static void assert_follows(const struct txn_fields *before, const struct txn_fields *after)
{
    bool is_same = after->producer_id == before->producer_id;
    assert_true(is_same ? after->epoch >= before->epoch : after->producer_id > before->producer_id);
    bool has_ended = before->state == TXN_PREPARE_COMMIT;
    assert_true(!has_ended || after->state == TXN_COMPLETE_COMMIT);
    has_ended = before->state == TXN_PREPARE_ABORT;
    assert_true(!has_ended || after->state == TXN_COMPLETE_ABORT);
    if (after->state == TXN_PREPARE_COMMIT)
        assert_int_equal(before->state, TXN_ONGOING);
}

/* What has been decided and not been written yet. */
static struct {
    kw_bytes keys[MOST_RECORDS], values[MOST_RECORDS];
    size_t count;
    kw_arena arena;
    struct coordinator_undo_list undo;
    char *before; /* the state */
} pending;

static kw_bytes copy_bytes(kw_bytes from)
{
    uint8_t *to = from.len >= 0 ? kw_arena_alloc(&pending.arena, (size_t)from.len + 1) : NULL;
    if (to != NULL && from.len > 0)
        memcpy(to, from.data, (size_t)from.len);
    return (kw_bytes){to, from.len};
}

static void take_record(const struct key_and_value *record)
{
    const struct txn_record read = read_record(record->key, record->value);
    const struct txn_fields *known = txn_machine_find(machine, read.id);
    if (read.kind == TXN_RECORD_VALUE) {
        assert_valid(&read.value);
        if (known != NULL)
            assert_follows(known, &read.value);
    } else {
        assert_true(known != NULL && known->state != TXN_ONGOING && !txn_is_prepared(known));
    }
    assert_true(pending.count < MOST_RECORDS);
    pending.keys[pending.count] = copy_bytes(record->key);
    pending.values[pending.count++] = copy_bytes(record->value);
    assert_int_equal(replay_record(machine, record->key, record->value, &pending.undo), KW_OK);
}

static void end_undo(bool is_written)
{
    struct coordinator_undo *oldest = NULL;
    for (struct coordinator_undo *u = pending.undo.newest, *older; u != NULL; u = older) {
        older = u->older;
        if (is_written) {
            u->older = oldest;
            oldest = u;
        } else {
            u->put_back(u, machine);
        }
    }
    for (struct coordinator_undo *u = oldest, *next; u != NULL; u = next) {
        next = u->older;
        u->drop(u, machine);
    }
    pending.undo.newest = NULL;
}

/* Written: the other machine replays it, too. */
static void end_batch(struct txn_machine *replayed, bool is_written)
{
    for (size_t i = 0; i < pending.count && is_written; i++)
        assert_int_equal(replay_record(replayed, pending.keys[i], pending.values[i], NULL), KW_OK);
    end_undo(is_written);
    if (!is_written)
        assert_state_text(machine, pending.before);
    free(pending.before);
    pending.before = text_of(machine);
    assert_state_text(replayed, pending.before);
    pending.count = 0;
    kw_arena_reset(&pending.arena);
}

static void state_is_what_was_written(void **state)
{
    (void)state;
    size_t written = 0, failed = 0;
    struct txn_machine *replayed = make_machine();
    random_test_init(&choices, 7);
    next_id = 1;
    kw_arena_init_growing(&pending.arena, NULL, 0, kw_allocator_libc(), LIMIT);
    pending.before = text_of(machine);
    for (size_t i = 0; i < STEPS; i++) {
        forget_records();
        decision.now++;
        random_request();
        assert_int_equal(decision.records.status, KW_OK);
        assert_true(decision.records.count <= 1);
        if (decision.records.count != 0)
            take_record(&decision.records.items[0]);
        if (random_below(&choices, 8) != 0 && pending.count < MOST_RECORDS - 1)
            continue;
        bool is_written = random_below(&choices, 3) != 0;
        *(is_written ? &written : &failed) += pending.count;
        end_batch(replayed, is_written);
    }
    assert_true(written > STEPS / 10 && failed > STEPS / 20);
    end_batch(replayed, false);
    free(pending.before);
    kw_arena_finish(&pending.arena);
    txn_machine_destroy(replayed);
}

/* ---- limits ---- */

static void nothing_new_without_memory(void **state)
{
    (void)state;
    const struct txn_init_request request = {TXN_NO_PRODUCER, TXN_NO_EPOCH, 1000};
    budget.limit = 100;
    assert_int_equal(txn_request_init(&decision, kw_string_of("new"), &request, 5).error,
                     KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_int_equal(decision.records.count, 0);
    budget.limit = SIZE_MAX;
    assert_int_equal(txn_request_init(&decision, kw_string_of("new"), &request, 5).error, KW_ERROR_NONE);
    assert_int_equal(decision.records.count, 1);
}

static void records_that_are_not_valid(void **state)
{
    (void)state;
    static const uint8_t key[] = {0, 0, 0, 1, 'x'}, other_key[] = {0, 9, 0, 1, 'x'};
    uint8_t value[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,    0,    0,    1,    6,    0xff, 0xff, 0xff, 0xff,
                       0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const kw_bytes good_key = kw_bytes_of(key, sizeof key);
    size_t size = 2 + 8 + 2 + 4 + 1 + 4 + 8 + 8;
    assert_int_equal(replay_record(machine, good_key, kw_bytes_of(value, size), NULL), KW_ERR_ARGUMENT);
    value[16] = TXN_EMPTY;
    assert_int_equal(replay_record(machine, good_key, kw_bytes_of(value, size - 1), NULL), KW_ERR_TRUNCATED);
    assert_int_equal(machine->count, 0);
    assert_int_equal(replay_record(machine, good_key, kw_bytes_of(value, size), NULL), KW_OK);
    assert_int_equal(machine->count, 1);
    value[1] = 9; /* a version that is not known */
    assert_int_equal(replay_record(machine, good_key, kw_bytes_of(value, size), NULL), KW_OK);
    assert_int_equal(replay_record(machine, kw_bytes_of(other_key, sizeof other_key), kw_bytes_of(value, size), NULL),
                     KW_OK);
    assert_int_equal(machine->count, 1);
    assert_int_equal(replay_record(machine, good_key, (kw_bytes){NULL, -1}, NULL), KW_OK);
    assert_int_equal(machine->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(as_kafka_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(state_is_what_was_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_new_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(records_that_are_not_valid, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

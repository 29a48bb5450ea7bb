/* SPDX-License-Identifier: Apache-2.0 */
/* The state of share partitions: Kafka's answers and records to the same requests; random requests whose records are
 * written, or are not; and what is deleted or repeated now and then. */
#include "share_state_support.h"

#include "coordinator/share/share_prune.h"

#include "../../support/random_test.h"
#include "../../support/sim.h"
#include "../toy_machine.h"

enum { MOST_RECORDS = 64, STEPS = 200000, RECORD = 4096 };

static struct sim shard_sim;

static int64_t wall(void)
{
    return 1700000000000 + shard_sim.timers.now;
}

static int64_t clock_of_sim(void)
{
    return shard_sim.timers.now;
}

/* ---- as Kafka ---- */

static char *next_field(char **line)
{
    char *field = *line, *end = strchr(field, ' ');
    if (end == NULL) {
        *line = field + strcspn(field, "\n");
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

static size_t read_batches(char *text, struct share_batch *out, size_t most)
{
    size_t count = 0;
    if (*text == '-')
        return 0;
    for (char *at = text; *at != '\0'; at += *at == ',') {
        assert_true(count < most);
        struct share_batch *b = &out[count++];
        b->first = strtoll(at, &at, 10);
        b->last = strtoll(at + 1, &at, 10);
        b->state = (int8_t)strtol(at + 1, &at, 10);
        b->count = (int16_t)strtol(at + 1, &at, 10);
    }
    return count;
}

static void assert_hex(kw_bytes bytes, const char *expected)
{
    char text[2 * RECORD + 1] = "null";
    for (int32_t i = 0; i < bytes.len; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
    if (bytes.len == 0)
        *text = '\0';
    assert_string_equal(text, expected);
}

/* Of one decision: the record with this key, if there is one, which is replayed. */
static void assert_record(const char *key, const char *value)
{
    assert_int_equal(decision.records.status, KW_OK);
    assert_int_equal(decision.records.count, *key != '-');
    if (decision.records.count == 0)
        return;
    assert_hex(decision.records.items[0].key, key);
    assert_hex(decision.records.items[0].value, value);
    assert_int_equal(replay_record(machine, &decision.records.items[0], log_end++, NULL), KW_OK);
}

static struct share_answer ask(const char *kind, const struct share_asked *asked, int64_t start, int32_t count,
                               const struct share_batches *batches, char answer[RECORD])
{
    struct share_snapshot read;
    struct share_answer result;
    memset(answer, 0, RECORD); /* MemorySanitizer does not hear of what fmemopen() writes */
    FILE *out = fmemopen(answer, RECORD, "w");
    assert_non_null(out);
    if (strcmp(kind, "initialize") == 0) {
        result = share_initialize(&decision, asked, start);
    } else if (strcmp(kind, "write") == 0) {
        result = share_write(&decision, asked, start, count, batches);
    } else if (strcmp(kind, "delete") == 0) {
        result = share_remove(&decision, &asked->key);
    } else if (strcmp(kind, "summary") == 0) {
        result = share_summarize(&decision, &asked->key, &read);
        if (result.error == KW_ERROR_NONE)
            fprintf(out, "%lld;%d;%d;%d", (long long)read.start_offset, read.complete_count, read.leader_epoch,
                    read.state_epoch);
    } else {
        assert_string_equal(kind, "read");
        result = share_read(&decision, asked, &decision_arena, &read);
        if (result.error == KW_ERROR_NONE) {
            fprintf(out, "%lld;%d;", (long long)read.start_offset, read.state_epoch);
            print_batches(out, &read.batches);
        }
    }
    if (ftell(out) == 0)
        fprintf(out, "-");
    fclose(out);
    return result;
}

static void request(char *line, const char *kind)
{
    struct share_batch items[16];
    char answer[RECORD];
    struct share_asked asked;
    asked.key.group = kw_string_of(next_field(&line));
    asked.key.topic_id = (kw_uuid){{(uint8_t)next_number(&line)}};
    asked.key.partition = (int32_t)next_number(&line);
    asked.leader_epoch = (int32_t)next_number(&line);
    asked.state_epoch = (int32_t)next_number(&line);
    int64_t start = next_number(&line);
    int32_t count = (int32_t)next_number(&line);
    const struct share_batches batches = {items, read_batches(next_field(&line), items, COUNT_OF(items))};
    struct share_answer result = ask(kind, &asked, start, count, &batches, answer);
    assert_int_equal(result.error, next_number(&line));
    const char *key = next_field(&line), *value = next_field(&line), *read = next_field(&line);
    if (result.error == KW_ERROR_NONE)
        assert_string_equal(answer, read);
    line[strcspn(line, "\n")] = '\0';
    assert_string_equal(result.message != NULL ? result.message : "-", line);
    assert_record(key, value);
}

static int compare_records(const void *a, const void *b)
{
    const struct key_and_value *x = a, *y = b;
    int32_t size = x->key.len < y->key.len ? x->key.len : y->key.len;
    return memcmp(x->key.data, y->key.data, (size_t)size);
}

static void shard_of_test(struct shard *shard)
{
    memset(shard, 0, sizeof *shard);
    shard->options.clock = clock_of_sim;
}

/* A line of each record follows. */
static void cold(struct shard *shard)
{
    decision.shard = shard;
    share_cold_tick(&machine->cold_timer, &decision);
    coordinator_timer_stop(&machine->cold_timer);
    assert_true(decision.may_be_split);
    if (decision.records.count != 0)
        qsort(decision.records.items, decision.records.count, sizeof *decision.records.items, compare_records);
}

static FILE *open_vectors(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", getenv("KAFKA_VECTORS"), name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

static void as_kafka_answers(void **state)
{
    (void)state;
    static char line[4 * RECORD];
    static struct sim sim;
    struct shard shard;
    size_t requests = 0, records = 0, cold_records = 0;
    FILE *file = open_vectors("share-state.txt");
    start_machine();
    sim_init(&sim);
    shard_of_test(&shard);
    shard_timers_init(&shard.timers, &sim.executor, shard.options.clock);
    while (fgets(line, sizeof line, file) != NULL) {
        char *at = line, *first = next_field(&at);
        if (strcmp(first, "below") == 0) {
            assert_int_equal(share_prune_below(machine), strtoll(at, NULL, 10));
        } else if (strcmp(first, "record") == 0) {
            const char *key = next_field(&at), *value = next_field(&at);
            const struct key_and_value *record = &decision.records.items[records++];
            assert_true(records <= decision.records.count);
            at[0] = '\0';
            assert_hex(record->key, key);
            assert_hex(record->value, value);
            assert_int_equal(replay_record(machine, record, log_end++, NULL), KW_OK);
            cold_records++;
        } else {
            assert_true(records == 0 || records == decision.records.count);
            records = 0;
            forget_records();
            decision.now = strtoll(first, NULL, 10);
            const char *kind = next_field(&at);
            if (strncmp(kind, "cold", 4) == 0)
                cold(&shard);
            else
                request(at, kind);
            requests++;
        }
    }
    fclose(file);
    assert_true(requests > 1000 && cold_records > 50);
    end_machine();
}

/* ---- at random ---- */

static struct random_test choices;

static void random_request(void)
{
    static const char *const kinds[] = {"initialize", "write", "write", "write", "write", "read", "delete", "summary"};
    struct share_batch items[4];
    char answer[RECORD];
    struct share_batches batches = {items, random_below(&choices, COUNT_OF(items))};
    for (size_t i = 0; i < batches.count; i++) {
        items[i].first = (int64_t)random_below(&choices, 60);
        items[i].last = items[i].first + (int64_t)random_below(&choices, 10);
        items[i].count = (int16_t)(1 + random_below(&choices, 4));
        items[i].state = (int8_t)random_below(&choices, 5);
    }
    const struct share_asked asked = {
        {kw_string_of(random_below(&choices, 2) == 0 ? "a" : ""), {{1}}, (int32_t)random_below(&choices, 3)},
        (int32_t)random_below(&choices, 6),
        (int32_t)random_below(&choices, 6)};
    (void)ask(kinds[random_below(&choices, COUNT_OF(kinds))], &asked, (int64_t)random_below(&choices, 40) - 1,
              (int32_t)random_below(&choices, 5), &batches, answer);
}

/* What has been decided and not been written yet. */
static struct {
    struct key_and_value records[MOST_RECORDS];
    size_t count;
    kw_arena arena;
    struct coordinator_undo_list undo;
    char *before; /* the state */
} pending;

static kw_bytes copy_bytes(kw_bytes from)
{
    uint8_t *to = from.len >= 0 ? kw_arena_alloc(&pending.arena, (size_t)from.len + 1) : NULL;
    if (to != NULL)
        memcpy(to, from.data, (size_t)from.len);
    return (kw_bytes){to, from.len};
}

static void decide_at_random(void)
{
    forget_records();
    decision.now++;
    random_request();
    assert_int_equal(decision.records.status, KW_OK);
    for (size_t i = 0; i < decision.records.count; i++) {
        const struct key_and_value *r = &decision.records.items[i];
        assert_true(pending.count < MOST_RECORDS);
        pending.records[pending.count] = (struct key_and_value){copy_bytes(r->key), copy_bytes(r->value)};
        assert_int_equal(replay_record(machine, r, log_end + (int64_t)pending.count, &pending.undo), KW_OK);
        pending.count++;
    }
}

/* Written: the other machine replays it, too. */
static void end_batch(struct share_state *replayed, bool is_written)
{
    if (is_written) {
        for (size_t i = 0; i < pending.count; i++)
            assert_int_equal(replay_record(replayed, &pending.records[i], log_end++, NULL), KW_OK);
        drop_all(machine, &pending.undo);
    } else {
        undo_all(machine, &pending.undo);
        assert_same_state(machine, pending.before);
    }
    free(pending.before);
    pending.before = state_text(machine);
    assert_same_state(replayed, pending.before);
    pending.count = 0;
    kw_arena_reset(&pending.arena);
}

static void state_is_what_was_written(void **state)
{
    (void)state;
    size_t written = 0, failed = 0;
    start_machine();
    struct share_state *replayed = make_machine();
    assert_non_null(replayed);
    random_test_init(&choices, 3);
    kw_arena_init_growing(&pending.arena, NULL, 0, kw_allocator_libc(), TEST_LIMIT);
    pending.before = state_text(machine);
    for (size_t i = 0; i < STEPS; i++) {
        decide_at_random();
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
    share_state_destroy(replayed);
    end_machine();
}

/* ---- in a shard ---- */

static int64_t pruned_below, prunings;

static void prune(void *context, struct executor *executor, int32_t partition, int64_t below)
{
    assert_ptr_equal(executor, &shard_sim.executor);
    assert_null(context);
    assert_int_equal(partition, 5);
    pruned_below = below;
    prunings++;
}

static void nothing_released(struct shard *shard)
{
    (void)shard;
}

struct writing {
    struct coordinator_event event; /* the first member */
    int32_t partition;
    bool is_new;
};

static void decide_writing(struct coordinator_event *event, struct coordinator_decision *d)
{
    const struct writing *w = (struct writing *)(void *)event;
    const struct share_batches none = {NULL, 0};
    const struct share_asked asked = {{kw_string_of("group"), {{1}}, w->partition}, 0, 0};
    struct share_answer answer = w->is_new ? share_initialize(d, &asked, 0) : share_write(d, &asked, 1, 0, &none);
    assert_int_equal(answer.error, KW_ERROR_NONE);
}

static void submit_writing(struct shard *shard, int32_t partition, bool is_new)
{
    struct writing w = {.event = {.decide = decide_writing, .executor = &shard_sim.executor}};
    w.partition = partition;
    w.is_new = is_new;
    assert_true(coordinator_submit(shard, &w.event));
    assert_int_equal(w.event.error, KW_ERROR_NONE);
}

static void what_happens_by_itself(void **state)
{
    (void)state;
    static struct toy_log store;
    struct shard shard;
    struct random_test random;
    const struct metadata_image *image = make_image(true), *without = make_image(false);
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    struct share_state_options of_state = {.budget = &budget,
                                           .partition = 5,
                                           .updates_per_snapshot = TEST_UPDATES,
                                           .prune_interval_ms = 1000,
                                           .cold_interval_ms = 3500,
                                           .prune = prune};
    struct share_state *s = share_state_create(&of_state);
    sim_init(&shard_sim);
    toy_log_init(&store);
    random_test_init(&random, 1);
    const struct shard_options options = {.machine = &share_state_calls,
                                          .state = s,
                                          .image = image,
                                          .sink = toy_sink(&store),
                                          .leader_epoch = TOY_EPOCH,
                                          .home = &shard_sim.executor,
                                          .random = &random.source,
                                          .now = wall,
                                          .clock = clock_of_sim,
                                          .timeout_ms = 5000,
                                          .released = nothing_released,
                                          .name = "__share_group_state-5"};
    assert_true(shard_init(&shard, &options));
    shard_loaded(&shard, 0);
    pruned_below = prunings = 0;
    submit_writing(&shard, 0, true);
    sim_advance(&shard_sim, 500);
    submit_writing(&shard, 1, true);
    submit_writing(&shard, 1, false);
    sim_advance(&shard_sim, 500);
    assert_int_equal(prunings, 0); /* the first record is needed */
    submit_writing(&shard, 0, true);
    sim_advance(&shard_sim, 1000);
    assert_int_equal(prunings, 1);
    assert_int_equal(pruned_below, 1);
    sim_advance(&shard_sim, 1000);
    assert_int_equal(prunings, 1); /* nothing is new */
    sim_advance(&shard_sim, 4000); /* after 7 s both are cold */
    assert_int_equal(store.end, 6);
    sim_advance(&shard_sim, 1000);
    assert_int_equal(prunings, 2);
    assert_int_equal(pruned_below, 4);
    store.error = KW_ERROR_KAFKA_STORAGE_ERROR;
    shard_publish(&shard, without);
    sim_settle(&shard_sim);
    assert_int_equal(s->count, 2);
    store.error = KW_ERROR_NONE;
    sim_advance(&shard_sim, TICK_RETRY_MS);
    assert_int_equal(store.end, 8);
    assert_int_equal(s->count, 0); /* the topic has been deleted */
    sim_advance(&shard_sim, 1000);
    assert_int_equal(pruned_below, 7);
    shard_unload(&shard);
    sim_settle(&shard_sim);
    shard_finish(&shard);
    assert_int_equal(atomic_load(&budget.used), 0);
    toy_log_free(&store);
    metadata_image_release(image);
    metadata_image_release(without);
}

/* A tombstone that is not written yet may be undone: only what is there needs its snapshot. */
static void pruning_beside_a_removal(void **state)
{
    (void)state;
    struct coordinator_undo_list undo = {NULL};
    start_machine();
    for (int32_t i = 0; i < 2; i++) {
        const struct share_asked asked = {{kw_string_of("group"), {{1}}, i}, 0, 0};
        forget_records();
        assert_int_equal(share_initialize(&decision, &asked, 0).error, KW_ERROR_NONE);
        assert_int_equal(decision.records.count, 1);
        assert_int_equal(replay_record(machine, &decision.records.items[0], 10 + i, NULL), KW_OK);
    }
    assert_int_equal(share_prune_below(machine), 10);
    const struct share_key first = {kw_string_of("group"), {{1}}, 0};
    forget_records();
    (void)share_remove(&decision, &first);
    assert_int_equal(decision.records.count, 1);
    assert_int_equal(replay_record(machine, &decision.records.items[0], 12, &undo), KW_OK);
    assert_int_equal(share_prune_below(machine), 11);
    undo_all(machine, &undo);
    assert_int_equal(share_prune_below(machine), 10);
    end_machine();
}

/* ---- odd records and limits ---- */

static void records_that_are_not_known(void **state)
{
    (void)state;
    static const uint8_t later_key[] = {0, 9, 1}, later_value[] = {0, 3};
    static const uint8_t bad_key[] = {0, 0, 0}, later_version[] = {0, 7, 0};
    const struct share_key key = {kw_string_of("g"), {{1}}, 0};
    start_machine();
    const struct key_and_value later = {{later_key, 3}, {later_value, 2}}, bad = {{bad_key, 3}, {later_value, 2}};
    assert_int_equal(replay_record(machine, &later, 0, NULL), KW_OK);
    assert_int_not_equal(replay_record(machine, &bad, 1, NULL), KW_OK);
    share_records_add_tombstone(&decision.records, &key);
    assert_int_equal(replay_record(machine, &decision.records.items[0], 2, NULL), KW_OK); /* of nothing */
    struct key_and_value newer = decision.records.items[0];
    newer.value = (kw_bytes){later_version, 3};
    assert_int_equal(replay_record(machine, &newer, 3, NULL), KW_ERR_VERSION);
    assert_same_state(machine, "last tombstone 2\n");

    struct share_batch batch = {3, 9, 1, SHARE_AVAILABLE};
    const struct share_snapshot update = {.leader_epoch = 4, .start_offset = 3, .batches = {&batch, 1}};
    forget_records();
    share_records_add_update(&decision.records, &key, &update); /* without a snapshot before it */
    assert_int_equal(replay_record(machine, &decision.records.items[0], 4, NULL), KW_OK);
    assert_same_state(machine, "last tombstone 2\ng 1 0: epochs 0 0 4 seen 0 4 start 3 count 0 times 0 0 updates 1 at "
                               "-1 3:9:0:1\n");
    assert_int_equal(share_prune_below(machine), -1);
    struct key_and_value nothing = decision.records.items[0];
    nothing.value = (kw_bytes){NULL, -1};
    assert_int_equal(replay_record(machine, &nothing, 5, NULL), KW_OK);
    assert_int_equal(machine->count, 1);
    end_machine();
}

static void memory_of_all_is_used_up(void **state)
{
    (void)state;
    struct share_batch batch = {3, 9, 1, SHARE_AVAILABLE};
    const struct share_batches batches = {&batch, 1}, none = {NULL, 0};
    const struct share_asked asked = {{kw_string_of("g"), {{1}}, 0}, 0, 0};
    start_machine();
    budget.limit = 0;
    assert_int_equal(share_initialize(&decision, &asked, 0).error, KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    budget.limit = SIZE_MAX;
    assert_int_equal(share_initialize(&decision, &asked, 0).error, KW_ERROR_NONE);
    assert_int_equal(replay_record(machine, &decision.records.items[0], 0, NULL), KW_OK);
    budget.limit = 0;
    forget_records();
    assert_int_equal(share_write(&decision, &asked, 0, 0, &batches).error, KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_int_equal(share_initialize(&decision, &asked, 0).error, KW_ERROR_NONE);
    assert_int_equal(share_write(&decision, &asked, 0, 0, &none).error, KW_ERROR_NONE);
    assert_int_equal(share_remove(&decision, &asked.key).error, KW_ERROR_NONE);
    end_machine();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_kafka_answers),           cmocka_unit_test(state_is_what_was_written),
        cmocka_unit_test(pruning_beside_a_removal),   cmocka_unit_test(what_happens_by_itself),
        cmocka_unit_test(records_that_are_not_known), cmocka_unit_test(memory_of_all_is_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

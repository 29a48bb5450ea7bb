/* SPDX-License-Identifier: Apache-2.0 */
#include "transactor.h"

#include <inttypes.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/init_producer_id_request.h>
#include <kwire/messages/init_producer_id_response.h>
#include <kwire/messages/offset_fetch_request.h>
#include <kwire/messages/offset_fetch_response.h>

#include "judge.h"
#include "reading.h"
#include "transacting.h"
#include "transactions.h"

enum { LATE_MS = 120000, LONGEST_WAIT_MS = 3000, CLOCK_MS = 3000 };

static struct transactor *of_asker(struct asker *asker)
{
    return (struct transactor *)(void *)asker; /* its first member */
}

static void again(struct transactor *t, int64_t ms)
{
    happen_in(&t->next, ms);
}

static void take_step(struct transactor *t, enum transactor_step step)
{
    t->step = step;
    again(t, 0);
}

/* ---- what may happen to it ---- */

/* Whether something else than the broker may be why it has lost its transaction. */
static bool may_be_fenced(const struct transactor *t)
{
    bool is_late = t->txn != 0 && world.now - t->began_at >= t->timeout_ms - CLOCK_MS;
    bool has_twin = t->twin->initialised_at >= 0 && t->twin->initialised_at + LATE_MS >= t->initialised_at;
    bool has_left_request = t->left_at >= 0 && t->left_at + LATE_MS >= t->initialised_at;
    return is_late || has_twin || has_left_request || world.now - t->answered_at >= TRANSACTIONAL_ID_EXPIRES_MS / 2 ||
           world.now - world.jumped_at < LATE_MS;
}

static bool is_to_be_tried_again(int16_t error)
{
    return error == KW_ERROR_COORDINATOR_NOT_AVAILABLE || error == KW_ERROR_COORDINATOR_LOAD_IN_PROGRESS ||
           error == KW_ERROR_NOT_COORDINATOR || error == KW_ERROR_CONCURRENT_TRANSACTIONS ||
           error == KW_ERROR_NOT_LEADER_OR_FOLLOWER || error == KW_ERROR_KAFKA_STORAGE_ERROR ||
           error == KW_ERROR_REQUEST_TIMED_OUT || error == KW_ERROR_NOT_ENOUGH_REPLICAS;
}

static bool is_fenced(int16_t error)
{
    return error == KW_ERROR_PRODUCER_FENCED || error == KW_ERROR_INVALID_PRODUCER_EPOCH ||
           error == KW_ERROR_INVALID_PRODUCER_ID_MAPPING || error == KW_ERROR_INVALID_TXN_STATE ||
           error == KW_ERROR_TRANSACTION_ABORTABLE;
}

/* An InitProducerId without an answer may be carried out behind the next one. */
static void leave_request(struct transactor *t)
{
    if (t->step == INIT)
        t->left_at = world.now;
}

static void start_again(struct transactor *t)
{
    t->txn = 0;
    take_step(t, INIT);
}

static bool is_refused(struct transactor *t, int16_t error)
{
    if (error == KW_ERROR_NONE)
        return false;
    note("%s: step %d of transaction %" PRIu32 " is answered with error %d", t->id, t->step, t->txn, error);
    if (error == KW_ERROR_INVALID_TIMESTAMP) {
        judge_refused(&t->asker, t->time);
        t->time = world.epoch + world.now; /* nothing of it is in the log, or a duplicate would have been found */
    }
    if (is_to_be_tried_again(error) || error == KW_ERROR_INVALID_TIMESTAMP) {
        again(t, pick_from(10, 200));
        return true;
    }
    CHECK(is_fenced(error), "%s: API %d version %d is answered with error %d", t->id, t->asker.key, t->asker.version,
          error);
    CHECK(may_be_fenced(t), "%s: API %d version %d is answered with error %d, and nothing has happened", t->id,
          t->asker.key, t->asker.version, error);
    start_again(t);
    return true;
}

/* ---- a new life ---- */

static void ask_id(struct transactor *t)
{
    kw_init_producer_id_request request;
    kw_init_producer_id_request_init(&request);
    request.transactional_id = kw_string_of(t->id);
    request.transaction_timeout_ms = t->timeout_ms;
    t->initialised_at = world.now;
    asker_ask(&t->asker, KW_KEY_INIT_PRODUCER_ID, (int16_t)pick_from(0, 5), &request, ANSWER_MS);
}

static void take_id(struct transactor *t, const kw_init_producer_id_response *r)
{
    if (r->error_code != KW_ERROR_NONE) {
        CHECK(is_to_be_tried_again(r->error_code), "%s: InitProducerId is answered with error %d", t->id,
              r->error_code);
        again(t, pick_from(10, 200));
        return;
    }
    CHECK(r->producer_id >= 0 && r->producer_epoch >= 0, "%s gets producer %" PRId64, t->id, r->producer_id);
    t->producer_id = r->producer_id;
    t->epoch = r->producer_epoch;
    t->life = ledger_new_life();
    t->serial = 0;
    t->is_new = one_in(2);
    memset(t->sequences, 0, sizeof t->sequences);
    note("%s is producer %" PRId64 " of epoch %d", t->id, t->producer_id, t->epoch);
    take_step(t, t->chain == NO_SOURCE ? READ : POSITION);
}

/* ---- where a chain is ---- */

static void ask_position(struct transactor *t)
{
    kw_offset_fetch_request request;
    kw_offset_fetch_request_group group;
    kw_offset_fetch_request_topics topic;
    int32_t index = t->chain;
    kw_offset_fetch_request_init(&request);
    kw_offset_fetch_request_group_init(&group);
    kw_offset_fetch_request_topics_init(&topic);
    topic.name = kw_string_of(ledger_topics[0].name);
    topic.topic_id = ledger_topics[0].id;
    topic.partition_indexes = (kw_int32_array){&index, 1};
    group.group_id = kw_string_of(t->id);
    group.member_id = (kw_string){NULL, -1};
    group.member_epoch = -1;
    group.topics.items = &topic;
    request.groups.items = &group;
    group.topics.len = request.groups.len = 1;
    request.require_stable = true;
    t->least = ledger_least_offset(t->chain);
    asker_ask(&t->asker, KW_KEY_OFFSET_FETCH, (int16_t)pick_from(8, 10), &request, ANSWER_MS);
}

static bool is_about_group(int16_t error)
{
    return is_to_be_tried_again(error) || error == KW_ERROR_UNSTABLE_OFFSET_COMMIT;
}

static void take_position(struct transactor *t, const kw_offset_fetch_response *r)
{
    CHECK(r->groups.len == 1, "the offsets of one group are %d groups", r->groups.len);
    const kw_offset_fetch_response_group *group = &r->groups.items[0];
    int16_t error = group->error_code;
    const kw_offset_fetch_response_partitions *one = NULL;
    if (error == KW_ERROR_NONE) {
        CHECK(group->topics.len == 1 && group->topics.items[0].partitions.len == 1, "another offset is answered");
        one = &group->topics.items[0].partitions.items[0];
        error = one->error_code;
    }
    if (error != KW_ERROR_NONE) {
        CHECK(is_about_group(error), "%s: OffsetFetch is answered with error %d", t->id, error);
        again(t, pick_from(10, 200));
        return;
    }
    ledger_offset_fetched(t->chain, one->committed_offset, t->least);
    t->position = one->committed_offset < 0 ? 0 : one->committed_offset;
    note("%s is at %" PRId64, t->id, t->position);
    take_step(t, READ);
}

/* ---- what a transaction writes ---- */

static void go_on_writing(struct transactor *t)
{
    if (transacting_choose(t))
        take_step(t, t->is_new || (t->added >> t->partition & 1) != 0 ? PRODUCE : ADD);
    else
        take_step(t, t->chain == NO_SOURCE ? END : t->is_new ? MOVE : ADD_GROUP);
}

static void begin(struct transactor *t)
{
    t->txn = ledger_begin();
    t->began_at = world.now;
    t->commits = t->is_ending || !one_in(5);
    t->added = 0;
    t->copied = 0;
    t->batches = t->chain == NO_SOURCE ? (size_t)pick_from(1, 4) : t->read > 1 ? (size_t)pick_from(1, 2) : t->read;
    if (t->chain != NO_SOURCE)
        ledger_moves(t->txn, t->chain, t->copied_to);
    note("%s begins transaction %" PRIu32 " with protocol %d", t->id, t->txn, t->is_new ? 2 : 1);
    go_on_writing(t);
}

/* It waits as long as a client does between transactions. */
static void pause(struct transactor *t)
{
    t->txn = 0;
    if (t->is_ending && t->chain == NO_SOURCE) {
        t->has_ended = true;
        return;
    }
    t->step = READ;
    again(t, t->is_ending ? 0 : pick_from(0, 2 * t->pause_ms));
}

static void ask_records(struct transactor *t)
{
    int64_t offsets[LEDGER_ALL];
    for (int p = 0; p < LEDGER_ALL; p++)
        offsets[p] = p == t->chain ? t->position : -1;
    t->read = 0;
    reading_ask(&t->asker, offsets, true, (int32_t)pick_from(0, LONGEST_WAIT_MS));
}

static bool take_record(void *context, int64_t offset, const struct ledger_record *record, int64_t next)
{
    struct transactor *t = context;
    (void)record;
    (void)next;
    t->sources[t->read++] = offset;
    return t->read < MOST_COPIED;
}

static void take_records(void *context, int partition, const kw_fetch_response_partition_data *data)
{
    struct transactor *t = context;
    t->copied_to = reading_walk(data, partition, t->position, true, take_record, t);
}

static void read_input(struct transactor *t, const kw_fetch_response *r)
{
    t->copied_to = t->position;
    reading_answered(&t->asker, r, t, take_records);
    if (t->copied_to != t->position) {
        begin(t);
        return;
    }
    t->has_ended = t->is_ending && t->position == ledger_end(t->chain);
    if (!t->has_ended)
        again(t, pick_from(0, 500));
}

/* ---- its end ---- */

/* The transaction has been committed or aborted. */
static void finish(struct transactor *t)
{
    if (t->commits)
        ledger_committed(t->txn);
    else
        ledger_aborted(t->txn);
    note("%s has %s transaction %" PRIu32, t->id, t->commits ? "committed" : "aborted", t->txn);
    world.counts.transactions += t->commits;
    world.counts.aborted += !t->commits;
    if (t->commits)
        t->position = t->copied_to;
    pause(t);
}

static void after_batch(struct transactor *t)
{
    go_on_writing(t);
    if (one_in(30) && !t->is_ending)
        again(t, pick_from(0, 2 * t->timeout_ms));
}

/* ---- steps ---- */

static void act(struct happening *happening)
{
    struct transactor *t = (struct transactor *)(void *)((char *)happening - offsetof(struct transactor, next));
    if (!t->is_alive || t->asker.is_busy || t->has_ended)
        return;
    switch (t->step) {
    case INIT:
        ask_id(t);
        break;
    case POSITION:
        ask_position(t);
        break;
    case READ:
        if (t->is_ending && t->chain == NO_SOURCE)
            pause(t);
        else if (t->chain == NO_SOURCE)
            begin(t);
        else
            ask_records(t);
        break;
    default:
        transacting_ask(t);
    }
}

static void go_on(struct transactor *t)
{
    switch (t->step) {
    case ADD:
        take_step(t, PRODUCE);
        break;
    case PRODUCE:
        after_batch(t);
        break;
    case ADD_GROUP:
        take_step(t, MOVE);
        break;
    case MOVE:
        take_step(t, END);
        break;
    default:
        finish(t);
    }
}

static void answered(struct asker *asker, const void *response)
{
    struct transactor *t = of_asker(asker);
    if (t->step == INIT)
        take_id(t, response);
    else if (t->step == POSITION)
        take_position(t, response);
    else if (t->step == READ)
        read_input(t, response);
    else if (!is_refused(t, transacting_answered(t, response)))
        go_on(t);
    t->answered_at = world.now;
}

/* The same again, or a new life, as of a client that has crashed. */
static void failed(struct asker *asker)
{
    struct transactor *t = of_asker(asker);
    leave_request(t);
    if (!t->is_ending && one_in(5))
        start_again(t);
    again(t, pick_from(10, 300));
}

/* ---- for others ---- */

void transactor_init(struct transactor *t, const char *id, int chain, const struct transactor *twin)
{
    memset(t, 0, sizeof *t);
    strncpy(t->id, id, sizeof t->id - 1);
    t->asker.answered = answered;
    t->asker.failed = failed;
    t->next.happen = act;
    t->chain = chain;
    t->twin = twin;
    t->timeout_ms = (int32_t)pick_from(5000, 60000);
    t->pause_ms = pick_from(100, 5000);
    t->initialised_at = t->left_at = -1;
}

void transactor_start(struct transactor *t)
{
    transactor_die(t);
    note("%s starts", t->id);
    t->is_alive = true;
    t->answered_at = world.now;
    start_again(t);
}

void transactor_die(struct transactor *t)
{
    if (t->is_alive)
        note("%s dies in step %d of transaction %" PRIu32, t->id, t->step, t->txn);
    if (t->is_alive && t->asker.is_busy)
        leave_request(t);
    asker_stop(&t->asker);
    happen_not(&t->next);
    t->is_alive = false;
}

void transactor_sleep(struct transactor *t, int64_t ms)
{
    if (t->is_alive && !t->asker.is_busy)
        again(t, ms);
}

void transactor_end(struct transactor *t)
{
    t->is_ending = true;
    if (t->is_alive && !t->asker.is_busy)
        again(t, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of transactions and markers, valid ones and others, to a log that is rolled, cut off at its start, closed or
 * killed, and opened again: the last stable offset is where the first open transaction starts, and those that were
 * aborted are known, each with its extent. A batch starts a transaction only after it was verified.
 *
 * The input: steps of two bytes, see step(). */
#include <stdio.h>
#include <string.h>

#include <kwire/error.h>
#include <kwire/record_builder.h>

#include "folder.h"
#include "fuzz.h"
#include "log/log_append.h"
#include "log/log_change.h"

enum { PRODUCERS = 4, FIRST_PRODUCER = 7, MOST_STEPS = 200, TIME = 1700000000, BATCH_SIZE = 256 };

/* What is known of a producer by what the log has accepted. */
struct producer_model {
    int16_t epoch;
    int32_t sequence; /* of the next batch */
    int32_t coordinator_epoch;
    int64_t open; /* where its transaction starts; -1: it has none */
    uint64_t verification;
};

static struct producer_model producers[PRODUCERS];
static kw_aborted_txn aborted[MOST_STEPS];
static size_t aborted_count;
static struct log_config config;
static struct segment_cache cache;
static struct partition_log log_here;

/* ---- the log ---- */

static void open_log(bool is_clean)
{
    struct log_snapshot now;
    static char path[64];
    (void)snprintf(path, sizeof path, "%s/t-0", folder_path());
    const struct partition_log what = {.folder = path,
                                       .config = &config,
                                       .start_offset = -1,
                                       .producer_expiration_ms = INT64_MAX,
                                       .check = is_clean ? 0 : CHECK_CRC};
    FUZZ_REQUIRE(segment_cache_init(&cache) && partition_log_init(&log_here, &what, &cache));
    FUZZ_REQUIRE(partition_log_acquire(&log_here, false, &now) == KW_ERROR_NONE);
    log_snapshot_release(&now);
}

static void end_log(bool is_clean)
{
    int64_t until;
    if (is_clean)
        FUZZ_REQUIRE(log_close(&log_here, 0, &until) == KW_ERROR_NONE);
    segment_cache_finish(&cache);
    partition_log_finish(&log_here);
}

/* Numbers of verifications are gone then. */
static void reopen(bool is_clean)
{
    end_log(is_clean);
    open_log(is_clean);
    for (int i = 0; i < PRODUCERS; i++)
        producers[i].verification = 0;
}

/* ---- what must be true ---- */

static void check_aborted(const struct log_snapshot *now)
{
    size_t i = 0, k = 0;
    kw_aborted_txn txn;
    while (log_next_aborted(now, &i, now->log_start_offset, now->log_end_offset, &txn)) {
        while (k < aborted_count && aborted[k].last_offset < now->log_start_offset)
            k++;
        FUZZ_REQUIRE(k < aborted_count && txn.producer_id == aborted[k].producer_id &&
                     txn.first_offset == aborted[k].first_offset && txn.last_offset == aborted[k].last_offset);
        k++;
    }
    while (k < aborted_count && aborted[k].last_offset < now->log_start_offset)
        k++;
    FUZZ_REQUIRE(k == aborted_count);
}

static void check(void)
{
    struct log_snapshot now;
    FUZZ_REQUIRE(partition_log_acquire(&log_here, false, &now) == KW_ERROR_NONE);
    int64_t stable = now.log_end_offset;
    for (int i = 0; i < PRODUCERS; i++)
        if (producers[i].open >= 0 && producers[i].open < stable)
            stable = producers[i].open;
    if (stable < now.log_start_offset)
        stable = now.log_start_offset;
    FUZZ_REQUIRE(now.last_stable_offset == stable);
    check_aborted(&now);
    log_snapshot_release(&now);
}

/* ---- appends ---- */

static bool append(struct log_append *a, kw_writer *w)
{
    kw_span all = kw_writer_data(w);
    struct append_batch batch = {
        .records = kw_bytes_of((const uint8_t *)all.data + sizeof batch.header, all.size - sizeof batch.header)};
    memcpy(batch.header, all.data, sizeof batch.header);
    a->batches = &batch;
    a->count = 1;
    FUZZ_REQUIRE(log_append(&log_here, a));
    return a->error == KW_ERROR_NONE && !a->is_duplicate;
}

/* How: 1 transactional, 2 an older or newer epoch, 4 another sequence, 8 and 16 the verification, 32 a newer version,
 * 64 of a coordinator. */
static void write_records(struct producer_model *p, int number, uint8_t how)
{
    uint8_t bytes[BATCH_SIZE];
    kw_batch_options options;
    kw_batch_builder b;
    kw_writer w;
    const kw_new_record record = {.timestamp = TIME, .key = {NULL, -1}, .value = {NULL, -1}};
    kw_batch_options_init(&options);
    options.producer_id = FIRST_PRODUCER + number;
    int change = (how & 128) != 0 ? 1 : p->epoch > 0 ? -1 : 0;
    options.producer_epoch = (int16_t)(p->epoch + ((how & 2) != 0 ? change : 0));
    options.base_sequence = options.producer_epoch > p->epoch ? 0 : p->sequence;
    if ((how & 4) != 0)
        options.base_sequence += 2;
    options.transactional = (how & 1) != 0;
    kw_writer_init(&w, bytes, sizeof bytes);
    FUZZ_REQUIRE(kw_batch_builder_init(&b, &w, &options) == KW_OK && kw_batch_builder_append(&b, &record) == KW_OK &&
                 kw_batch_builder_end(&b) == KW_OK);
    struct log_append a = {.origin = (how & 64) != 0 ? APPEND_COORDINATOR : APPEND_CLIENT,
                           .transaction_version = (how & 32) != 0 ? 2 : 0};
    uint64_t stale = p->verification;
    if ((how & 24) == 8)
        a.verification = p->verification =
            verifications_enter(&log_here.verifications, options.producer_id, options.producer_epoch,
                                options.base_sequence, a.transaction_version == 2);
    else if ((how & 24) == 16)
        a.verification = VERIFICATION_OFF;
    else if ((how & 24) == 24)
        a.verification = stale;
    bool was_open = p->open >= 0 && p->epoch == options.producer_epoch;
    if (!append(&a, &w))
        return;
    FUZZ_REQUIRE(!options.transactional || was_open || a.verification != 0);
    if (options.transactional && p->open < 0)
        p->open = a.base_offset;
    p->epoch = options.producer_epoch;
    p->sequence = options.base_sequence + 1;
}

/* How: 1 commits, 2 of the next epoch, 4 of an older one, 8 a newer version, 16 a newer coordinator, 32 an older one.
 */
static void write_marker(struct producer_model *p, int number, uint8_t how)
{
    uint8_t bytes[BATCH_SIZE];
    kw_batch_options options;
    kw_writer w;
    kw_control_record end = {.type = (how & 1) != 0 ? KW_CONTROL_COMMIT : KW_CONTROL_ABORT};
    int32_t coordinator = p->coordinator_epoch + ((how & 16) != 0) - ((how & 32) != 0);
    end.value.end_txn.coordinator_epoch = coordinator;
    kw_batch_options_init(&options);
    options.producer_id = FIRST_PRODUCER + number;
    options.producer_epoch = (int16_t)(p->epoch + ((how & 2) != 0) - ((how & 4) != 0 && p->epoch > 0));
    options.transactional = true;
    kw_writer_init(&w, bytes, sizeof bytes);
    FUZZ_REQUIRE(kw_write_control_batch(&w, &options, TIME, &end) == KW_OK);
    struct log_append a = {.origin = APPEND_COORDINATOR, .transaction_version = (how & 8) != 0 ? 2 : 0};
    if (!append(&a, &w))
        return;
    FUZZ_REQUIRE(options.producer_epoch >= p->epoch && coordinator >= p->coordinator_epoch);
    if (p->open >= 0 && (how & 1) == 0)
        aborted[aborted_count++] = (kw_aborted_txn){options.producer_id, p->open, a.base_offset, 0};
    if (options.producer_epoch != p->epoch)
        p->sequence = 0;
    p->open = -1;
    p->epoch = options.producer_epoch;
    p->coordinator_epoch = coordinator;
}

static void cut_off(uint8_t how)
{
    int64_t start;
    struct log_snapshot now;
    FUZZ_REQUIRE(partition_log_acquire(&log_here, false, &now) == KW_ERROR_NONE);
    int64_t offset = now.log_start_offset + (now.log_end_offset - now.log_start_offset) * how / 256;
    log_snapshot_release(&now);
    FUZZ_REQUIRE(log_delete_records(&log_here, offset, &start) == KW_ERROR_NONE);
}

static void step(uint8_t what, uint8_t how)
{
    int number = what >> 3 & 3;
    if ((what & 7) < 4)
        write_records(&producers[number], number, how);
    else if ((what & 7) < 6)
        write_marker(&producers[number], number, how);
    else if ((what & 7) == 6 && (how & 1) != 0)
        cut_off(how);
    else if ((what & 7) == 6)
        FUZZ_REQUIRE(log_roll(&log_here) == KW_ERROR_NONE);
    else
        reopen((how & 1) != 0);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    log_config_init(&config);
    config.segment_bytes = 700;
    config.index_interval_bytes = 100;
    config.retention_ms = -1;
    aborted_count = 0;
    for (int i = 0; i < PRODUCERS; i++)
        producers[i] = (struct producer_model){.open = -1, .coordinator_epoch = -1};
    folder_write("t-0/00000000000000000000.log", "", 0);
    open_log(true);
    for (int i = 0; i < MOST_STEPS && fuzz_left(&in) >= 2; i++) {
        uint8_t what = fuzz_take8(&in);
        step(what, fuzz_take8(&in));
        check();
    }
    end_log(true);
    folder_clear();
}

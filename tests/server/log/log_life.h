/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_LOG_LOG_LIFE_H
#define TESTS_SERVER_LOG_LOG_LIFE_H

/* A log's life, during which something fails: appends, new segments and epochs, deleted records, retention, the end.
 * And what must be true afterwards: what was acknowledged is there, and what was refused is not. */

#include "append_support.h"

#include "base/clock.h"
#include "log/log_change.h"
#include "log/retention.h"

enum { LIFE_ONE = KW_BATCH_V2_RECORDS + 10, LIFE_APPENDS = 12 };

static struct log_folder life_folder;
static struct log_config life_config;
static int64_t life_now; /* producers that are older are forgotten */

static inline void life_start(const char *root)
{
    life_now = clock_wall_ms();
    log_config_init(&life_config);
    life_config.segment_bytes = 3 * LIFE_ONE;
    life_config.index_interval_bytes = 0;
    life_config.retention_ms = -1;
    log_folder_init(&life_folder, root, "failures-0");
    partition_log_configure(&life_folder.log, &life_config);
}

struct life {
    int64_t offsets[2 * LIFE_APPENDS]; /* that were acknowledged */
    size_t acknowledged;
    int32_t sequence; /* the next one of the producer */
    int64_t start;    /* the log's, as the last answer had it */
    bool is_closed;
};

/* The log may be opened again after a shortage; anything else is damage that somebody has to look at. */
static inline bool life_open(void)
{
    struct log_snapshot log;
    for (int tries = 0; tries < 2; tries++)
        if (partition_log_acquire(&life_folder.log, false, &log) == KW_ERROR_NONE) {
            log_snapshot_release(&log);
            return true;
        }
    return false;
}

/* Sends a batch until it is accepted, or the log is offline, as producers do. */
static inline void life_send(struct life *life, int32_t epoch)
{
    static struct one_append one;
    prepare_append(&one, (made_batch){.count = 1, .timestamp = life_now, .producer_id = 7}, 0);
    change_append(&one, KW_BATCH_V2_PRODUCER_EPOCH, 0, 2);
    change_append(&one, KW_BATCH_V2_BASE_SEQUENCE, (uint32_t)life->sequence, 4);
    one.append.leader_epoch = epoch;
    for (int tries = 0; tries < 2; tries++) {
        assert_true(log_append(&life_folder.log, &one.append));
        if (one.append.error != KW_ERROR_NONE) {
            assert_int_equal(one.append.error, KW_ERROR_KAFKA_STORAGE_ERROR);
            continue;
        }
        assert_false(one.append.is_duplicate);
        life->offsets[life->acknowledged++] = one.append.base_offset;
        life->sequence++;
        return;
    }
}

static inline void live(struct life *life)
{
    size_t removed;
    int64_t until, start;
    for (int32_t i = 0; i < LIFE_APPENDS; i++)
        life_send(life, i / 5);
    if (log_delete_records(&life_folder.log, 4, &start) == KW_ERROR_NONE)
        life->start = start;
    (void)log_sync(&life_folder.log, 0, &until);
    (void)log_retain(&life_folder.log, life_now, &removed);
    (void)log_retain(&life_folder.log, life_now + life_config.file_delete_delay_ms, &removed);
    for (int32_t i = 0; i < 2; i++)
        life_send(life, 3);
    life->is_closed = log_close(&life_folder.log, 0, &until) == KW_ERROR_NONE;
}

/* Acknowledged records have their offsets, one after the other. */
static inline void life_check(const struct life *life, bool may_have_more)
{
    struct log_snapshot log = log_folder_open(&life_folder);
    bool valid;
    for (size_t i = 0; i < life->acknowledged; i++) {
        assert_int_equal(life->offsets[i], i);
        if (life->offsets[i] >= log.log_start_offset)
            assert_int_equal(kw_load_be64(read_from(&life_folder, life->offsets[i]).data), life->offsets[i]);
    }
    assert_true(log.log_start_offset <= life->start);
    if (may_have_more)
        assert_true(log.log_end_offset >= (int64_t)life->acknowledged);
    else
        assert_int_equal(log.log_end_offset, life->acknowledged);
    assert_status(log_check(&log, CHECK_CRC, NULL, &valid), KW_OK);
    assert_true(valid);
    log_snapshot_release(&log);
}

/* The log as it is after a new start of the process. What was written before an error that took it offline may be
 * there, acknowledged or not. */
static inline void life_check_next(struct life *life, bool was_offline)
{
    log_folder_reopen(&life_folder);
    life_folder.log.check = life->is_closed ? 0 : CHECK_CRC;
    life_check(life, was_offline);
    struct log_snapshot log = log_folder_open(&life_folder);
    if (log.log_end_offset == (int64_t)life->acknowledged) {
        const made_batch last = {.count = 1, .timestamp = life_now, .producer_id = 7};
        if (life->sequence > 0)
            assert_true(append_sequence(&life_folder, last, life->sequence - 1).is_duplicate);
        life_send(life, 4);
        assert_int_equal(life->offsets[life->acknowledged - 1], life->acknowledged - 1);
    }
    log_snapshot_release(&log);
}

#endif

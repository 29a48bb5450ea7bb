/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/control_record.h>
#include <kwire/endian.h>
#include <kwire/error.h>

#include "../simulation/requests.h"
#include "../simulation/world.h"
#include "keys.h"
#include "ledger.h"
#include "log/log_read.h"
#include "tape.h"

enum { MOST_LOGS = 256 };

struct check_counts check_counts;
const struct check_observer *check_observer;

/* What the recovered broker has of the logs of the ledger. */
struct recovered {
    bool is_there;
    bool has_gaps;
    bool has_lost;  /* batches that the start before the tape did not have, and that came back */
    bool was_clean; /* the first start has recovered nothing of it */
    int64_t start, end;
    uint64_t digest;
    const struct kept_batch *last_idempotent;
};

static struct recovered recovered[MOST_LOGS];
static struct checked_run run;
static struct crash at;

static bool is_promised(void)
{
    return run.is_synced || crash_kind_of(&at) == CRASH_OF_PROCESS;
}

/* ---- the world ---- */

void check_start_world(const struct crash *crash, unsigned life)
{
    uint64_t seed = world.seed, digest = seed * 31 + crash->point * 8191 + crash->variant * 131 + life;
    int64_t now = tape.ops[crash->point - 1].now + 10 * (int64_t)(life + 1), epoch = world.epoch;
    world_finish();
    world_start(seed);
    world.now = now;
    world.epoch = epoch;
    for (size_t i = 0; i < THREADS; i++)
        timer_wheel_init(&world.threads[i].timers, now);
    random_test_init(&world.choices, digest);
    random_test_init(&world.entropy, ~digest);
}

static void open_broker(void)
{
    check_counts.opened++;
    if (!node_open())
        broken("the broker does not start");
}

/* ---- metadata ---- */

/* The last one that was published, or one that was decided since. */
static bool is_known_image(uint32_t digest)
{
    for (size_t i = ledger.image_count; i > 0; i--) {
        const struct kept_image *image = &ledger.images[i - 1];
        if (image->decided_at <= at.point && image->digest == digest)
            return true;
        if (image->published_at <= at.point)
            return false;
    }
    return false;
}

static void check_metadata(void)
{
    const struct metadata_image *image = metadata_image_acquire(&process_broker()->metadata);
    if (!is_known_image(image_digest(image)))
        broken("the metadata is not what was answered, nor what was decided then: %zu topics, %zu resources",
               image->parts.topic_count, image->parts.resource_count);
    metadata_image_release(image);
}

/* ---- logs ---- */

static int64_t safe_end(const struct kept_log *kept)
{
    return marks_at(crash_kind_of(&at) == CRASH_OF_PROCESS ? &kept->ends : &kept->synced, at.point);
}

/* A finished segment that was not synced may have lost its end between two batches, which shows no damage. What follows
 * stays then, as in Kafka. Of segments that were removed any may have come back. */
static bool may_be_next(const struct kept_log *kept, const struct log_snapshot *now, int64_t offset, int64_t expected)
{
    if (offset == expected || expected < 0)
        return true;
    if (kept->is_compacted || offset < expected)
        return offset > expected;
    for (size_t i = 0; i < now->contents->segment_count; i++)
        if (now->contents->segments[i]->base_offset == offset)
            return kept->has_gaps || expected >= safe_end(kept) || offset <= marks_after(&kept->starts, at.point);
    return false;
}

static void check_batch(const struct kept_log *kept, const struct log_snapshot *now, const kw_batch *batch,
                        int64_t expected, struct recovered *out)
{
    const struct kept_batch *known = ledger_find(kept, batch);
    check_counts.batches++;
    if (known == NULL)
        broken("%s-%d has a batch at offset %" PRId64 " that nobody has written", kept->topic, kept->partition,
               batch->base_offset);
    if (kw_batch_check_crc(batch) != KW_OK)
        broken("%s-%d has a batch at offset %" PRId64 " with a wrong checksum", kept->topic, kept->partition,
               batch->base_offset);
    if (!may_be_next(kept, now, batch->base_offset, expected))
        broken("%s-%d has offset %" PRId64 " instead of %" PRId64, kept->topic, kept->partition, batch->base_offset,
               expected);
    out->has_lost = out->has_lost || known->is_lost;
    if (batch->producer_id >= 0 && (batch->attributes & (KW_ATTRIBUTE_CONTROL | KW_ATTRIBUTE_TRANSACTIONAL)) == 0)
        out->last_idempotent = known;
}

static void walk(const struct kept_log *kept, struct partition_log *log, const struct log_snapshot *now,
                 struct recovered *out)
{
    int64_t offset = now->log_start_offset, expected = -1;
    while (offset < now->log_end_offset) {
        struct log_slice slice;
        kw_batches batches;
        kw_batch batch;
        const struct log_read_request request = {
            .offset = offset, .end = now->log_end_offset, .max_bytes = 1 << 20, .at_least_one = true};
        if (log_read(log, now, &request, &slice) != KW_ERROR_NONE)
            broken("%s-%d cannot be read at offset %" PRId64, kept->topic, kept->partition, offset);
        if (slice.segment == NULL)
            break;
        kw_batches_init(&batches, slice.records);
        while (kw_batches_next(&batches, &batch)) {
            check_batch(kept, now, &batch, expected, out);
            out->has_gaps = out->has_gaps || batch.base_offset > offset;
            offset = expected = batch.last_offset + 1;
        }
        segment_release(slice.segment);
    }
    out->has_gaps = out->has_gaps || offset < now->log_end_offset;
    if (!may_be_next(kept, now, now->log_end_offset, offset))
        broken("%s-%d ends at %" PRId64 ", but its records at %" PRId64, kept->topic, kept->partition,
               now->log_end_offset, offset);
}

static void check_ends(const struct kept_log *kept, const struct log_snapshot *now)
{
    int64_t least = safe_end(kept);
    int64_t start = marks_after(&kept->starts, at.point);
    if (now->log_end_offset < least)
        broken("%s-%d ends at %" PRId64 ", but what is below %" PRId64 " was safe", kept->topic, kept->partition,
               now->log_end_offset, least);
    if (now->log_start_offset > (start > 0 ? start : 0))
        broken("%s-%d starts at %" PRId64 ", but records from %" PRId64 " on were not deleted", kept->topic,
               kept->partition, now->log_start_offset, start);
}

static void check_log(struct partition_log *log, bool is_first)
{
    struct log_snapshot now;
    if (partition_log_acquire(log, false, &now) != KW_ERROR_NONE)
        broken("%.*s-%d cannot be opened", KW_FMT(log->topic), log->partition);
    struct kept_log *kept = ledger_log(log->topic, log->topic_id, log->partition);
    if (kept == NULL) {
        if (now.log_end_offset != 0)
            broken("%.*s-%d has records that nobody has written", KW_FMT(log->topic), log->partition);
        log_snapshot_release(&now);
        return;
    }
    struct recovered *out = &recovered[kept - ledger.logs];
    bool was_clean = is_first ? log->dir->was_clean : out->was_clean;
    uint64_t digest = tape_digest(log->folder, was_clean);
    if (is_first) {
        *out =
            (struct recovered){true, false, false, was_clean, now.log_start_offset, now.log_end_offset, digest, NULL};
        check_ends(kept, &now);
        walk(kept, log, &now, out);
        if (kept->is_compacted)
            check_keys(kept, log, &now, safe_end(kept));
    } else if (digest != out->digest || now.log_end_offset != out->end || now.log_start_offset != out->start) {
        broken("%s-%d is not the same when it is recovered once more", kept->topic, kept->partition);
    }
    log_snapshot_release(&now);
}

static bool has_partition(const struct kept_log *kept)
{
    const struct metadata_image *image = metadata_image_acquire(&process_broker()->metadata);
    const struct metadata_topic *topic = metadata_topic_by_name(image, kw_string_of(kept->topic));
    bool has = topic != NULL && kw_uuid_equal(topic->id, kept->id) && kept->partition < topic->partition_count;
    metadata_image_release(image);
    return has;
}

static void check_logs(bool is_first)
{
    struct log_list list;
    if (!log_manager_list(&process_broker()->logs, &list) || ledger.log_count > MOST_LOGS)
        broken("there is no memory");
    if (is_first)
        memset(recovered, 0, sizeof recovered);
    for (size_t i = 0; i < list.len; i++)
        check_log(list.items[i], is_first);
    log_list_release(&list);
    for (size_t i = 0; i < ledger.log_count; i++)
        if (!recovered[i].is_there && has_partition(&ledger.logs[i]))
            broken("%s-%d has no log", ledger.logs[i].topic, ledger.logs[i].partition);
}

/* ---- groups ---- */

/* -1: it is not there, or commits may be missing in its middle, or be older ones. */
static int64_t end_of_offsets(int32_t partition)
{
    for (size_t i = 0; i < ledger.log_count; i++)
        if (recovered[i].is_there && strcmp(ledger.logs[i].topic, "__consumer_offsets") == 0 &&
            ledger.logs[i].partition == partition)
            return (recovered[i].has_gaps && !is_promised()) || recovered[i].has_lost ? -1 : recovered[i].end;
    return -1;
}

static bool is_of_same(const struct kept_commit *a, const struct kept_commit *b)
{
    return strcmp(a->group, b->group) == 0 && strcmp(a->topic, b->topic) == 0 && a->partition == b->partition;
}

/* Whether that is the offset of the last commit that the log has, or of a later one that it may have; -1: of none. */
static bool is_committed(const struct kept_commit *of, int64_t offset)
{
    int64_t end = end_of_offsets(of->log_partition);
    for (size_t i = ledger.commit_count; i > 0; i--) {
        const struct kept_commit *c = &ledger.commits[i - 1];
        if (!is_of_same(c, of) || c->log_start >= end)
            continue;
        if (c->offset == offset)
            return true;
        if (!c->is_uncertain && c->log_end <= end)
            return false;
    }
    return offset == -1;
}

static void check_commits(void)
{
    for (size_t i = 0; i < ledger.commit_count; i++) {
        const struct kept_commit *c = &ledger.commits[i];
        if (end_of_offsets(c->log_partition) < 0 || i % 4 != (at.point + at.variant) % 4)
            continue; /* these are many */
        int64_t offset = -1;
        if (fetch_offset(c->group, c->topic, c->partition, &offset) != KW_ERROR_NONE)
            broken("offsets of %s are not answered", c->group);
        check_counts.commits++;
        if (!is_committed(c, offset))
            broken("%s is at %" PRId64 " of %s-%d, which is not its last commit", c->group, offset, c->topic,
                   c->partition);
    }
}

/* ---- transactions ---- */

/* The first marker of the producer after its data: TXN_OPEN if there is none. */
static enum decision_kind decision_in(struct partition_log *log, const struct kept_txn *txn, int64_t from)
{
    struct log_snapshot now;
    enum decision_kind kind = TXN_OPEN;
    if (partition_log_acquire(log, false, &now) != KW_ERROR_NONE)
        broken("%.*s-%d cannot be opened", KW_FMT(log->topic), log->partition);
    while (kind == TXN_OPEN && from < now.log_end_offset) {
        struct log_slice slice;
        kw_batches batches;
        kw_batch batch;
        const struct log_read_request request = {
            .offset = from, .end = now.log_end_offset, .max_bytes = 1 << 20, .at_least_one = true};
        if (log_read(log, &now, &request, &slice) != KW_ERROR_NONE)
            broken("%.*s-%d cannot be read at offset %" PRId64, KW_FMT(log->topic), log->partition, from);
        if (slice.segment == NULL)
            break; /* a gap before its end, as in walk() */
        kw_batches_init(&batches, slice.records);
        while (kind == TXN_OPEN && kw_batches_next(&batches, &batch)) {
            from = batch.last_offset + 1;
            if ((batch.attributes & KW_ATTRIBUTE_CONTROL) != 0 && batch.producer_id == txn->producer_id)
                kind = marker_commits(&batch) ? TXN_COMMIT : TXN_ABORT;
        }
        segment_release(slice.segment);
    }
    log_snapshot_release(&now);
    return kind;
}

static enum decision_kind decision_of(const struct kept_txn *txn, const struct txn_part *part)
{
    const struct kept_log *kept = &ledger.logs[part->log];
    struct partition_log *log =
        log_manager_find(&process_broker()->logs, kw_string_of(kept->topic), kept->id, kept->partition);
    if (log == NULL)
        broken("%s-%d has no log", kept->topic, kept->partition);
    enum decision_kind kind = decision_in(log, txn, part->last + 1);
    log_release(log);
    return kind;
}

static void check_txn(const struct kept_txn *txn)
{
    bool is_asked = txn->asked != TXN_OPEN && txn->asked_at <= at.point;
    bool is_answered = is_asked && txn->answered_at <= at.point;
    bool has_kind = false;
    enum decision_kind all = TXN_OPEN;
    for (size_t i = 0; i < txn->part_count; i++) {
        const struct txn_part *part = &txn->parts[i];
        if (part->last >= recovered[part->log].end || part->last < recovered[part->log].start)
            continue; /* lost; or deleted, perhaps with the marker */
        enum decision_kind kind = decision_of(txn, part);
        if (kind == TXN_COMMIT && (!is_asked || txn->asked != TXN_COMMIT))
            broken("a transaction of %s is committed in %s-%d, which nobody has asked for", txn->id,
                   ledger.logs[part->log].topic, ledger.logs[part->log].partition);
        if (is_answered && kind != txn->asked)
            broken("a transaction of %s that has ended is not decided, or not so, in %s-%d", txn->id,
                   ledger.logs[part->log].topic, ledger.logs[part->log].partition);
        if (has_kind && kind != all)
            broken("a transaction of %s is decided in some partitions only", txn->id);
        all = kind;
        has_kind = true;
    }
    check_counts.transactions += has_kind;
}

/* Only what is on the disk can be kept. */
static void check_txns(void)
{
    for (size_t i = 0; is_promised() && i < ledger.txn_count; i++)
        if (ledger.txns[i].begun_at <= at.point)
            check_txn(&ledger.txns[i]);
}

/* ---- producers ---- */

/* One that sends its last batch once more is answered with the offset that it has. */
static void check_producer(const struct kept_log *log, const struct kept_batch *batch)
{
    uint8_t *bytes = malloc((size_t)batch->bytes.len);
    int64_t offset = -1;
    if (bytes == NULL)
        broken("there is no memory");
    memcpy(bytes, batch->bytes.data, (size_t)batch->bytes.len);
    kw_store_be64(bytes + KW_BATCH_OFFSET, 0);
    const struct produced again = {.topic = log->topic,
                                   .partition = log->partition,
                                   .records = kw_bytes_of(bytes, (size_t)batch->bytes.len),
                                   .acks = -1};
    int16_t error = take_produced(requests_await(send_records(&again)), &offset);
    free(bytes);
    check_counts.producers++;
    if (error != KW_ERROR_NONE || offset != batch->base)
        broken("a batch that %s-%d has at %" PRId64 " is sent again: error %d, offset %" PRId64, log->topic,
               log->partition, batch->base, error, offset);
}

static void check_producers(void)
{
    for (size_t i = 0; i < ledger.log_count; i++)
        if (recovered[i].last_idempotent != NULL && !ledger.logs[i].is_compacted && has_partition(&ledger.logs[i]))
            check_producer(&ledger.logs[i], recovered[i].last_idempotent);
}

/* ---- a state ---- */

void check_crash(const struct checked_run *of, const struct crash *crash)
{
    run = *of;
    at = *crash;
    node_set_up(run.settings, run.dirs);
    check_counts.states++;
    check_start_world(crash, 0);
    tape_load();
    crash_build(crash);
    if (check_observer != NULL)
        check_observer->built(crash);
    open_broker();
    check_metadata();
    check_logs(true);
    if (check_observer != NULL)
        check_observer->recovered();
    node_kill();
    tape_revive();
    check_start_world(crash, 1);
    open_broker();
    check_metadata();
    check_logs(false);
    node_serve();
    check_commits();
    check_txns();
    check_producers();
    node_stop();
    if ((crash->point + crash->variant) % 8 == 0) {
        check_start_world(crash, 2);
        open_broker();
        check_metadata();
        node_kill();
    }
    tape_unload();
}

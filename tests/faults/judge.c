/* SPDX-License-Identifier: Apache-2.0 */
#include "judge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <kwire/error.h>

#include "../simulation/world.h"
#include "disk.h"
#include "machine.h"
#include "metadata/image.h"

const char *const topic_names[TOPICS] = {"a", "b", "c", "t"};
const int32_t topic_partitions[TOPICS] = {2, 1, 1, 2};

struct known known;

void judge_start(bool is_synced)
{
    memset(&known, 0, sizeof known);
    known.is_synced = is_synced;
    known.record_count = 1; /* numbers are from 1 on */
    for (size_t i = 0; i < TOPICS; i++)
        known.created[i] = NO_ANSWER;
    known.grown = known.altered = known.doomed_created = known.doomed_deleted = NO_ANSWER;
}

int64_t judge_sends(enum topic topic, int32_t partition, int key, size_t txn)
{
    if (known.record_count == MOST_RECORDS)
        broken("there are too many records");
    known.records[known.record_count] = (struct known_record){topic, partition, key, txn, false, -1};
    return (int64_t)known.record_count++;
}

void judge_acknowledged(int64_t number, int64_t offset)
{
    struct known_record *record = &known.records[number];
    record->is_acknowledged = true;
    record->offset = offset;
    world.counts.produced++;
}

/* Whether what is missing may be; whether something is. */
static bool may_miss, misses;

static void miss(void)
{
    misses = true;
}

/* What must be there. */
#define MUST(condition, ...) (may_miss && !(condition) ? miss() : CHECK(condition, __VA_ARGS__))

/* ---- errors ---- */

enum { MOST_ERRORS = 256 };

static struct {
    const char *what;
    int16_t error;
    uint64_t count;
} errors[MOST_ERRORS];

static size_t error_count;

static void count_error(const char *what, int16_t error)
{
    size_t i = 0;
    while (i < error_count && (errors[i].error != error || strcmp(errors[i].what, what) != 0))
        i++;
    if (i == MOST_ERRORS)
        return;
    if (i == error_count)
        error_count++;
    errors[i].what = what;
    errors[i].error = error;
    errors[i].count++;
}

void judge_print_errors(void)
{
    for (size_t i = 0; i < error_count; i++)
        printf("%-28s %5d %10" PRIu64 "\n", errors[i].what, errors[i].error, errors[i].count);
}

void judge_error(const char *what, int16_t error)
{
    if (process_broker() == NULL)
        return;
    count_error(what, error);
    if (error != KW_ERROR_NONE)
        note("%s: error %d", what, error);
}

/* ---- what may be lost ---- */

/* Only what a failed sync has dropped, where nobody had asked to wait for the disk. */
static bool may_be_lost(const char *topic, int32_t partition)
{
    char part[64];
    const char *path;
    (void)snprintf(part, sizeof part, "/%s-%d", topic, partition);
    return !known.is_synced && disk_has_dropped(&path) && strstr(path, part) != NULL;
}

/* ---- records ---- */

static bool is_visible(const struct known_record *record)
{
    return record->txn == MOST_TXNS || known.txns[record->txn] == KNOWN_COMMITTED ||
           known.txns[record->txn] == KNOWN_COMMITTING;
}

static void check_found(enum topic topic, int32_t partition, const struct read_log *log)
{
    int64_t last = 0;
    for (size_t i = 0; i < log->count; i++) {
        const struct read_record *read = &log->records[i];
        CHECK(read->number > last, "%s-%d: record %" PRId64 " at offset %" PRId64 " follows record %" PRId64,
              topic_names[topic], partition, read->number, read->offset, last);
        CHECK(read->number < (int64_t)known.record_count, "a record that nobody has sent");
        const struct known_record *sent = &known.records[read->number];
        CHECK(sent->topic == topic && sent->partition == partition && sent->key == read->key,
              "record %" PRId64 " in another partition", read->number);
        CHECK(!sent->is_acknowledged || sent->offset < 0 || sent->offset == read->offset,
              "%s-%d: record %" PRId64 " was acknowledged at offset %" PRId64 " and is at %" PRId64, topic_names[topic],
              partition, read->number, sent->offset, read->offset);
        CHECK(is_visible(sent), "%s-%d: record %" PRId64 " at offset %" PRId64 " is of a transaction that is aborted",
              topic_names[topic], partition, read->number, read->offset);
        last = read->number;
    }
}

static bool has(const struct read_log *log, int64_t number)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->records[i].number == number)
            return true;
    return false;
}

static bool has_newer(const struct read_log *log, int64_t number, int key)
{
    for (size_t i = 0; i < log->count; i++)
        if (log->records[i].key == key && log->records[i].number > number)
            return true;
    return false;
}

static void check_missing(enum topic topic, int32_t partition, const struct read_log *log)
{
    bool may_lose = may_be_lost(topic_names[topic], partition);
    for (size_t i = 1; i < known.record_count; i++) {
        const struct known_record *sent = &known.records[i];
        int64_t number = (int64_t)i;
        bool is_here = sent->topic == topic && sent->partition == partition && sent->is_acknowledged;
        bool must_be = is_here && (sent->txn == MOST_TXNS || known.txns[sent->txn] == KNOWN_COMMITTED) &&
                       !(topic == TOPIC_B && sent->offset < known.deleted_until) &&
                       !(topic == TOPIC_C && has_newer(log, number, sent->key));
        if (!must_be)
            continue;
        MUST(may_lose || has(log, number), "%s-%d: record %" PRId64 ", acknowledged at offset %" PRId64 ", is lost",
             topic_names[topic], partition, number, sent->offset);
    }
}

/* The times of records ascend, so each is the first of its time. */
static void check_times(enum topic topic, int32_t partition, const struct read_log *log)
{
    for (size_t i = 0; i < log->count; i++) {
        int64_t offset = -1;
        int16_t error =
            client_list_offset(topic_names[topic], partition, client_time_of(log->records[i].number), &offset);
        MUST(error == KW_ERROR_NONE, "%s-%d cannot be searched by time: error %d", topic_names[topic], partition,
             error);
        CHECK(error != KW_ERROR_NONE || offset == log->records[i].offset,
              "%s-%d: by its time record %" PRId64 " is at offset %" PRId64 " and not at %" PRId64 " (error %d)",
              topic_names[topic], partition, log->records[i].number, offset, log->records[i].offset, error);
    }
}

static struct read_log logs[TOPICS][PARTITIONS];

static void check_partition(enum topic topic, int32_t partition)
{
    struct read_log *log = &logs[topic][partition];
    int16_t error = client_read(topic_names[topic], partition, true, log);
    if (error == KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION && known.created[topic] != KW_ERROR_NONE)
        log->count = 0;
    else
        MUST(error == KW_ERROR_NONE, "%s-%d cannot be read: error %d", topic_names[topic], partition, error);
    check_found(topic, partition, log);
    check_missing(topic, partition, log);
    if (topic != TOPIC_T)
        check_times(topic, partition, log);
    CHECK(topic != TOPIC_B || log->count == 0 || log->start <= known.deleted_until,
          "b-0 starts at %" PRId64 ", only what is before %" PRId64 " is deleted", log->start, known.deleted_until);
}

/* Of a transaction all partitions have their record, or none. */
static void check_transactions(void)
{
    bool may_lose = may_be_lost("t", 0) || may_be_lost("t", 1);
    for (size_t txn = 0; txn < known.txn_count; txn++) {
        size_t sent = 0, found = 0;
        for (size_t i = 1; i < known.record_count; i++) {
            const struct known_record *record = &known.records[i];
            if (record->topic != TOPIC_T || record->txn != txn)
                continue;
            sent++;
            found += has(&logs[TOPIC_T][record->partition], (int64_t)i);
        }
        MUST(found == 0 || found == sent || may_lose, "of transaction %zu there are %zu records of %zu", txn, found,
             sent);
    }
}

/* ---- offsets of groups ---- */

static void check_offset(void)
{
    int64_t offset = -1;
    int16_t error;
    if (known.most_committed == 0 || known.created[TOPIC_A] != KW_ERROR_NONE)
        return;
    (void)find_coordinator("g", 0);
    for (int tries = 0; (error = fetch_offset("g", "a", 0, &offset)) != KW_ERROR_NONE && tries < 10; tries++)
        world_pass(500);
    MUST(error == KW_ERROR_NONE, "an offset cannot be read: error %d", error);
    MUST(offset >= known.committed || known.committed == 0 || may_be_lost("__consumer_offsets", 0),
         "offset %" PRId64 " was committed, %" PRId64 " is answered", known.committed, offset);
    CHECK(offset <= known.most_committed, "offset %" PRId64 " that nobody has committed", offset);
}

/* A group's offset in a transaction is its number and 1. */
static void check_offset_of_transactions(void)
{
    int64_t offset = -1, least = -1;
    int16_t error;
    for (size_t i = 0; i < known.txn_count; i++)
        if (known.txns[i] == KNOWN_COMMITTED)
            least = (int64_t)i + 1;
    if (known.txn_count == 0)
        return;
    (void)find_coordinator("tg", 0);
    for (int tries = 0; (error = fetch_offset("tg", "a", 0, &offset)) != KW_ERROR_NONE && tries < 10; tries++)
        world_pass(500);
    MUST(error == KW_ERROR_NONE || error == KW_ERROR_UNSTABLE_OFFSET_COMMIT,
         "an offset of a transaction cannot be read: error %d", error);
    if (error != KW_ERROR_NONE || may_be_lost("__consumer_offsets", 0) || may_be_lost("__transaction_state", 0))
        return;
    MUST(offset >= least, "offset %" PRId64 " was committed in a transaction, %" PRId64 " is answered", least, offset);
    CHECK(offset < 0 || (offset >= 1 && offset <= (int64_t)known.txn_count &&
                         (known.txns[offset - 1] == KNOWN_COMMITTED || known.txns[offset - 1] == KNOWN_COMMITTING)),
          "offset %" PRId64 " is of a transaction that is aborted", offset);
}

/* ---- metadata ---- */

static void check_metadata(void)
{
    const struct metadata_image *image = process_broker()->metadata.current;
    for (size_t i = 0; i < TOPICS; i++) {
        const struct metadata_topic *topic = metadata_topic_by_name(image, kw_string_of(topic_names[i]));
        MUST(topic != NULL || known.created[i] != KW_ERROR_NONE, "topic %s is lost", topic_names[i]);
    }
    const struct metadata_topic *doomed = metadata_topic_by_name(image, kw_string_of("doomed"));
    MUST(doomed == NULL || known.doomed_deleted != KW_ERROR_NONE, "a topic that was deleted is there");
    MUST(doomed == NULL || known.grown != KW_ERROR_NONE || doomed->partition_count == 3, "partitions are lost");
    MUST(known.altered != KW_ERROR_NONE ||
             metadata_find_config(image, RESOURCE_TOPIC, kw_string_of("a"), kw_string_of("retention.ms")).len == 2,
         "a setting is lost");
}

void judge_check(void)
{
    check_metadata();
    for (size_t topic = 0; topic < TOPICS; topic++)
        for (int32_t partition = 0; partition < topic_partitions[topic]; partition++)
            check_partition((enum topic)topic, partition);
    check_transactions();
    check_offset();
    check_offset_of_transactions();
}

bool judge_is_complete(void)
{
    may_miss = true;
    misses = false;
    judge_check();
    may_miss = false;
    return !misses;
}

/* Nothing of a transaction that is aborted, nothing twice. */
void judge_look(void)
{
    if (process_broker() == NULL)
        return;
    for (size_t topic = 0; topic < TOPICS; topic++)
        for (int32_t partition = 0; partition < topic_partitions[topic]; partition++) {
            struct read_log *log = &logs[topic][partition];
            judge_error("reading", client_read(topic_names[topic], partition, true, log));
            check_found((enum topic)topic, partition, log);
        }
}

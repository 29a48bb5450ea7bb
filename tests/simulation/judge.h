/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_JUDGE_H
#define TESTS_SIMULATION_JUDGE_H

/* What clients have been promised, and whether it holds. Partitions of all topics have one number: those of topic T are
 * from T * PARTITIONS on; a set of them is the bits of a uint64_t. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOPICS = 8, PARTITIONS = 8, ALL_PARTITIONS = TOPICS * PARTITIONS, MOST_GROUPS = 32, MOST_PRODUCERS = 64 };

static inline uint64_t bit(int partition)
{
    return UINT64_C(1) << partition;
}

static inline uint64_t record_id(size_t producer, uint32_t number)
{
    return (uint64_t)(producer + 1) << 32 | number;
}

void judge_start(void);
void judge_finish(void);

/* ---- records: of a producer, by its numbers, which grow ---- */

/* A batch was acknowledged: its records have this number and the next ones, from this offset on. */
void judge_acknowledged(int partition, int64_t offset, uint64_t id, size_t count);

/* A record was read by a member of the group, right after those before it. */
void judge_read(size_t group, int partition, int64_t offset, uint64_t id);

/* The offset after the last record that was acknowledged or read. */
int64_t judge_end(int partition);

/* All that was acknowledged has been read by the group. */
bool judge_has_read_all(size_t group, int partition);

/* ---- records of share groups ---- */

struct asker;

/* A number for all that a member acquires in one session. */
uint32_t judge_new_holder(void);

/* A member got a record with an answer to what it asked at that time. */
void judge_delivered(size_t group, int partition, int64_t offset, uint64_t id, int64_t asked_at);

/* Its asker has acquired these, for so long. */
void judge_acquired(size_t group, int partition, int64_t first, int64_t last, const struct asker *by, int32_t lock_ms);

/* It tells the broker what has become of them; the broker has said that it has been told that they are done. */
void judge_let_go(size_t group, int partition, int64_t first, int64_t last);
void judge_accepted(size_t group, int partition, int64_t first, int64_t last);

/* ---- times ---- */

/* What the asker has asked was refused for the time of its batch, in ms since 1970: it must be one of the future. */
void judge_refused(const struct asker *by, int64_t time);

/* ---- offsets ---- */

void judge_commit_sent(size_t group, int partition, int64_t offset);

/* What has been acknowledged, or was answered; -1: nothing. It never goes back. */
int64_t judge_committed(size_t group, int partition);

/* Answers to what was sent or asked when `least` was committed. */
void judge_commit_acknowledged(size_t group, int partition, int64_t offset, int64_t least);
void judge_fetched(size_t group, int partition, int64_t offset, int64_t least);

/* The group may have been deleted: nothing is known to be committed. */
void judge_forget(size_t group);

/* ---- assignments ---- */

/* A member of a classic group got these partitions in this generation. Static members that replace each other have one
 * name. */
void judge_assigned(size_t group, int32_t generation, uint64_t partitions, const char *name);

#endif

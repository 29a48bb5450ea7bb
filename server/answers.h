/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_ANSWERS_H
#define SERVER_ANSWERS_H

/* What a connection has to send. Records are not copied here: they stay in the mapped segments, which are held until
 * the last byte has left. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/writer.h>

struct open_segment;

struct answers {
    kw_writer writer; /* to append to */
    /* The rest is private. */
    int fd;
    const char *peer;
    kw_gathered *slots;
    kw_span *spans; /* twice as many and one */
    size_t slot_count;
    size_t expected; /* fields of records since everything was sent; no more than slots */
    struct open_segment **held;
    size_t held_count;
    bool is_over; /* the connection is */
};

void answers_init(struct answers *answers, int fd, const char *peer);

/* Drops what was not sent and gives all memory back. */
void answers_finish(struct answers *answers);

/* Bytes that wait, those in segments included. */
static inline size_t answers_size(const struct answers *answers)
{
    return kw_writer_needed(&answers->writer);
}

/* Sends everything. False, after a log line if the peer does not read, when the connection is over; from then on
 * nothing is sent any more. */
bool answers_send(struct answers *answers);

/* Makes ready for an answer with `count` fields of records in segments; sends everything before if there is no room for
 * so many. False if there is no memory. */
bool answers_expect_records(struct answers *answers, size_t count);

/* An answer has ended: the next one has no records, unless it says that it has. */
void answers_end_one(struct answers *answers);

/* Takes over what segment_hold() returned, until its records are sent. No more often than expected. */
void answers_keep(struct answers *answers, struct open_segment *segment);

/* Sends everything and then waits, until `ms` are over or the connection is. */
void answers_wait(struct answers *answers, int32_t ms);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_NETWORK_RESPONSES_H
#define SERVER_NETWORK_RESPONSES_H

/* What a connection has to send. Records are not copied here: they stay in the mapped segments, which are held until
 * the last byte has left. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/writer.h>

struct open_segment;

struct responses {
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

void responses_init(struct responses *answers, int fd, const char *peer);

/* Drops what was not sent and gives all memory back. */
void responses_finish(struct responses *answers);

/* Bytes that wait, those in segments included. */
static inline size_t responses_size(const struct responses *answers)
{
    return kw_writer_needed(&answers->writer);
}

/* Sends everything. False, after a log line if the peer does not read, when the connection is over; from then on
 * nothing is sent any more. */
bool responses_send(struct responses *answers);

/* Makes ready for an answer with `count` fields of records in segments; sends everything before if there is no room for
 * so many. False if there is no memory. */
bool responses_expect_records(struct responses *answers, size_t count);

/* An answer has ended: the next one has no records, unless it says that it has. */
void responses_end_one(struct responses *answers);

/* Takes over what segment_hold() returned, until its records are sent. No more often than expected. */
void responses_keep(struct responses *answers, struct open_segment *segment);

/* Sends everything and then waits, until `ms` are over or the connection is. */
void responses_wait(struct responses *answers, int32_t ms);

#endif

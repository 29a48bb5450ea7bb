/* SPDX-License-Identifier: Apache-2.0 */
#include "connection.h"

#include <string.h>

#define SECOND INT64_C(1000000000)

/* How long to wait for missing bytes: in packets of the connection and in time if they were acknowledged; in time if
 * the other direction was not captured. */
enum { PATIENCE_PACKETS = 32 };
#define PATIENCE (1 * SECOND)
#define PATIENCE_ONE_SIDED (3 * SECOND)

/* Sequence numbers farther away than this are ignored: they belong to an earlier connection between the same ports.
 * Several in a row mean that the capture paused. */
#define FAR (INT32_C(1) << 26)
enum { ODD_MAX = 16 };

/* A clock that goes back by more than this was set back. */
#define CLOCK_JUMP (60 * SECOND)

typedef struct flow { /* context of all functions here */
    connection *c;
    budget *memory;
    const stream_sink *sink;
} flow;

static void start(stream *s, uint32_t seq)
{
    s->started = true;
    s->first = seq;
    s->next = seq;
    s->acked = seq;
}

/* More data follows, so the possible FIN was a data byte. */
static void count_as_byte(const flow *f, int side)
{
    stream *s = &f->c->streams[side];
    if (!s->maybe_fin)
        return;
    s->maybe_fin = false;
    f->sink->gap(f->sink->context, f->c, side, 1, GAP_LOST);
}

static void lose(const flow *f, int side, uint32_t size, gap_cause cause)
{
    count_as_byte(f, side);
    f->c->streams[side].next += size;
    f->sink->gap(f->sink->context, f->c, side, size, cause);
}

static void deliver_content(const flow *f, int side, const waiting_segment *w, const uint8_t *data)
{
    stream *s = &f->c->streams[side];
    if (w->time > s->clock || w->time < s->clock - CLOCK_JUMP)
        s->clock = w->time;
    uint32_t old = s->next - w->seq;
    uint32_t end = w->size;
    if (old < end) {
        uint32_t at = old < w->captured ? old : w->captured;
        uint32_t fresh = w->captured - at;
        count_as_byte(f, side);
        s->next += fresh;
        if (fresh != 0)
            f->sink->bytes(f->sink->context, f->c, side, data + at, fresh, s->clock);
        uint32_t cut = end - old - fresh;
        if (cut != 0)
            lose(f, side, cut, GAP_CUT);
        old = end;
    }
    if ((w->flags & TCP_FIN) != 0 && (old == end || (old == end + 1 && s->maybe_fin))) {
        s->next += old == end;
        s->finished = true;
        s->maybe_fin = false;
    }
}

/* Delivers the new bytes of a segment that starts at or before the next byte. */
static void deliver(const flow *f, int side, const waiting_segment *w, const uint8_t *data)
{
    if (!f->c->streams[side].finished)
        deliver_content(f, side, w, data);
    if ((w->flags & TCP_RST) != 0)
        f->c->streams[0].finished = f->c->streams[1].finished = true;
}

/* The same without a copy. */
static void deliver_now(const flow *f, int side, const segment *s)
{
    waiting_segment view = {.time = s->payload.time, .seq = s->seq, .flags = s->flags};
    view.size = (uint32_t)s->payload.size;
    view.captured = (uint32_t)s->payload.captured;
    deliver(f, side, &view, s->payload.data);
}

/* Whether the other stream has not yet reached what the segment acknowledges. */
static bool is_held(const connection *c, int side, uint32_t ack, uint8_t flags)
{
    const stream *other = &c->streams[1 - side];
    if ((flags & TCP_ACK) == 0 || !other->started || other->finished)
        return false;
    int32_t ahead = seq_distance(ack, other->next);
    return ahead > 0 && ahead < FAR;
}

static bool head_is_ready(const connection *c, int side)
{
    const waiting_segment *head = waiting_head(&c->streams[side].segments);
    return head != NULL && seq_distance(head->seq, c->streams[side].next) <= 0 &&
           !is_held(c, side, head->ack, head->flags);
}

static void deliver_head(const flow *f, int side)
{
    waiting_segment *head = waiting_take(&f->c->streams[side].segments);
    deliver(f, side, head, head->data);
    waiting_free(head, f->memory);
}

static void deliver_ready(const flow *f)
{
    for (;;) {
        int side = head_is_ready(f->c, 0) ? 0 : 1;
        if (side == 1 && !head_is_ready(f->c, 1))
            return;
        deliver_head(f, side);
    }
}

static bool anything_waits(const connection *c)
{
    return c->streams[0].segments.count != 0 || c->streams[1].segments.count != 0;
}

/* Bytes that are missing at the front of a stream. Without `all` only those that the other side has acknowledged. */
static uint32_t missing(const connection *c, int side, bool all)
{
    const stream *s = &c->streams[side];
    const waiting_segment *head = waiting_head(&s->segments);
    if (!s->started || s->finished)
        return 0;
    int32_t confirmed = s->was_acked ? seq_distance(s->acked, s->next) : 0;
    if (confirmed < 0 || confirmed >= FAR)
        confirmed = 0;
    if (head == NULL)
        return (uint32_t)confirmed;
    int32_t hole = seq_distance(head->seq, s->next);
    if (hole <= 0)
        return 0;
    return (uint32_t)(all || confirmed > hole ? hole : confirmed);
}

/* The stream whose missing bytes to skip: preferably one whose next segment does not wait for the other stream. */
static int side_to_give_up(const connection *c, bool all)
{
    int found = -1;
    for (int side = 0; side < 2; side++) {
        if (missing(c, side, all) == 0)
            continue;
        const waiting_segment *head = waiting_head(&c->streams[side].segments);
        if (head == NULL || !is_held(c, side, head->ack, head->flags))
            return side;
        found = side;
    }
    return found;
}

/* The side whose next segment was captured first; -1 if there is none. */
static int earliest_in_order(const connection *c)
{
    int found = -1;
    int64_t time = 0;
    for (int side = 0; side < 2; side++) {
        const waiting_segment *head = waiting_head(&c->streams[side].segments);
        if (head == NULL || seq_distance(head->seq, c->streams[side].next) > 0 || (found >= 0 && time <= head->time))
            continue;
        found = side;
        time = head->time;
    }
    return found;
}

static void give_up_bytes(const flow *f, int side, uint32_t size)
{
    stream *s = &f->c->streams[side];
    if (size == 1 && s->segments.count == 0) {
        count_as_byte(f, side);
        s->next++;
        s->maybe_fin = true;
    } else {
        lose(f, side, size, GAP_LOST);
    }
}

/* Skips missing bytes so that waiting segments can continue. With `all` these may be any. False if there are none. */
static bool give_up(const flow *f, bool all)
{
    connection *c = f->c;
    int side = side_to_give_up(c, all);
    if (side >= 0) {
        give_up_bytes(f, side, missing(c, side, all));
        return true;
    }
    side = earliest_in_order(c); /* the two wait for each other */
    if (side >= 0)
        deliver_head(f, side);
    return side >= 0;
}

/* Whether nothing of one direction was captured. */
static bool is_one_sided(const connection *c)
{
    return !c->streams[0].seen || !c->streams[1].seen;
}

static bool patience_is_over(const connection *c, int64_t now)
{
    bool one_sided = is_one_sided(c);
    for (int side = 0; side < 2; side++) {
        const waiting_segment *head = waiting_head(&c->streams[side].segments);
        if (head == NULL)
            continue;
        if (now - head->time > (one_sided ? PATIENCE_ONE_SIDED : PATIENCE))
            return true;
        if (!one_sided && c->packets - head->arrived > PATIENCE_PACKETS)
            return true;
    }
    return false;
}

/* Delivers what is complete, and skips what has been missing for too long. */
static void settle(const flow *f, int64_t now)
{
    deliver_ready(f);
    while (patience_is_over(f->c, now) && give_up(f, is_one_sided(f->c)))
        deliver_ready(f);
}

static void deliver_all(const flow *f)
{
    deliver_ready(f);
    while (anything_waits(f->c) && give_up(f, true))
        deliver_ready(f);
}

static void forget_segments(connection *c, budget *memory)
{
    waiting_finish(&c->streams[0].segments, memory);
    waiting_finish(&c->streams[1].segments, memory);
}

void connection_end(connection *c, budget *memory, const stream_sink *sink)
{
    flow f = {c, memory, sink};
    if (c->over)
        return;
    if (!c->ignored) {
        deliver_all(&f);
        for (int side = 0; side < 2; side++) {
            uint32_t rest = missing(c, side, true);
            if (rest > 1) /* a single one is the FIN's */
                lose(&f, side, rest, GAP_LOST);
        }
    }
    sink->ended(sink->context, c);
    forget_segments(c, memory);
    c->over = true;
}

/* Resets the connection; its ends stay. */
static void restart(const flow *f)
{
    connection *c = f->c;
    connection_end(c, f->memory, f->sink);
    memset(c->streams, 0, sizeof c->streams);
    c->opener = -1;
    c->over = false;
    c->ignored = false;
    c->user = NULL;
}

static void take_syn(const flow *f, int side, const segment *s)
{
    connection *c = f->c;
    stream *own = &c->streams[side];
    if (c->over || (own->started && own->first != s->seq + 1)) {
        restart(f);
        own = &c->streams[side];
    }
    if (!own->started)
        start(own, s->seq + 1);
    own->from_start = true;
    c->opener = (s->flags & TCP_ACK) != 0 ? 1 - side : side;
}

static void note_ack(connection *c, int side, const segment *s)
{
    stream *other = &c->streams[1 - side];
    if ((s->flags & TCP_ACK) == 0 || !other->started)
        return;
    int32_t ahead = seq_distance(s->ack, other->acked);
    int32_t of_next = seq_distance(s->ack, other->next);
    if (of_next < FAR && of_next > -FAR && (!other->was_acked || ahead > 0)) {
        other->acked = s->ack;
        other->was_acked = true;
    }
}

/* Whether the segment belongs to this connection. If it is one of many in a row that do not, the stream restarts with
 * it. */
static bool is_plausible(const flow *f, int side, uint32_t seq)
{
    stream *s = &f->c->streams[side];
    int32_t ahead = seq_distance(seq, s->next);
    if (ahead < FAR && ahead > -FAR) {
        s->odd = 0;
        return true;
    }
    if (++s->odd < ODD_MAX)
        return false;
    deliver_all(f);
    ahead = seq_distance(seq, s->next);
    lose(f, side, ahead > 0 ? (uint32_t)ahead : 0, GAP_LOST);
    s->next = seq;
    s->acked = seq;
    s->was_acked = false;
    s->odd = 0;
    return true;
}

static void wait_for_turn(const flow *f, int side, const segment *s)
{
    if (waiting_add(&f->c->streams[side].segments, s, f->c->packets, f->memory))
        return;
    deliver_all(f); /* no space: what is missing is skipped */
    stream *own = &f->c->streams[side];
    int32_t hole = seq_distance(s->seq, own->next);
    if (hole > 0)
        lose(f, side, (uint32_t)hole, GAP_LOST);
    deliver_now(f, side, s);
}

static void take_content(const flow *f, int side, const segment *s)
{
    stream *own = &f->c->streams[side];
    if (!own->started)
        start(own, s->seq);
    if (!is_plausible(f, side, s->seq))
        return;
    int32_t ahead = seq_distance(s->seq, own->next);
    if (ahead > 0 || own->segments.count != 0 || is_held(f->c, side, s->ack, s->flags)) {
        wait_for_turn(f, side, s);
        return;
    }
    deliver_now(f, side, s);
}

void connection_take(connection *c, int side, const segment *s, budget *memory, const stream_sink *sink)
{
    flow f = {c, memory, sink};
    segment rest = *s;
    if ((s->flags & TCP_SYN) != 0) {
        take_syn(&f, side, s);
        rest.seq++;
    }
    if (c->over || c->ignored)
        return;
    c->packets++;
    c->streams[side].seen = true;
    note_ack(c, side, &rest);
    if (rest.payload.size != 0 || (rest.flags & (TCP_FIN | TCP_RST)) != 0)
        take_content(&f, side, &rest);
    if (anything_waits(c))
        settle(&f, rest.payload.time);
    if (c->ignored)
        forget_segments(c, memory);
    else if (c->streams[0].finished && c->streams[1].finished)
        connection_end(c, memory, sink);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The segments of a TCP connection in any order, with gaps, repetitions and false numbers: the output is the bytes
 * that were sent, each once and in order, and gaps of the right sizes. The input: a memory limit (in KiB, 8 bits),
 * the first sequence numbers of both sides (32 bits each), then eight bytes for each segment: its kind (the flags
 * below), its position relative to the farthest byte of its side (signed, 16 bits), its size divided by eight (8
 * bits), what it acknowledges, relative to the farthest byte of the other side (signed, 16 bits), how much of it was
 * captured (8 bits), and the time that has passed (8 bits). */
#include <stdlib.h>
#include <string.h>

#include "../tools/capture/connections.h"
#include "fuzz.h"

enum { SIDE = 1, FIN = 2, SYN = 4, RST = 8, NO_ACK = 16, FAR_AWAY = 32, CUT = 64, LATE = 128 };

typedef struct observed {
    bool started[2];
    uint32_t next[2]; /* sequence number of the byte that must come next */
} observed;

/* The byte that a side has sent at a sequence number. */
static uint8_t sent(int side, uint32_t seq)
{
    uint32_t x = (seq + (uint32_t)side * 77777) * 2654435761u;
    return (uint8_t)(x >> 24);
}

/* If the stream was restarted far away, the position is not the regular one. */
static bool is_regular(const observed *o, int side, uint32_t at)
{
    int32_t distance = (int32_t)(at - o->next[side]);
    return o->started[side] && distance > -(1 << 24) && distance < 1 << 24;
}

/* The connection reports its position, which must be ours. */
static int own_side(const connection *c, int side)
{
    return c->ends[side].port == 1 ? 0 : 1;
}

static void on_bytes(void *context, connection *c, int side, const uint8_t *data, size_t size, int64_t time)
{
    observed *o = context;
    int own = own_side(c, side);
    uint32_t at = c->streams[side].next - (uint32_t)size;
    (void)time;
    FUZZ_REQUIRE(size != 0 && !c->streams[side].finished);
    if (is_regular(o, own, at))
        FUZZ_REQUIRE(at == o->next[own]);
    for (size_t i = 0; i < size; i++)
        FUZZ_REQUIRE(data[i] == sent(own, at + (uint32_t)i));
    o->started[own] = true;
    o->next[own] = at + (uint32_t)size;
}

static void on_gap(void *context, connection *c, int side, size_t size, gap_cause cause)
{
    observed *o = context;
    (void)cause;
    o->next[own_side(c, side)] += (uint32_t)size;
}

static void on_end(void *context, connection *c)
{
    observed *o = context;
    FUZZ_REQUIRE(!c->over);
    memset(o, 0, sizeof *o);
}

static endpoint end_of(int side)
{
    endpoint e = {.port = (uint16_t)(side + 1)};
    return e;
}

static uint8_t flags_of(uint8_t what)
{
    return (uint8_t)((what & FIN ? TCP_FIN : 0) | (what & SYN ? TCP_SYN : 0) | (what & RST ? TCP_RST : 0) |
                     (what & NO_ACK ? 0 : TCP_ACK));
}

static uint32_t take_distance(fuzz_input *in)
{
    int32_t distance = (int16_t)fuzz_take16(in);
    return (uint32_t)distance;
}

static void take_segment(connections *t, fuzz_input *in, uint32_t farthest[2], int64_t *now)
{
    uint8_t what = fuzz_take8(in);
    int side = what & SIDE;
    segment s = {.from = end_of(side), .to = end_of(1 - side), .flags = flags_of(what)};
    s.seq = farthest[side] + take_distance(in) + (what & FAR_AWAY ? UINT32_C(1) << 30 : 0);
    size_t size = (size_t)fuzz_take8(in) * 8;
    s.ack = farthest[1 - side] + take_distance(in);
    size_t captured = what & CUT ? fuzz_take8(in) : size;
    *now += (int64_t)fuzz_take8(in) * (what & LATE ? 100000000 : 1000);
    uint8_t *data = malloc(size + 1);
    FUZZ_REQUIRE(data != NULL);
    uint32_t first = s.seq + ((what & SYN) != 0);
    for (size_t i = 0; i < size; i++)
        data[i] = sent(side, first + (uint32_t)i);
    s.payload = (packet){data, captured < size ? captured : size, size, *now};
    uint8_t *exact = fuzz_copy(data, s.payload.captured);
    s.payload.data = exact;
    connections_take(t, &s);
    free(exact);
    free(data);
    uint32_t end = first + (uint32_t)size + ((what & FIN) != 0);
    if (!(what & FAR_AWAY) && (int32_t)(end - farthest[side]) > 0)
        farthest[side] = end;
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    budget memory = {.limit = ((size_t)fuzz_take8(&in) + 8) * 1024};
    uint32_t farthest[2] = {fuzz_take32(&in), fuzz_take32(&in)};
    int64_t now = 0;
    observed seen = {.started = {false, false}};
    stream_sink sink = {on_bytes, on_gap, on_end, &seen};
    connections all;
    connections_init(&all, &memory, &sink);
    while (fuzz_left(&in) != 0) {
        take_segment(&all, &in, farthest, &now);
        FUZZ_REQUIRE(memory.used <= memory.limit);
    }
    connections_finish(&all);
    FUZZ_REQUIRE(memory.used == 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Packets of any kind, up to the exchanges in them, and the page that shows these: every request is reported once, and
 * nothing is left over. The input: link type (8 bits), memory limit (in KiB, 8 bits), then records of a kind (8 bits),
 * a size (16 bits) and bytes. A record is a packet, or a segment that continues where its side of a connection has
 * stopped. */
#include <stdlib.h>
#include <string.h>

#include <kwire/json.h>

#include "../tools/pcap/observer.h"
#include "../tools/pcap/timeline_page.h"
#include "../tools/pcap/traffic.h"
#include "fuzz.h"

enum { MOST_ENTRIES = 20 };

enum { PACKET = 1, SIDE = 2, GAP = 4, CUT = 8, FIN = 16, SYN = 32, OTHER_PORT = 64, LATE = 128 };

typedef struct run {
    traffic traffic;
    observer observer;
    timeline timeline;
    bool has_timeline;
    filter filter;
    kw_writer json;
    uint64_t asked;
    uint64_t done;
    exchange_sink inner;
    uint32_t seq[2][2]; /* of the sides of each connection */
    int64_t now;
} run;

static void *on_asked(void *context, const exchange *e)
{
    run *r = context;
    const frame *f = &e->request_frame;
    r->asked++;
    FUZZ_REQUIRE(f->captured <= f->size && f->size <= FRAME_MAX);
    return r->inner.asked(r->inner.context, e);
}

static void on_done(void *context, const exchange *e)
{
    run *r = context;
    r->done++;
    FUZZ_REQUIRE(r->done <= r->asked);
    r->inner.done(r->inner.context, e);
}

static void show_body(run *r, const body *b)
{
    if (b->value == NULL)
        return;
    kw_writer_reset(&r->json);
    kw_status status = kw_message_json(b->message, b->version, b->value, &r->json);
    FUZZ_REQUIRE(status == KW_OK || status == KW_ERR_MEMORY_LIMIT || b->status != KW_OK);
}

static void show(void *context, const sighting *s)
{
    run *r = context;
    FUZZ_REQUIRE((s->latency >= 0) == (s->exchange->outcome == OUTCOME_ANSWERED));
    show_body(r, &s->bodies[KW_MESSAGE_REQUEST]);
    show_body(r, &s->bodies[KW_MESSAGE_RESPONSE]);
    if (!r->has_timeline)
        return;
    sighting_sink page = timeline_sink(&r->timeline);
    page.show(page.context, s);
    FUZZ_REQUIRE(r->timeline.memory.used <= r->timeline.memory.limit);
}

static void take_markup(void *context, const void *data, size_t size)
{
    (void)context;
    FUZZ_REQUIRE(memchr(data, '\0', size) == NULL);
}

static void write_page(run *r)
{
    timeline *t = &r->timeline;
    timeline_source from = {.name = "fuzz", .file = "-", .traffic = &r->traffic, .complete = true};
    FUZZ_REQUIRE(t->entry_count <= MOST_ENTRIES);
    FUZZ_REQUIRE(t->entry_count + t->without_entry + t->without_lane == t->exchanges);
    timeline_page_write(t, &from, take_markup, NULL);
    timeline_finish(t);
}

static void take_segment(run *r, uint8_t kind, const uint8_t *data, size_t size)
{
    int side = (kind & SIDE) != 0;
    int which = (kind & OTHER_PORT) != 0;
    uint32_t *seq = r->seq[which];
    endpoint ends[2] = {{.port = (uint16_t)(40000 + which)}, {.port = which ? 555 : 9092}};
    segment s = {.from = ends[side], .to = ends[1 - side], .flags = TCP_ACK};
    s.flags |= (uint8_t)((kind & FIN ? TCP_FIN : 0) | (kind & SYN ? TCP_SYN : 0));
    seq[side] += kind & GAP ? 10 : 0;
    s.seq = seq[side];
    s.ack = seq[1 - side];
    s.payload = (packet){data, size, size + (kind & CUT ? 100 : 0), r->now};
    seq[side] += (uint32_t)s.payload.size + ((kind & FIN) != 0) + ((kind & SYN) != 0);
    connections_take(&r->traffic.connections, &s);
}

static void take_record(run *r, fuzz_input *in)
{
    uint8_t kind = fuzz_take8(in);
    size_t size = fuzz_take16(in);
    size = size < fuzz_left(in) ? size : fuzz_left(in);
    uint8_t *data = fuzz_copy(in->pos, size);
    in->pos += size;
    r->now += kind & LATE ? 2000000000 : 1000;
    packet p = {data, size, size + (kind & CUT ? 100 : 0), r->now};
    if (kind & PACKET)
        traffic_packet(&r->traffic, &p);
    else
        take_segment(r, kind, data, size);
    free(data);
    FUZZ_REQUIRE(r->traffic.memory.used <= r->traffic.memory.limit);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    static run r; /* too large for a stack */
    memset(&r, 0, sizeof r);
    filter_want_all(&r.filter);
    uint8_t how = fuzz_take8(&in);
    broker_ports ports = {.ports = {9092}, .count = 1, .only = (how & 128) != 0};
    sighting_sink shown = {show, &r};
    observer_depth depth = how & 64 ? OBSERVE_ERRORS : how & 32 ? OBSERVE_TOPICS : OBSERVE_BODIES;
    size_t limit = ((size_t)fuzz_take8(&in) + 16) * 1024;
    kw_writer_init_growing(&r.json, kw_allocator_libc(), FUZZ_MEMORY);
    observer_init(&r.observer, &r.filter, depth, &shown, &r.traffic.memory, FUZZ_MEMORY);
    r.inner = observer_sink(&r.observer);
    exchange_sink sink = {on_asked, on_done, &r, r.inner.keep_requests};
    r.has_timeline = sink.keep_requests;
    if (r.has_timeline)
        timeline_init(&r.timeline, &r.observer.names, MOST_ENTRIES, limit);
    traffic_init(&r.traffic, (link_type)(how % 5), &ports, limit, &sink);
    while (fuzz_left(&in) != 0)
        take_record(&r, &in);
    traffic_finish(&r.traffic);
    if (r.has_timeline)
        write_page(&r);
    observer_finish(&r.observer);
    kw_writer_finish(&r.json);
    FUZZ_REQUIRE(r.asked == r.done && r.traffic.memory.used == 0);
}

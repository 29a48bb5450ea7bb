/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic.h"

#include <string.h>

/* Limit for decoding a candidate of a message; one that needs more is not taken for a message. */
#define LOOK_MEMORY ((size_t)16 * 1024 * 1024)

static bool is_broker(const broker_ports *ports, uint16_t port)
{
    for (int i = 0; i < ports->count; i++)
        if (ports->ports[i] == port)
            return true;
    return false;
}

/* The side with a broker's port; -1 if none or both have one. */
static int broker_end(const broker_ports *ports, const connection *c)
{
    bool first = is_broker(ports, c->ends[0].port);
    bool second = is_broker(ports, c->ends[1].port);
    return first == second ? -1 : first ? 0 : 1;
}

/* NULL if the connection is ignored. */
static conversation *conversation_of(traffic *t, connection *c)
{
    if (c->user != NULL || c->ignored)
        return c->user;
    int end = broker_end(&t->ports, c);
    bool neither = !is_broker(&t->ports, c->ends[0].port) && !is_broker(&t->ports, c->ends[1].port);
    if (!t->ports.only || !neither)
        c->user = conversation_create(&t->conversations, c, end);
    if (c->user == NULL)
        c->ignored = true;
    return c->user;
}

static void on_bytes(void *context, connection *c, int side, const uint8_t *data, size_t size, int64_t time)
{
    conversation *v = conversation_of(context, c);
    if (v != NULL && !c->ignored)
        conversation_bytes(v, side, data, size, time);
}

static void on_gap(void *context, connection *c, int side, size_t size, gap_cause cause)
{
    conversation *v = conversation_of(context, c);
    if (v != NULL && !c->ignored)
        conversation_gap(v, side, size, cause);
}

static void on_end(void *context, connection *c)
{
    (void)context;
    if (c->user != NULL)
        conversation_destroy(c->user);
    c->user = NULL;
}

void traffic_init(traffic *t, link_type link, const broker_ports *ports, size_t max_memory, const exchange_sink *sink)
{
    memset(t, 0, sizeof *t);
    t->memory.limit = max_memory;
    t->ports = *ports;
    t->link = link;
    stream_sink streams = {on_bytes, on_gap, on_end, t};
    connections_init(&t->connections, &t->memory, &streams);
    t->conversations.memory = &t->memory;
    t->conversations.frames.budget = &t->memory;
    t->conversations.sink = *sink;
    kw_arena_init_growing(&t->conversations.arena, NULL, 0, kw_allocator_libc(), LOOK_MEMORY);
}

void traffic_decrypt(traffic *t, key_log *keys)
{
    decryption_shared *tls = &t->conversations.tls;
    tls->keys = keys;
    tls->memory = &t->memory;
    tls->sink = conversation_decryption_sink;
}

void traffic_packet(traffic *t, const packet *p)
{
    packet rest = *p;
    ip_packet ip;
    segment s;
    t->packets++;
    if (!link_strip(t->link, &rest) || !ip_read(&rest, &ip) ||
        (ip_is_fragment(&ip) && !fragments_join(&t->fragments, &ip)))
        return;
    if (segment_read(&ip, &s))
        connections_take(&t->connections, &s);
}

void traffic_finish(traffic *t)
{
    connections_finish(&t->connections);
    fragments_finish(&t->fragments);
    frame_memory_finish(&t->conversations.frames);
    kw_arena_finish(&t->conversations.arena);
}

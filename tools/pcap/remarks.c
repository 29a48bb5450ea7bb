/* SPDX-License-Identifier: Apache-2.0 */
#include "remarks.h"

#include <inttypes.h>

#include "../command/output.h"

/* "N ONE" or "N MANY", and the rest of the sentence; nothing if N is 0. */
static void remark(uint64_t n, const char *one, const char *many, const char *rest)
{
    if (n != 0)
        complain("%" PRIu64 " %s %s", n, n == 1 ? one : many, rest);
}

void print_remarks(const traffic *t, bool complete, unsigned long dropped)
{
    const traffic_counts *c = &t->conversations.counts;
    if (c->kafka == 0 && complete)
        complain("no Kafka traffic among %" PRIu64 " packet%s", t->packets, t->packets == 1 ? "" : "s");
    remark(c->tls, "connection", "connections", "skipped: TLS");
    remark(c->refused, "connection", "connections", "to a broker's port skipped: not Kafka");
    if (c->gaps != 0)
        complain("%" PRIu64 " byte%s missing in the capture, in %" PRIu64 " gap%s", c->lost_bytes,
                 c->lost_bytes == 1 ? "" : "s", c->gaps, c->gaps == 1 ? "" : "s");
    remark(c->cut_bytes, "byte", "bytes", "cut off by the snapshot length of the capture");
    remark(c->skipped, "byte", "bytes", "skipped on the way to the next frame");
    remark(c->orphans, "response", "responses", "skipped: the request is not in the capture");
    remark(c->too_short, "request", "requests", "skipped: too little of it was captured");
    remark(c->tokens, "SASL token", "SASL tokens", "without a header not shown");
    remark(t->fragments.incomplete, "IP packet", "IP packets", "with missing fragments skipped");
    remark(t->conversations.frames.refused, "frame", "frames", "cut: --max-memory is too little");
    remark(t->connections.dropped, "connection", "connections", "given up: --max-memory is too little");
    remark(dropped, "packet", "packets", "lost by the system, which was faster than kwire");
}

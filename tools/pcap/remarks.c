/* SPDX-License-Identifier: Apache-2.0 */
#include "remarks.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "../command/output.h"
#include "../decrypt/suite.h"

typedef struct listener {
    void (*say)(void *context, const char *text);
    void *context;
} listener;

PRINTF_LIKE(2, 3) static void say(const listener *to, const char *format, ...)
{
    char text[320];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    to->say(to->context, text);
}

/* "N ONE" or "N MANY", and the rest of the sentence; nothing if N is 0. */
static void remark(const listener *to, uint64_t n, const char *one, const char *many, const char *rest)
{
    if (n != 0)
        say(to, "%" PRIu64 " %s %s", n, n == 1 ? one : many, rest);
}

/* What a connection of TLS uses that is not decrypted. */
static void notice(const listener *to, const tls_notice *n)
{
    static const char *const versions[] = {"SSL 3.0", "TLS 1.0", "TLS 1.1"};
    uint16_t version = n->facts.version;
    uint16_t id = n->facts.suite;
    const char *name = cipher_suite_name(id);
    if (n->decrypted)
        say(to, "%s > %s: early data (0-RTT) of TLS 1.3, which the client may have sent, is not decrypted", n->client,
            n->broker);
    else if (version == 0x0303)
        say(to, "%s > %s: not decrypted: TLS %s with %s (0x%04x) is not supported", n->client, n->broker,
            suite_is_13(id) ? "1.3" : "1.2", name != NULL ? name : "a cipher suite", id);
    else if (version >= 0x0300 && version < 0x0303)
        say(to, "%s > %s: not decrypted: %s is not supported", n->client, n->broker, versions[version - 0x0300]);
    else
        say(to, "%s > %s: not decrypted: TLS version 0x%04x is not supported", n->client, n->broker, version);
}

static void remark_on_tls(const listener *to, const conversation_context *c)
{
    const uint64_t *n = c->counts.decryptions;
    uint64_t named = c->notice_count < MOST_TLS_NOTICES ? c->notice_count : MOST_TLS_NOTICES;
    if (!decryption_has_keys(&c->tls))
        remark(to, c->counts.tls, "connection", "connections", "skipped: TLS (see --tls-key-log)");
    else
        remark(to, c->counts.tls + n[NO_HANDSHAKE], "TLS connection", "TLS connections",
               "skipped: the handshake is not in the capture");
    remark(to, n[NO_SECRETS], "TLS connection", "TLS connections", "skipped: not all secrets are in the key log");
    remark(to, n[NOT_AUTHENTIC], "TLS connection", "TLS connections",
           "given up: the secrets in the key log do not fit");
    for (uint64_t i = 0; i < named; i++)
        notice(to, &c->notices[i]);
    remark(to, c->notice_count - named, "more TLS connection", "more TLS connections",
           "with what is not supported: another version or cipher suite, or early data");
    if (c->tls.keys == NULL)
        return;
    key_log_counts keys = key_log_count(c->tls.keys);
    if (keys.odd_line != 0)
        say(to, "line %zu of the key log is not one", keys.odd_line);
    remark(to, keys.refused, "secret", "secrets", "of TLS skipped: --max-memory is too little");
}

static void say_all(const listener *to, const traffic *t, bool complete, unsigned long dropped)
{
    const traffic_counts *c = &t->conversations.counts;
    if (c->kafka == 0 && complete)
        say(to, "no Kafka traffic among %" PRIu64 " packet%s", t->packets, t->packets == 1 ? "" : "s");
    remark_on_tls(to, &t->conversations);
    remark(to, c->refused, "connection", "connections", "to a broker's port skipped: not Kafka");
    if (c->gaps != 0)
        say(to, "%" PRIu64 " byte%s missing in the capture, in %" PRIu64 " gap%s", c->lost_bytes,
            c->lost_bytes == 1 ? "" : "s", c->gaps, c->gaps == 1 ? "" : "s");
    remark(to, c->cut_bytes, "byte", "bytes", "cut off by the snapshot length of the capture");
    remark(to, c->skipped, "byte", "bytes", "skipped on the way to the next frame");
    remark(to, c->orphans, "response", "responses", "skipped: the request is not in the capture");
    remark(to, c->too_short, "request", "requests", "skipped: too little of it was captured");
    remark(to, c->tokens, "SASL token", "SASL tokens", "without a header not shown");
    remark(to, t->fragments.incomplete, "IP packet", "IP packets", "with missing fragments skipped");
    remark(to, t->conversations.frames.refused, "frame", "frames", "cut: --max-memory is too little");
    remark(to, t->connections.dropped, "connection", "connections", "given up: --max-memory is too little");
    remark(to, dropped, "packet", "packets", "lost by the system, which was faster than kwire");
}

void remarks_say(const traffic *t, bool complete, unsigned long dropped, void (*to)(void *context, const char *text),
                 void *context)
{
    listener who = {to, context};
    say_all(&who, t, complete, dropped);
}

static void print(void *context, const char *text)
{
    (void)context;
    complain("%s", text);
}

void print_remarks(const traffic *t, bool complete, unsigned long dropped)
{
    remarks_say(t, complete, dropped, print, NULL);
}

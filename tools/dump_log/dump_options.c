/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "dump_options.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../command/colour.h"
#include "../command/max_memory.h"
#include "../command/nearest.h"
#include "../command/report.h"
#include "../text/hex.h"
#include "../text/time_text.h"

#define MAX_PROBLEMS_DEFAULT 100

/* The options as text. */
typedef struct given_options {
    bool batches;
    bool records;
    const char *color;
    const char *from;
    const char *key;
    const char *key_hex;
    const char *max_memory;
    const char *max_problems;
    const char *since;
    const char *threads;
    const char *to;
    const char *topic;
    const char *type;
    const char *until;
} given_options;

static int read_number(const verb *v, const char *name, const char *text, long long least, long long most,
                       long long *out)
{
    if (text == NULL || number_read(text, least, most, out))
        return CONTINUE;
    char quote[QUOTED_SIZE];
    return usage_error(v, "%s is a number from %lld to %lld, not %s", name, least, most,
                       quoted(quote, text, strlen(text)));
}

static int read_offsets(const verb *v, const given_options *g, filter *f)
{
    long long from = f->from;
    long long to = f->to;
    int status = read_number(v, "--from", g->from, 0, INT64_MAX, &from);
    if (status == CONTINUE)
        status = read_number(v, "--to", g->to, 0, INT64_MAX, &to);
    f->from = from;
    f->to = to;
    f->has_offsets = g->from != NULL || g->to != NULL;
    return status;
}

static int read_moment(const verb *v, const char *name, const char *text, int64_t *out)
{
    if (text == NULL || time_read(text, out))
        return CONTINUE;
    char quote[QUOTED_SIZE];
    return usage_error(v, "%s is a time like 2026-11-25T10:20:30.456Z or ms since 1970, not %s", name,
                       quoted(quote, text, strlen(text)));
}

static int read_times(const verb *v, const given_options *g, filter *f)
{
    int status = read_moment(v, "--since", g->since, &f->since);
    if (status == CONTINUE)
        status = read_moment(v, "--until", g->until, &f->until);
    f->has_times = g->since != NULL || g->until != NULL;
    return status;
}

/* The key in hex is decoded into memory that dump_options_finish() frees. */
static int read_key(const verb *v, const given_options *g, filter *f)
{
    const char *text = g->key != NULL ? g->key : g->key_hex;
    if (text == NULL)
        return CONTINUE;
    if (g->key != NULL && g->key_hex != NULL)
        return usage_error(v, "--key and --key-hex exclude each other");
    size_t size = strlen(text);
    if (size > INT32_MAX)
        return usage_error(v, "the key is too long");
    uint8_t *key = malloc(size + 1);
    if (key == NULL)
        die("out of memory: %zu bytes were asked for", size + 1);
    f->has_key = true;
    f->key = kw_bytes_of(key, g->key != NULL ? size : size / 2);
    if (g->key != NULL)
        memcpy(key, text, size);
    else if (!hex_decode(key, text, size))
        return usage_error(v, "--key-hex is not pairs of hex digits from digit %zu on", 2 * hex_error_at(text, size));
    return CONTINUE;
}

static int refuse_name(const verb *v, const char *name, const char *text, const nearest *near)
{
    char quote[QUOTED_SIZE];
    char hint[HINT_SIZE];
    return usage_error(v, "%s is not one of those that kwire knows: %s%s", name, quoted(quote, text, strlen(text)),
                       nearest_hint(near, hint));
}

static int read_kind(const verb *v, const char *text, dump_options *out)
{
    out->has_kind = text != NULL;
    if (text == NULL || file_kind_find(text, &out->kind))
        return CONTINUE;
    nearest near;
    nearest_init(&near, text, strlen(text));
    for (int kind = 0; kind < KIND_COUNT; kind++)
        nearest_offer(&near, file_kind_name((file_kind)kind));
    return refuse_name(v, "--type", text, &near);
}

/* Any name may be a topic's, but those that start with two underscores are Kafka's. */
static int read_topic(const verb *v, const char *text, dump_options *out)
{
    out->has_topic = text != NULL;
    if (text == NULL || topic_find(text, &out->topic) || strncmp(text, "__", 2) != 0)
        return CONTINUE;
    nearest near;
    nearest_init(&near, text, strlen(text));
    for (int topic = 0; kw_internal_topic_name((kw_internal_topic)topic) != NULL; topic++)
        nearest_offer(&near, kw_internal_topic_name((kw_internal_topic)topic));
    return refuse_name(v, "--topic", text, &near);
}

static int read_limits(const verb *v, const given_options *g, dump_options *out)
{
    long long processors = sysconf(_SC_NPROCESSORS_ONLN);
    long long threads = processors < 1 ? 1 : processors > MOST_THREADS ? MOST_THREADS : processors;
    int status = max_memory_read(v, g->max_memory, &out->max_memory);
    if (status == CONTINUE)
        status = read_number(v, "--max-problems", g->max_problems, 0, LLONG_MAX, &out->max_problems);
    if (status == CONTINUE)
        status = read_number(v, "--threads", g->threads, 1, MOST_THREADS, &threads);
    out->threads = (int)threads;
    return status;
}

/* Checks which options go together. */
static int settle(const verb *v, const given_options *g, dump_options *out)
{
    if (out->words.count == 0)
        return usage_error(v, "a file or folder is required");
    if (g->batches && g->records)
        return usage_error(v, "--batches shows no records, and --records no batches");
    if (out->verify && (g->batches || g->records || filter_is_set(&out->filter)))
        return usage_error(v, "--verify reads everything, so no records can be chosen");
    if (g->batches && out->filter.has_key)
        return usage_error(v, "--batches reads no records, so no key can be chosen");
    if (!colour_read(g->color, &out->colour))
        return usage_error(v, "--color is always, never or auto");
    out->batches = !g->records;
    out->records = !g->batches;
    out->logs_only = g->batches || g->records || filter_is_set(&out->filter);
    return CONTINUE;
}

int dump_options_read(const verb *v, int count, char **words, dump_options *out)
{
    given_options g = {0};
    *out = (dump_options){.max_problems = MAX_PROBLEMS_DEFAULT};
    filter_init(&out->filter);
    const option options[] = {
        {"--batches", &g.batches, NULL},
        {"--color", NULL, &g.color},
        {"--from", NULL, &g.from},
        {"--jsonl", &out->jsonl, NULL},
        {"--key", NULL, &g.key},
        {"--key-hex", NULL, &g.key_hex},
        {"--max-memory", NULL, &g.max_memory},
        {"--max-problems", NULL, &g.max_problems},
        {"--records", &g.records, NULL},
        {"--since", NULL, &g.since},
        {"--threads", NULL, &g.threads},
        {"--to", NULL, &g.to},
        {"--topic", NULL, &g.topic},
        {"--type", NULL, &g.type},
        {"--until", NULL, &g.until},
        {"--verify", &out->verify, NULL},
    };
    int status = options_read(v, options, sizeof options / sizeof options[0], ANY_WORDS, count, words, &out->words);
    if (status == CONTINUE)
        status = read_offsets(v, &g, &out->filter);
    if (status == CONTINUE)
        status = read_times(v, &g, &out->filter);
    if (status == CONTINUE)
        status = read_key(v, &g, &out->filter);
    if (status == CONTINUE)
        status = read_kind(v, g.type, out);
    if (status == CONTINUE)
        status = read_topic(v, g.topic, out);
    if (status == CONTINUE)
        status = read_limits(v, &g, out);
    return status == CONTINUE ? settle(v, &g, out) : status;
}

void dump_options_finish(dump_options *o)
{
    union {
        const uint8_t *constant;
        void *plain;
    } key = {o->filter.key.data}; /* free() takes a pointer to non-const */
    free(key.plain);
}

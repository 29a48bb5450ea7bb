/* SPDX-License-Identifier: Apache-2.0 */
#include "pcap_options.h"

#include <stdio.h>
#include <string.h>

#include "../command/api.h"
#include "../command/colour.h"
#include "../command/max_memory.h"
#include "../command/options.h"
#include "../command/report.h"

enum { KAFKA_PORT = 9092 };

/* The options that are parsed further. */
typedef struct texts {
    const char *apis;
    const char *slow;
    const char *ports;
    const char *count;
    const char *max_memory;
    const char *colour;
} texts;

static int refuse_port(const verb *v, const char *word, size_t size)
{
    char text[QUOTED_SIZE];
    return usage_error(v, "--port is port numbers separated by commas, not %s", quoted(text, word, size));
}

static int read_ports(const verb *v, const char *text, broker_ports *out)
{
    if (text == NULL) {
        out->ports[0] = KAFKA_PORT;
        out->count = 1;
        return CONTINUE;
    }
    out->only = true;
    for (;;) {
        size_t n = strcspn(text, ",");
        char word[8];
        long long port;
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word), text);
        if (!number_read(word, 1, UINT16_MAX, &port))
            return refuse_port(v, text, n);
        if (out->count == MAX_PORTS)
            return usage_error(v, "--port is at most %d ports", MAX_PORTS);
        out->ports[out->count++] = (uint16_t)port;
        if (text[n] == '\0')
            return CONTINUE;
        text += n + 1;
    }
}

/* Keys may belong to APIs that this kwire does not know. */
static bool add_api(filter *f, const char *word)
{
    long long key;
    if (number_read(word, 0, INT16_MAX, &key)) {
        filter_add_api(f, (int16_t)key);
        return true;
    }
    const kw_api *api = api_named(word);
    if (api != NULL)
        filter_add_api(f, api->key);
    return api != NULL;
}

/* Names or keys, separated by commas. False, with one line on standard error, if one is not known. */
static bool read_apis(const char *text, filter *f)
{
    for (;;) {
        size_t n = strcspn(text, ",");
        char word[64];
        snprintf(word, sizeof word, "%.*s", (int)(n < sizeof word ? n : sizeof word), text);
        if (!add_api(f, word))
            return false;
        if (text[n] == '\0')
            return true;
        text += n + 1;
    }
}

static int read_number(const verb *v, const char *name, const char *text, long long least, long long most,
                       long long *out)
{
    if (text == NULL || number_read(text, least, most, out))
        return CONTINUE;
    char word[QUOTED_SIZE];
    return usage_error(v, "%s is a number of %lld or more, not %s", name, least, quoted(word, text, strlen(text)));
}

static int read_texts(const verb *v, const texts *given, pcap_options *out)
{
    long long slow = -1;
    long long count = -1;
    if (given->apis != NULL && !read_apis(given->apis, &out->filter))
        return STATUS_BAD_INPUT;
    if (!colour_read(given->colour, &out->colour))
        return usage_error(v, "--color is always, never or auto");
    int status = read_ports(v, given->ports, &out->ports);
    if (status == CONTINUE)
        status = read_number(v, "--slow", given->slow, 0, INT64_MAX / 1000000, &slow);
    if (status == CONTINUE)
        status = read_number(v, "--count", given->count, 1, INT64_MAX, &count);
    if (status == CONTINUE)
        status = max_memory_read(v, given->max_memory, &out->max_memory);
    out->filter.slow = slow < 0 ? -1 : slow * 1000000;
    out->count = count < 0 ? UINT64_MAX : (uint64_t)count;
    return status;
}

static int check(const verb *v, const arguments *words, pcap_options *out)
{
    out->file = words->count != 0 ? words->words[0] : NULL;
    if ((out->file == NULL) == (out->interface == NULL))
        return usage_error(v, "one file, - for standard input, or -i and an interface, is required");
    if (out->bodies && !out->json)
        return usage_error(v, "--bodies needs --json");
    if (out->stats && (out->bodies || out->explain))
        return usage_error(v, "--stats shows no messages, so %s is not allowed",
                           out->bodies ? "--bodies" : "--explain");
    if (out->explain && out->json)
        return usage_error(v, "--explain and --json exclude each other");
    if (out->full && !out->explain)
        return usage_error(v, "--full needs --explain");
    return CONTINUE;
}

int pcap_options_read(const verb *v, int count, char **words, pcap_options *out)
{
    texts given = {0};
    memset(out, 0, sizeof *out);
    const option options[] = {
        {"--json", &out->json, NULL},
        {"--bodies", &out->bodies, NULL},
        {"--stats", &out->stats, NULL},
        {"--explain", &out->explain, NULL},
        {"--full", &out->full, NULL},
        {"--errors", &out->filter.errors, NULL},
        {"--api", NULL, &given.apis},
        {"--topic", NULL, &out->filter.topic},
        {"--client-id", NULL, &out->filter.client_id},
        {"--slow", NULL, &given.slow},
        {"--port", NULL, &given.ports},
        {"--count", NULL, &given.count},
        {"--max-memory", NULL, &given.max_memory},
        {"--color", NULL, &given.colour},
        {"--interface", NULL, &out->interface},
        {"-i", NULL, &out->interface},
    };
    arguments found;
    int status = options_read(v, options, sizeof options / sizeof options[0], 1, count, words, &found);
    if (status == CONTINUE)
        status = read_texts(v, &given, out);
    return status == CONTINUE ? check(v, &found, out) : status;
}

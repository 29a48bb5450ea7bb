/* SPDX-License-Identifier: Apache-2.0 */
#include "pcap_options.h"

#include <string.h>

#include "../command/colour.h"
#include "../command/max_memory.h"
#include "../command/options.h"
#include "../command/report.h"
#include "../decrypt/cipher.h"
#include "filter_options.h"

enum { KAFKA_PORT = 9092, DEFAULT_DETAILS = 1000, MOST_DETAILS = 10000 };

/* The options that are parsed further. */
typedef struct texts {
    filter_texts filter;
    const char *ports;
    const char *count;
    const char *details;
    const char *max_memory;
    const char *colour;
} texts;

static int read_ports(const verb *v, const char *text, broker_ports *out)
{
    char word[LIST_WORD_SIZE];
    char quote[QUOTED_SIZE];
    long long port;
    out->only = text != NULL;
    if (text == NULL)
        out->ports[out->count++] = KAFKA_PORT;
    while (list_next(&text, word)) {
        if (!number_read(word, 1, UINT16_MAX, &port))
            return usage_error(v, "--port is port numbers separated by commas, not %s",
                               quoted(quote, word, strlen(word)));
        if (out->count == MAX_PORTS)
            return usage_error(v, "--port is at most %d ports", MAX_PORTS);
        out->ports[out->count++] = (uint16_t)port;
    }
    return CONTINUE;
}

/* `text` NULL: *out stays as it is. */
static int read_count(const verb *v, const char *name, const char *text, long long most, uint64_t *out)
{
    long long count;
    char word[QUOTED_SIZE];
    if (text == NULL)
        return CONTINUE;
    if (number_read(text, 1, most, &count)) {
        *out = (uint64_t)count;
        return CONTINUE;
    }
    quoted(word, text, strlen(text));
    if (most == INT64_MAX)
        return usage_error(v, "%s is a number of 1 or more, not %s", name, word);
    return usage_error(v, "%s is a number from 1 to %lld, not %s", name, most, word);
}

static int read_texts(const verb *v, const texts *given, pcap_options *out)
{
    out->count = UINT64_MAX;
    out->details = DEFAULT_DETAILS;
    int status = filter_options_read(v, &given->filter, &out->filter);
    if (status == CONTINUE && !colour_read(given->colour, &out->colour))
        return usage_error(v, "--color is always, never or auto");
    if (status == CONTINUE)
        status = read_ports(v, given->ports, &out->ports);
    if (status == CONTINUE)
        status = read_count(v, "--count", given->count, INT64_MAX, &out->count);
    if (status == CONTINUE)
        status = read_count(v, "--details", given->details, MOST_DETAILS, &out->details);
    return status == CONTINUE ? max_memory_read(v, given->max_memory, &out->max_memory) : status;
}

static int check_html(const verb *v, const texts *given, const pcap_options *out)
{
    const option_use others[] = {
        {"--json", out->json},       {"--stats", out->stats},
        {"--explain", out->explain}, {"--hex", out->hex},
        {"--bodies", out->bodies},   {"--raw-records", out->raw_records},
        {"--full", out->full},       {"--color", given->colour != NULL},
    };
    if (out->html)
        return options_exclude(v, "--html", others, sizeof others / sizeof others[0]);
    return given->details != NULL ? usage_error(v, "--details needs --html") : CONTINUE;
}

static int check(const verb *v, const arguments *words, const texts *given, pcap_options *out)
{
    out->file = words->count != 0 ? words->words[0] : NULL;
    if ((out->file == NULL) == (out->interface == NULL))
        return usage_error(v, "one file, - for standard input, or -i and an interface, is required");
    int status = check_html(v, given, out);
    if (status != CONTINUE)
        return status;
    if (out->bodies && !out->json)
        return usage_error(v, "--bodies needs --json");
    if (out->raw_records && !out->bodies)
        return usage_error(v, "--raw-records needs --bodies");
    if (out->stats && (out->bodies || out->explain || out->hex))
        return usage_error(v, "--stats shows no messages, so %s is not allowed",
                           out->bodies    ? "--bodies"
                           : out->explain ? "--explain"
                                          : "--hex");
    if (out->hex && (out->bodies || out->explain))
        return usage_error(v, "--hex and %s exclude each other", out->bodies ? "--bodies" : "--explain");
    if (out->explain && out->json)
        return usage_error(v, "--explain and --json exclude each other");
    if (out->tls_key_log != NULL && !cipher_available())
        return usage_error(v, "--tls-key-log: this kwire is built without OpenSSL");
    if (out->full && !out->explain)
        return usage_error(v, "--full needs --explain");
    if (given->colour != NULL && !out->explain)
        return usage_error(v, "--color needs --explain");
    return CONTINUE;
}

int pcap_options_read(const verb *v, int count, char **words, pcap_options *out)
{
    texts given = {0};
    filter_texts *choice = &given.filter;
    memset(out, 0, sizeof *out);
    filter_want_all(&out->filter);
    const option options[] = {
        {"--api", NULL, &choice->apis},
        {"--bodies", &out->bodies, NULL},
        {"--broker", NULL, &choice->brokers},
        {"--client", NULL, &choice->clients},
        {"--client-id", NULL, &out->filter.client_id},
        {"--color", NULL, &given.colour},
        {"--correlation-id", NULL, &choice->correlation_ids},
        {"--count", NULL, &given.count},
        {"--details", NULL, &given.details},
        {"--errors", &out->filter.errors, NULL},
        {"--explain", &out->explain, NULL},
        {"--full", &out->full, NULL},
        {"--group", NULL, &out->filter.subjects[SUBJECT_GROUP]},
        {"--hex", &out->hex, NULL},
        {"--host", NULL, &choice->hosts},
        {"--html", &out->html, NULL},
        {"--interface", NULL, &out->interface},
        {"-i", NULL, &out->interface},
        {"--json", &out->json, NULL},
        {"--max-memory", NULL, &given.max_memory},
        {"--port", NULL, &given.ports},
        {"--raw-records", &out->raw_records, NULL},
        {"--since", NULL, &choice->since},
        {"--slow", NULL, &choice->slow},
        {"--stats", &out->stats, NULL},
        {"--tls-key-log", NULL, &out->tls_key_log},
        {"--topic", NULL, &out->filter.subjects[SUBJECT_TOPIC]},
        {"--transactional-id", NULL, &out->filter.subjects[SUBJECT_TRANSACTIONAL_ID]},
        {"--until", NULL, &choice->until},
    };
    arguments found;
    int status = options_read(v, options, sizeof options / sizeof options[0], 1, count, words, &found);
    if (status == CONTINUE)
        status = read_texts(v, &given, out);
    return status == CONTINUE ? check(v, &found, &given, out) : status;
}

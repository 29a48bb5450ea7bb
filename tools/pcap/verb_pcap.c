/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../capture/packet_source.h"
#include "../command/options.h"
#include "../command/progress.h"
#include "explain_printer.h"
#include "hex_printer.h"
#include "json_printer.h"
#include "line_printer.h"
#include "observer.h"
#include "pcap_options.h"
#include "remarks.h"
#include "statistics.h"
#include "timeline_page.h"

enum { PACKETS_BETWEEN_PROGRESS = 1024 };

/* The state of a run. It must not be moved. */
typedef struct session {
    pcap_options options;
    packet_source *source;
    key_log *keys;
    traffic traffic;
    observer observer;
    line_printer lines;
    json_printer json;
    explain_printer explanations;
    hex_printer hex;
    statistics statistics;
    bool has_enough; /* what follows in the capture is not needed */
    timeline timeline;
} session;

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

/* A second signal ends the program immediately. */
static void catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = (int)SA_RESETHAND;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Live exchanges are shown and also counted, for a table at the end. */
static void show_and_count(void *context, const sighting *s)
{
    session *now = context;
    sighting_sink shown =
        now->options.explain ? explain_printer_sink(&now->explanations) : line_printer_sink(&now->lines);
    shown.show(shown.context, s);
    if (now->options.interface != NULL)
        statistics_add(&now->statistics, s);
}

static sighting_sink choose_sink(session *s)
{
    const pcap_options *o = &s->options;
    sighting_sink people = {show_and_count, s};
    if (o->stats)
        return statistics_sink(&s->statistics);
    if (o->hex)
        return hex_printer_sink(&s->hex);
    if (o->html)
        return timeline_sink(&s->timeline);
    return o->json ? json_printer_sink(&s->json) : people;
}

static void begin(session *s)
{
    pcap_options *o = &s->options;
    observer_depth depth = o->stats || o->hex ? OBSERVE_ERRORS : o->bodies ? OBSERVE_BODIES : OBSERVE_TOPICS;
    line_printer_init(&s->lines, &s->observer.names);
    explain_printer_init(&s->explanations, &s->lines, o->full, o->colour, o->max_memory);
    hex_printer_init(&s->hex, o->json);
    json_printer_init(&s->json, &s->observer.names, o->bodies, o->max_memory);
    s->json.form.raw_records = o->raw_records;
    if (o->html)
        timeline_init(&s->timeline, &s->observer.names, (size_t)o->details, o->max_memory);
    sighting_sink who = choose_sink(s);
    observer_init(&s->observer, &o->filter, depth, &who, &s->traffic.memory, o->max_memory);
    s->observer.left = o->count;
    exchange_sink sink = observer_sink(&s->observer);
    sink.keep_requests |= o->explain || o->hex || o->html;
    traffic_init(&s->traffic, packet_source_link(s->source), &o->ports, o->max_memory, &sink);
    if (cipher_available())
        traffic_decrypt(&s->traffic, s->keys);
}

static const char *source_name(const pcap_options *o)
{
    if (o->interface != NULL)
        return o->interface;
    return strcmp(o->file, "-") == 0 ? "standard input" : o->file;
}

static void take_packet(session *s, const packet *p)
{
    if (s->traffic.packets == 0)
        filter_start(&s->options.filter, p->time);
    traffic_packet(&s->traffic, p);
    s->has_enough = observer_is_done(&s->observer, p->time);
}

/* Processes packets until the end, or until enough was shown. Returns SOURCE_FAILED if it fails before that. */
static packet_source_event take_packets(session *s, progress *shown)
{
    packet_source_event event = SOURCE_END;
    packet p;
    while (!interrupted && !s->has_enough) {
        if (packet_source_would_wait(s->source))
            output_flush();
        event = packet_source_next(s->source, &p);
        if (event == SOURCE_NOTHING_YET)
            output_flush();
        else if (event == SOURCE_PACKET)
            take_packet(s, &p);
        else
            break;
        if (s->traffic.packets % PACKETS_BETWEEN_PROGRESS == 0 && shown->total != 0)
            progress_set(shown, packet_source_position(s->source));
    }
    return event;
}

static int run_packets(session *s)
{
    progress shown;
    progress_begin(&shown, source_name(&s->options), packet_source_size(s->source),
                   s->options.stats || s->options.html);
    packet_source_event event = take_packets(s, &shown);
    progress_hide(&shown);
    if (event != SOURCE_FAILED)
        return STATUS_OK;
    output_flush();
    complain("%s: %s", source_name(&s->options), packet_source_error(s->source));
    return s->options.interface != NULL ? STATUS_SYSTEM : STATUS_BAD_INPUT;
}

static void print_statistics(session *s)
{
    const pcap_options *o = &s->options;
    if (o->json && o->stats) {
        statistics_print_json(&s->statistics);
    } else if (o->stats) {
        statistics_print(&s->statistics);
    } else if (o->interface != NULL && !o->json && !o->hex) {
        printf("\n");
        statistics_print(&s->statistics);
    }
}

static void write_page(session *s)
{
    timeline_source from = {.name = source_name(&s->options),
                            .file = s->options.file,
                            .complete = !s->has_enough,
                            .traffic = &s->traffic,
                            .dropped = packet_source_dropped(s->source)};
    timeline_page_write(&s->timeline, &from, NULL, NULL);
    timeline_finish(&s->timeline);
}

static void finish(session *s)
{
    traffic_finish(&s->traffic);
    if (s->options.html)
        write_page(s);
    else
        print_statistics(s);
    output_flush();
    print_remarks(&s->traffic, !s->has_enough, packet_source_dropped(s->source));
    observer_finish(&s->observer);
    explain_printer_finish(&s->explanations);
    json_printer_finish(&s->json);
    statistics_finish(&s->statistics);
    packet_source_close(s->source);
    key_log_destroy(s->keys);
}

/* A filter for brokers' packets; fragments cannot be selected by port. */
static void live_filter(const broker_ports *ports, char *to, size_t size)
{
    size_t at = 0;
    for (int i = 0; i < ports->count && at < size; i++)
        at += (size_t)snprintf(to + at, size - at, "%stcp port %d", i == 0 ? "" : " or ", ports->ports[i]);
}

/* A capture that is damaged is bad input; one that cannot be opened is not. */
static void require_file(const char *path)
{
    if (strcmp(path, "-") != 0 && access(path, R_OK) != 0)
        die("%s: %s", path, strerror(errno));
}

/* A file that has lines, none of which has a secret, is another one. */
static bool open_keys(session *s)
{
    const char *path = s->options.tls_key_log;
    s->keys = key_log_create(s->options.max_memory);
    if (path != NULL)
        key_log_read_file(s->keys, path);
    key_log_counts counts = key_log_count(s->keys);
    if (counts.odd_line == 0 || counts.sessions != 0)
        return true;
    complain("%s: line %zu is not one of a key log: LABEL, client random and secret in hex digits", path,
             counts.odd_line);
    key_log_destroy(s->keys);
    return false;
}

static void take_secrets(void *context, const char *text, size_t size)
{
    key_log_add(context, text, size);
}

static bool open_source(session *s)
{
    char error[SOURCE_ERROR_SIZE];
    const pcap_options *o = &s->options;
    if (o->interface != NULL) {
        char text[MAX_PORTS * 24];
        live_filter(&o->ports, text, sizeof text);
        s->source = packet_source_open_live(o->interface, text, error);
    } else {
        require_file(o->file);
        secrets_sink secrets = {take_secrets, s->keys};
        s->source = packet_source_open_file(o->file, &secrets, error);
    }
    if (s->source == NULL)
        complain("%s: %s", source_name(o), error);
    return s->source != NULL;
}

static int run(const verb *self, int count, char **words)
{
    static session s;
    int status = pcap_options_read(self, count, words, &s.options);
    if (status != CONTINUE)
        return status;
    if (!open_keys(&s))
        return STATUS_BAD_INPUT;
    if (!open_source(&s))
        return s.options.interface != NULL ? STATUS_SYSTEM : STATUS_BAD_INPUT;
    if (s.options.interface != NULL)
        catch_signals();
    begin(&s);
    status = run_packets(&s);
    finish(&s);
    return status;
}

const verb verb_pcap = {"pcap", run};

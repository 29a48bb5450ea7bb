/* SPDX-License-Identifier: Apache-2.0 */
/* Many members join a group at the same time, until each has its assignment. */
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/consumer_group_heartbeat_request.h>
#include <kwire/messages/consumer_group_heartbeat_response.h>
#include <kwire/messages/heartbeat_request.h>
#include <kwire/messages/heartbeat_response.h>
#include <kwire/messages/join_group_request.h>
#include <kwire/messages/join_group_response.h>
#include <kwire/messages/sync_group_request.h>
#include <kwire/messages/sync_group_response.h>

#include "../load/clock.h"
#include "../load/exchange.h"
#include "../load/measure.h"
#include "../load/program.h"
#include "versions.h"

static const char help[] =
    "usage: kwire-members classic|consumer --port PORT --group NAME --topic NAME --partitions N [OPTION...]\n"
    "\n"
    "  --members N     each with a connection of its own to 127.0.0.1 [100]\n"
    "  --interval MS   between the heartbeats of a member [500]\n"
    "  --pid PID       the server, whose processor time and memory are measured\n"
    "  --limit SECONDS after which the program gives up [120]\n"
    "\n"
    "All connect; then all join. It ends when all are members of one generation, or epoch, and all partitions are\n"
    "assigned to them. Prints, separated by tabs: seconds from the first request to the last assignment; processor "
    "time\n"
    "of the server in ms (-1 without PID); bytes by which its own memory grew, and 3 s later; requests; the\n"
    "generation or epoch\n";

enum {
    LIMIT = 64 * 1024 * 1024,
    SIZE_FIELD = 4,
    QUIET_SECONDS = 3, /* after which the server has returned what it does not need */
    SESSION_MS = 45000,
    REBALANCE_MS = 300000,
    ID_SIZE = 128,
    EVENTS = 256,
    TICK_MS = 2
};

struct options {
    double port, members, partitions, interval, limit, pid;
    const char *group;
    const char *topic;
    bool consumer; /* the protocol */
};

enum doing { JOINS, SYNCS, BEATS, RESTS };

struct member {
    int fd;
    enum doing doing; /* what is asked, or that nothing is */
    char id[ID_SIZE];
    int32_t generation; /* or epoch; 0: none */
    bool is_assigned;   /* in that generation */
    bool is_leader;
    bool is_acknowledged; /* consumer: the broker knows that it has what it was assigned */
    uint64_t due;         /* the next heartbeat */
    struct member *next;  /* that rests */
    int32_t *owned;       /* partitions */
    int32_t owned_count;
    kw_uuid topic_id;
    uint8_t *answer;
    size_t have, size; /* of the answer */
};

struct crowd {
    struct options options;
    struct sockaddr_in address;
    struct member *members;
    unsigned count;
    int poll;
    struct member *first_resting, **last_resting; /* in the order of `due` */
    kw_writer out;
    kw_arena arena;
    uint64_t requests;
    int32_t other_count; /* members that the last leader saw */
};

/* ---- sending ---- */

static void send_all(struct crowd *c, struct member *m)
{
    kw_span frame = kw_writer_data(&c->out);
    const uint8_t *data = frame.data;
    for (size_t sent = 0; sent < frame.size;) {
        ssize_t n = send(m->fd, data + sent, frame.size - sent, MSG_NOSIGNAL);
        if (n < 0 && errno != EINTR)
            die("the server does not accept requests: %s", strerror(errno));
        sent += n > 0 ? (size_t)n : 0;
    }
    kw_writer_reset(&c->out);
    c->requests++;
}

static kw_bytes subscription_of(const struct options *o, uint8_t bytes[ID_SIZE])
{
    size_t name = strlen(o->topic);
    memset(bytes, 0, 6);
    bytes[5] = 1;
    kw_store_be16(bytes + 6, (uint16_t)name);
    memcpy(bytes + 8, o->topic, name);
    memset(bytes + 8 + name, 0xff, 4);
    return kw_bytes_of(bytes, 12 + name);
}

static void join(struct crowd *c, struct member *m)
{
    uint8_t bytes[ID_SIZE];
    kw_join_group_request request;
    kw_join_group_request_protocol protocol;
    kw_join_group_request_init(&request);
    kw_join_group_request_protocol_init(&protocol);
    protocol.name = kw_string_of("range");
    protocol.metadata = subscription_of(&c->options, bytes);
    request.group_id = kw_string_of(c->options.group);
    request.member_id = kw_string_of(m->id);
    request.session_timeout_ms = SESSION_MS;
    request.rebalance_timeout_ms = REBALANCE_MS;
    request.protocol_type = kw_string_of("consumer");
    request.protocols.items = &protocol;
    request.protocols.len = 1;
    exchange_encode(&c->out, KW_KEY_JOIN_GROUP, JOIN_VERSION, 0, &request);
    m->doing = JOINS;
    m->is_assigned = false;
    send_all(c, m);
}

/* The leader gives each member a few bytes, as large as an assignment of one partition. */
static void synchronize(struct crowd *c, struct member *m, const kw_join_group_response *joined)
{
    static uint8_t assignment[40];
    kw_sync_group_request request;
    kw_sync_group_request_init(&request);
    request.group_id = kw_string_of(c->options.group);
    request.member_id = kw_string_of(m->id);
    request.generation_id = m->generation;
    request.protocol_type = kw_string_of("consumer");
    request.protocol_name = kw_string_of("range");
    request.assignments.len = joined->members.len > 0 ? joined->members.len : 0;
    request.assignments.items =
        must_have(calloc((size_t)request.assignments.len + 1, sizeof *request.assignments.items));
    for (int32_t i = 0; i < request.assignments.len; i++) {
        kw_sync_group_request_assignment_init(&request.assignments.items[i]);
        request.assignments.items[i].member_id = joined->members.items[i].member_id;
        request.assignments.items[i].assignment = kw_bytes_of(assignment, sizeof assignment);
    }
    m->is_leader = joined->members.len > 0;
    c->other_count = m->is_leader ? joined->members.len : c->other_count;
    exchange_encode(&c->out, KW_KEY_SYNC_GROUP, SYNC_VERSION, 0, &request);
    free(request.assignments.items);
    m->doing = SYNCS;
    send_all(c, m);
}

static void beat_classic(struct crowd *c, struct member *m)
{
    kw_heartbeat_request request;
    kw_heartbeat_request_init(&request);
    request.group_id = kw_string_of(c->options.group);
    request.member_id = kw_string_of(m->id);
    request.generation_id = m->generation;
    exchange_encode(&c->out, KW_KEY_HEARTBEAT, HEARTBEAT_VERSION, 0, &request);
}

static void beat_consumer(struct crowd *c, struct member *m)
{
    kw_consumer_group_heartbeat_request request;
    kw_consumer_group_heartbeat_request_topic_partitions owned;
    kw_string topic = kw_string_of(c->options.topic);
    kw_consumer_group_heartbeat_request_init(&request);
    kw_consumer_group_heartbeat_request_topic_partitions_init(&owned);
    request.group_id = kw_string_of(c->options.group);
    request.member_id = kw_string_of(m->id);
    request.member_epoch = m->generation;
    if (m->generation == 0) {
        request.rebalance_timeout_ms = REBALANCE_MS;
        request.subscribed_topic_names.items = &topic;
        request.subscribed_topic_names.len = 1;
    }
    if (m->generation == 0 || !m->is_acknowledged) {
        owned.topic_id = m->topic_id;
        owned.partitions.items = m->owned;
        owned.partitions.len = m->owned_count;
        request.topic_partitions.items = &owned;
        request.topic_partitions.len = m->owned_count != 0;
    }
    exchange_encode(&c->out, KW_KEY_CONSUMER_GROUP_HEARTBEAT, CONSUMER_HEARTBEAT_VERSION, 0, &request);
}

static void beat(struct crowd *c, struct member *m)
{
    if (c->options.consumer)
        beat_consumer(c, m);
    else
        beat_classic(c, m);
    m->doing = BEATS;
    send_all(c, m);
}

static void rest(struct crowd *c, struct member *m)
{
    m->doing = RESTS;
    m->due = clock_now() + (uint64_t)(c->options.interval * 1e6);
    m->next = NULL;
    *c->last_resting = m;
    c->last_resting = &m->next;
}

static void beat_those_that_are_due(struct crowd *c)
{
    while (c->first_resting != NULL && c->first_resting->due <= clock_now()) {
        struct member *m = c->first_resting;
        c->first_resting = m->next;
        if (c->first_resting == NULL)
            c->last_resting = &c->first_resting;
        beat(c, m);
    }
}

/* ---- answers ---- */

static void copy_id(struct member *m, kw_string id)
{
    if (id.len < 0 || id.len >= ID_SIZE)
        die("a member id of %d bytes", id.len);
    memcpy(m->id, id.data, (size_t)id.len);
    m->id[id.len] = '\0';
}

static void take_joined(struct crowd *c, struct member *m, const kw_join_group_response *answer)
{
    switch (answer->error_code) {
    case KW_ERROR_NONE:
        m->generation = answer->generation_id;
        synchronize(c, m, answer);
        return;
    case KW_ERROR_MEMBER_ID_REQUIRED:
        copy_id(m, answer->member_id);
        join(c, m);
        return;
    case KW_ERROR_REBALANCE_IN_PROGRESS:
        join(c, m);
        return;
    default:
        die("JoinGroup: error %d", answer->error_code);
    }
}

static void take_synchronized(struct crowd *c, struct member *m, const kw_sync_group_response *answer)
{
    if (answer->error_code == KW_ERROR_REBALANCE_IN_PROGRESS) {
        join(c, m);
        return;
    }
    if (answer->error_code != KW_ERROR_NONE)
        die("SyncGroup: error %d", answer->error_code);
    m->is_assigned = answer->assignment.len > 0;
    rest(c, m);
}

static void take_beat(struct crowd *c, struct member *m, const kw_heartbeat_response *answer)
{
    if (answer->error_code == KW_ERROR_REBALANCE_IN_PROGRESS)
        join(c, m);
    else if (answer->error_code != KW_ERROR_NONE)
        die("Heartbeat: error %d", answer->error_code);
    else
        rest(c, m);
}

static void take_assignment(struct member *m, const kw_consumer_group_heartbeat_response_assignment *assignment)
{
    m->owned_count = 0;
    for (int32_t i = 0; i < assignment->topic_partitions.len; i++) {
        const kw_consumer_group_heartbeat_response_topic_partitions *topic = &assignment->topic_partitions.items[i];
        m->owned = must_have(realloc(m->owned, ((size_t)topic->partitions.len + 1) * sizeof *m->owned));
        memcpy(m->owned, topic->partitions.items, (size_t)topic->partitions.len * sizeof *m->owned);
        m->owned_count = topic->partitions.len;
        m->topic_id = topic->topic_id;
    }
    m->is_assigned = true;
    m->is_acknowledged = false;
}

static void take_consumer(struct crowd *c, struct member *m, const kw_consumer_group_heartbeat_response *answer)
{
    if (answer->error_code != KW_ERROR_NONE)
        die("ConsumerGroupHeartbeat: error %d", answer->error_code);
    m->is_acknowledged = m->generation != 0;
    m->generation = answer->member_epoch;
    if (answer->assignment != NULL)
        take_assignment(m, answer->assignment);
    if (answer->assignment != NULL && m->owned_count != 0)
        beat(c, m); /* a consumer says at once what it has */
    else
        rest(c, m);
}

static void take_answer(struct crowd *c, struct member *m)
{
    const uint8_t *frame = m->answer + SIZE_FIELD;
    size_t size = m->size - SIZE_FIELD;
    m->have = m->size = 0;
    if (m->doing == JOINS)
        take_joined(c, m, exchange_decode(&c->arena, KW_KEY_JOIN_GROUP, JOIN_VERSION, frame, size));
    else if (m->doing == SYNCS)
        take_synchronized(c, m, exchange_decode(&c->arena, KW_KEY_SYNC_GROUP, SYNC_VERSION, frame, size));
    else if (c->options.consumer)
        take_consumer(
            c, m, exchange_decode(&c->arena, KW_KEY_CONSUMER_GROUP_HEARTBEAT, CONSUMER_HEARTBEAT_VERSION, frame, size));
    else
        take_beat(c, m, exchange_decode(&c->arena, KW_KEY_HEARTBEAT, HEARTBEAT_VERSION, frame, size));
    kw_arena_reset(&c->arena);
}

static void receive(struct crowd *c, struct member *m)
{
    size_t wanted = m->size != 0 ? m->size : SIZE_FIELD;
    ssize_t n = recv(m->fd, m->answer + m->have, wanted - m->have, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0)
        die("the server ended a connection: %s", n < 0 ? strerror(errno) : "no error");
    m->have += (size_t)n;
    if (m->have == SIZE_FIELD && m->size == 0) {
        m->size = (size_t)kw_load_be32(m->answer) + SIZE_FIELD;
        m->answer = must_have(realloc(m->answer, m->size));
    }
    if (m->have == m->size)
        take_answer(c, m);
}

/* ---- the whole ---- */

static void dial(struct crowd *c, struct member *m, unsigned number)
{
    int on = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = m};
    m->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    m->answer = must_have(malloc(SIZE_FIELD));
    if (c->options.consumer)
        (void)snprintf(m->id, sizeof m->id, "member-%06u-of-the-benchmark", number);
    if (m->fd < 0 || connect(m->fd, (const struct sockaddr *)&c->address, sizeof c->address) != 0 ||
        setsockopt(m->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
        epoll_ctl(c->poll, EPOLL_CTL_ADD, m->fd, &event) != 0)
        die("cannot connect: %s", strerror(errno));
}

static bool has_all(const struct crowd *c)
{
    double owned = 0;
    for (unsigned i = 0; i < c->count; i++) {
        const struct member *m = &c->members[i];
        if (!m->is_assigned || m->generation != c->members[0].generation)
            return false;
        owned += m->owned_count;
    }
    return c->options.consumer ? owned == c->options.partitions : c->other_count == (int32_t)c->count;
}

static double seconds_since(uint64_t start)
{
    return (double)(clock_now() - start) / 1e9;
}

static void run(struct crowd *c)
{
    struct epoll_event events[EVENTS];
    uint64_t start = clock_now();
    for (unsigned i = 0; i < c->count; i++) {
        if (c->options.consumer)
            beat(c, &c->members[i]);
        else
            join(c, &c->members[i]);
    }
    while (!has_all(c)) {
        int n = epoll_wait(c->poll, events, EVENTS, TICK_MS);
        for (int i = 0; i < n; i++)
            receive(c, events[i].data.ptr);
        beat_those_that_are_due(c);
        if (seconds_since(start) > c->options.limit)
            die("not all have an assignment after %g s", c->options.limit);
    }
}

/* Bytes; 0 if the process is not known. */
static double memory_of(double pid)
{
    char path[64], line[256];
    double kib = 0;
    (void)snprintf(path, sizeof path, "/proc/%.0f/status", pid);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return 0;
    while (fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, "RssAnon:", 8) == 0)
            kib = strtod(line + 8, NULL);
    (void)fclose(f);
    return kib * 1024;
}

static double processor_ms(const struct options *o)
{
    return o->pid < 0 ? -1 : (double)clock_of_process((pid_t)o->pid) / 1e6;
}

static void measure_crowd(struct crowd *c)
{
    clock_sleep(0.5); /* until the server has done with the connections */
    double memory = memory_of(c->options.pid), processor = processor_ms(&c->options);
    uint64_t start = clock_now();
    run(c);
    double seconds = seconds_since(start);
    double used = c->options.pid < 0 ? -1 : processor_ms(&c->options) - processor;
    double most = memory_of(c->options.pid) - memory;
    if (c->options.pid >= 0)
        clock_sleep(QUIET_SECONDS);
    printf("%.4f\t%.1f\t%.0f\t%.0f\t%llu\t%d\n", seconds, used, most, memory_of(c->options.pid) - memory,
           (unsigned long long)c->requests, c->members[0].generation);
}

/* ---- options ---- */

enum key { PORT, GROUP, TOPIC, PARTITIONS, MEMBERS, INTERVAL, PID, GIVE_UP, HELP };

static const struct option known[] = {
    {"port", required_argument, NULL, PORT},
    {"group", required_argument, NULL, GROUP},
    {"topic", required_argument, NULL, TOPIC},
    {"partitions", required_argument, NULL, PARTITIONS},
    {"members", required_argument, NULL, MEMBERS},
    {"interval", required_argument, NULL, INTERVAL},
    {"pid", required_argument, NULL, PID},
    {"limit", required_argument, NULL, GIVE_UP},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void take_option(int key, struct options *o)
{
    switch (key) {
    case PORT:
        o->port = option_number(optarg, 1, UINT16_MAX);
        break;
    case GROUP:
        o->group = optarg;
        break;
    case TOPIC:
        o->topic = optarg;
        break;
    case PARTITIONS:
        o->partitions = option_number(optarg, 1, 1e6);
        break;
    case MEMBERS:
        o->members = option_number(optarg, 1, 1e6);
        break;
    case INTERVAL:
        o->interval = option_number(optarg, 1, 60000);
        break;
    case PID:
        o->pid = option_number(optarg, 1, INT32_MAX);
        break;
    case GIVE_UP:
        o->limit = option_number(optarg, 1, 3600);
        break;
    case HELP:
        fputs(help, stdout);
        exit(0);
    default:
        exit(2);
    }
}

static void parse_options(int argc, char **argv, struct options *o)
{
    int key;
    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1)
        take_option(key, o);
    if (o->port == 0 || o->group == NULL || o->topic == NULL || o->partitions == 0 || optind + 1 != argc)
        die("classic or consumer, a port, a group, a topic and its partitions are needed; see --help");
    o->consumer = strcmp(argv[optind], "consumer") == 0;
    if (!o->consumer && strcmp(argv[optind], "classic") != 0)
        die("classic or consumer; see --help");
    if (strlen(o->topic) > ID_SIZE - 12)
        die("the name of the topic is too long");
}

int main(int argc, char **argv)
{
    struct crowd c = {.options = {.members = 100, .interval = 500, .limit = 120, .pid = -1}};
    parse_options(argc, argv, &c.options);
    c.address = loopback((uint16_t)c.options.port);
    c.count = (unsigned)c.options.members;
    c.members = must_have(calloc(c.count, sizeof *c.members));
    c.last_resting = &c.first_resting;
    c.poll = epoll_create1(EPOLL_CLOEXEC);
    kw_writer_init_growing(&c.out, kw_allocator_libc(), LIMIT);
    kw_arena_init_growing(&c.arena, NULL, 0, kw_allocator_libc(), LIMIT);
    for (unsigned i = 0; i < c.count; i++)
        dial(&c, &c.members[i], i);
    measure_crowd(&c);
    for (unsigned i = 0; i < c.count; i++) {
        close(c.members[i].fd);
        free(c.members[i].owned);
        free(c.members[i].answer);
    }
    close(c.poll);
    kw_writer_finish(&c.out);
    kw_arena_finish(&c.arena);
    free(c.members);
    return 0;
}

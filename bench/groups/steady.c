/* SPDX-License-Identifier: Apache-2.0 */
/* Members of groups that do what a consumer does all the time: heartbeats, or commits of an offset. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/endian.h>
#include <kwire/error.h>
#include <kwire/messages/heartbeat_request.h>
#include <kwire/messages/heartbeat_response.h>
#include <kwire/messages/join_group_request.h>
#include <kwire/messages/join_group_response.h>
#include <kwire/messages/offset_commit_request.h>
#include <kwire/messages/offset_commit_response.h>
#include <kwire/messages/sync_group_request.h>
#include <kwire/messages/sync_group_response.h>

#include "../load/exchange.h"
#include "../load/measure.h"
#include "../load/program.h"
#include "versions.h"

static const char help[] =
    "usage: kwire-steady heartbeat|commit --port PORT --group PREFIX [OPTION...]\n"
    "\n"
    "Each connection is the only member of a group of its own, which it joins before the measurement.\n"
    "\n"
    "  --topic NAME         in which offsets are committed, of its partition 0\n"
    "  --connections N      to 127.0.0.1 [1]\n"
    "  --depth D            requests in flight on each, at most [1]\n"
    "  --threads T          [2]\n"
    "  --pid PID            the server, whose processor time is measured\n"
    "  --warm-up SECONDS    before the measurement [0]\n"
    "  --seconds SECONDS    of the measurement [1]\n"
    "\n"
    "Prints, separated by tabs: requests a second; latency in us: p50, p99, p99.9; processor time in us a request: of\n"
    "process PID (-1 without), of kwire-steady; bytes of an answer; requests\n";

enum { LIMIT = 1024 * 1024, SIZE_FIELD = 4, SESSION_MS = 45000, REBALANCE_MS = 60000, GROUP_SIZE = 64 };

/* Unlikely to be in a request by chance. */
static const uint64_t SOME_OFFSET = 0x123456789abcdef;

struct options {
    double port;
    const char *group;
    const char *topic;
    bool commits;
};

struct member {
    char group[GROUP_SIZE];
    char id[128];
    int32_t generation;
};

/* Of all connections. */
struct prepared {
    uint8_t *frames;
    size_t offset_at; /* in a commit */
    int16_t api_key;
    int16_t version;
};

/* ---- joining ---- */

static kw_join_group_response *ask_to_join(const struct sockaddr_in *address, kw_arena *arena, const struct member *m)
{
    uint8_t subscription[] = {0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    kw_join_group_request request;
    kw_join_group_request_protocol protocol;
    kw_join_group_request_init(&request);
    kw_join_group_request_protocol_init(&protocol);
    protocol.name = kw_string_of("range");
    protocol.metadata = kw_bytes_of(subscription, sizeof subscription);
    request.group_id = kw_string_of(m->group);
    request.member_id = kw_string_of(m->id);
    request.session_timeout_ms = SESSION_MS;
    request.rebalance_timeout_ms = REBALANCE_MS;
    request.protocol_type = kw_string_of("consumer");
    request.protocols.items = &protocol;
    request.protocols.len = 1;
    return exchange_ask(address, arena, KW_KEY_JOIN_GROUP, JOIN_VERSION, &request);
}

static void take_member_id(struct member *m, kw_string id)
{
    if (id.len < 0 || (size_t)id.len >= sizeof m->id)
        die("a member id of %d bytes", id.len);
    memcpy(m->id, id.data, (size_t)id.len);
    m->id[id.len] = '\0';
}

static void synchronize(const struct sockaddr_in *address, kw_arena *arena, const struct member *m)
{
    kw_sync_group_request request;
    kw_sync_group_request_init(&request);
    request.group_id = kw_string_of(m->group);
    request.member_id = kw_string_of(m->id);
    request.generation_id = m->generation;
    request.protocol_type = kw_string_of("consumer");
    request.protocol_name = kw_string_of("range");
    const kw_sync_group_response *answer = exchange_ask(address, arena, KW_KEY_SYNC_GROUP, SYNC_VERSION, &request);
    if (answer->error_code != KW_ERROR_NONE)
        die("SyncGroup: error %d", answer->error_code);
}

static void join(const struct sockaddr_in *address, kw_arena *arena, struct member *m)
{
    const kw_join_group_response *answer = ask_to_join(address, arena, m);
    take_member_id(m, answer->member_id);
    if (answer->error_code == KW_ERROR_MEMBER_ID_REQUIRED)
        answer = ask_to_join(address, arena, m);
    if (answer->error_code != KW_ERROR_NONE)
        die("JoinGroup: error %d", answer->error_code);
    m->generation = answer->generation_id;
    synchronize(address, arena, m);
    kw_arena_reset(arena);
}

/* ---- requests ---- */

static void encode_heartbeat(kw_writer *out, const struct member *m)
{
    kw_heartbeat_request request;
    kw_heartbeat_request_init(&request);
    request.group_id = kw_string_of(m->group);
    request.member_id = kw_string_of(m->id);
    request.generation_id = m->generation;
    exchange_encode(out, KW_KEY_HEARTBEAT, HEARTBEAT_VERSION, 0, &request);
}

static void encode_commit(kw_writer *out, const struct member *m, const char *topic_name)
{
    kw_offset_commit_request request;
    kw_offset_commit_request_topic topic;
    kw_offset_commit_request_partition partition;
    kw_offset_commit_request_init(&request);
    kw_offset_commit_request_topic_init(&topic);
    kw_offset_commit_request_partition_init(&partition);
    partition.committed_offset = (int64_t)SOME_OFFSET;
    partition.committed_metadata = kw_string_of("");
    topic.name = kw_string_of(topic_name);
    topic.partitions.items = &partition;
    topic.partitions.len = 1;
    request.group_id = kw_string_of(m->group);
    request.member_id = kw_string_of(m->id);
    request.generation_id_or_member_epoch = m->generation;
    request.topics.items = &topic;
    request.topics.len = 1;
    exchange_encode(out, KW_KEY_OFFSET_COMMIT, COMMIT_VERSION, 0, &request);
}

static void fill(const struct requests *requests, unsigned connection, uint32_t number, uint8_t *own)
{
    const struct prepared *p = requests->context;
    memcpy(own, p->frames + connection * requests->own, requests->own);
    if (p->offset_at != 0)
        kw_store_be64(own + p->offset_at, number);
}

static int16_t error_of(const struct prepared *p, const void *body)
{
    if (p->api_key == KW_KEY_HEARTBEAT)
        return ((const kw_heartbeat_response *)body)->error_code;
    const kw_offset_commit_response *answer = body;
    if (answer->topics.len != 1 || answer->topics.items[0].partitions.len != 1)
        die("not a response to this OffsetCommit");
    return answer->topics.items[0].partitions.items[0].error_code;
}

static void check(const struct requests *requests, unsigned connection, uint32_t number, const uint8_t *head,
                  size_t size)
{
    const struct prepared *p = requests->context;
    uint8_t memory[4096];
    kw_arena arena;
    if (size > requests->head)
        die("a response of %zu bytes", size);
    kw_arena_init(&arena, memory, sizeof memory);
    int16_t error = error_of(p, exchange_decode(&arena, p->api_key, p->version, head + SIZE_FIELD, size - SIZE_FIELD));
    if (error != KW_ERROR_NONE)
        die("request %u of member %u: error %d", number, connection, error);
}

/* Frames have the same size, as group and member ids have. */
static void prepare_member(struct prepared *p, const struct options *o, unsigned number, unsigned count,
                           const struct member *m, struct requests *out)
{
    kw_writer w;
    uint8_t offset[8];
    kw_writer_init_growing(&w, kw_allocator_libc(), LIMIT);
    if (o->commits)
        encode_commit(&w, m, o->topic);
    else
        encode_heartbeat(&w, m);
    kw_span frame = kw_writer_data(&w);
    if (p->frames == NULL) {
        out->own = frame.size;
        p->frames = must_have(malloc(count * frame.size));
        kw_store_be64(offset, SOME_OFFSET);
        const uint8_t *place = memmem(frame.data, frame.size, offset, sizeof offset);
        p->offset_at = place == NULL ? 0 : (size_t)(place - (const uint8_t *)frame.data);
    }
    if (frame.size != out->own)
        die("requests of two members have %zu and %zu bytes", out->own, frame.size);
    memcpy(p->frames + number * out->own, frame.data, frame.size);
    kw_writer_finish(&w);
}

static void prepare(struct prepared *p, const struct options *o, struct measurement *m)
{
    kw_arena arena;
    struct requests *out = &m->load.requests;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    p->api_key = o->commits ? KW_KEY_OFFSET_COMMIT : KW_KEY_HEARTBEAT;
    p->version = o->commits ? COMMIT_VERSION : HEARTBEAT_VERSION;
    for (unsigned i = 0; i < m->connections; i++) {
        struct member member = {.id = ""};
        (void)snprintf(member.group, sizeof member.group, "%s-%06u", o->group, i);
        join(&m->load.address, &arena, &member);
        prepare_member(p, o, i, m->connections, &member, out);
    }
    kw_arena_finish(&arena);
    out->frame = p->frames;
    out->fill = fill;
    out->check = check;
    out->head = ANSWER_HEAD_MAX;
    out->context = p;
}

/* ---- options ---- */

enum key { PORT, GROUP, TOPIC, CONNECTIONS, DEPTH, THREADS, PID, WARM_UP, SECONDS, HELP };

static const struct option known[] = {
    {"port", required_argument, NULL, PORT},
    {"group", required_argument, NULL, GROUP},
    {"topic", required_argument, NULL, TOPIC},
    {"connections", required_argument, NULL, CONNECTIONS},
    {"depth", required_argument, NULL, DEPTH},
    {"threads", required_argument, NULL, THREADS},
    {"pid", required_argument, NULL, PID},
    {"warm-up", required_argument, NULL, WARM_UP},
    {"seconds", required_argument, NULL, SECONDS},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0},
};

static void take_option(int key, struct options *o, struct measurement *m)
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
    case CONNECTIONS:
        m->connections = (unsigned)option_number(optarg, 1, 100000);
        break;
    case DEPTH:
        m->load.depth = (unsigned)option_number(optarg, 1, 1000);
        break;
    case THREADS:
        m->threads = (unsigned)option_number(optarg, 1, 64);
        break;
    case PID:
        m->pid = (pid_t)option_number(optarg, 1, INT32_MAX);
        break;
    case WARM_UP:
        m->warm_up = option_number(optarg, 0, 60);
        break;
    case SECONDS:
        m->seconds = option_number(optarg, 0.01, 600);
        break;
    case HELP:
        fputs(help, stdout);
        exit(0);
    default:
        exit(2);
    }
}

static void parse_options(int argc, char **argv, struct options *o, struct measurement *m)
{
    int key;
    while ((key = getopt_long(argc, argv, "", known, NULL)) != -1)
        take_option(key, o, m);
    if (o->port == 0 || o->group == NULL || optind + 1 != argc)
        die("heartbeat or commit, a port and a group are needed; see --help");
    o->commits = strcmp(argv[optind], "commit") == 0;
    if (!o->commits && strcmp(argv[optind], "heartbeat") != 0)
        die("heartbeat or commit; see --help");
    if (o->commits && o->topic == NULL)
        die("commits need a topic; see --help");
    if (strlen(o->group) > GROUP_SIZE - 16)
        die("the prefix of the groups is too long");
}

int main(int argc, char **argv)
{
    struct options o = {0};
    struct measurement m = {.pid = -1, .connections = 1, .threads = 2, .seconds = 1};
    struct prepared prepared = {0};
    m.load.depth = 1;
    m.load.budget = UINT64_MAX;
    parse_options(argc, argv, &o, &m);
    m.load.address = loopback((uint16_t)o.port);
    prepare(&prepared, &o, &m);
    measure(&m, 0);
    free(prepared.frames);
    return 0;
}

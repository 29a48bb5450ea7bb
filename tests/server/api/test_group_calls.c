/* SPDX-License-Identifier: Apache-2.0 */
/* JoinGroup, SyncGroup, Heartbeat and LeaveGroup as calls: every version, calls that wait for others, connections that
 * end meanwhile, memory that is short, and a broker that stops. */
#include "admin_broker.h"

#include "coordinators.h"

enum { PEERS = 3, NEWEST_JOIN = 9, NEWEST_SYNC = 5, NEWEST_LEAVE = 5, NEWEST_HEARTBEAT = 4, ID_SIZE = 64 };

static struct executor *homes[] = {&sim.executor};
static struct sim_client peers[PEERS];
static char ids[PEERS][ID_SIZE];

static void start_peer(size_t i)
{
    sim_client_init(&peers[i], &sim, &service, ARENA_LIMIT);
}

static int set_up_groups(void **state)
{
    kw_find_coordinator_request find;
    if (set_up(state) != 0)
        return -1;
    set_property("group.initial.rebalance.delay.ms", "0");
    set_property("offsets.topic.num.partitions", "2");
    coordinators_start(&broker, homes, 1);
    kw_find_coordinator_request_init(&find);
    find.key = kw_string_of("group");
    (void)ask(KW_KEY_FIND_COORDINATOR, 3, &find);
    for (size_t i = 0; i < PEERS; i++)
        start_peer(i);
    return 0;
}

static int tear_down_groups(void **state)
{
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    sim_settle(&sim);
    for (size_t i = 0; i < PEERS; i++)
        if (!peers[i].is_gone)
            sim_client_finish(&peers[i]);
    return tear_down(state);
}

/* ---- requests of a peer ---- */

static const void *take_of(size_t peer, int16_t key, int16_t version)
{
    struct sim_client saved = client;
    client = peers[peer];
    const void *response = take_response(key, version);
    peers[peer] = client;
    client = saved;
    return response;
}

static enum exchange_outcome send_of(size_t peer, int16_t key, int16_t version, const void *request)
{
    (void)sim_client_send(&peers[peer], request_frame(key, version, request));
    sim_settle(&sim);
    return peers[peer].outcome;
}

static kw_join_group_request_protocol protocol;

static kw_join_group_request join_of(size_t peer)
{
    kw_join_group_request request;
    kw_join_group_request_init(&request);
    kw_join_group_request_protocol_init(&protocol);
    protocol.name = kw_string_of("range");
    protocol.metadata = kw_bytes_of("\0\0\0\0\0\0\0\0\0\0", 10);
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of(ids[peer]);
    request.session_timeout_ms = 30000;
    request.rebalance_timeout_ms = 60000;
    request.protocol_type = kw_string_of("consumer");
    request.protocols.items = &protocol;
    request.protocols.len = 1;
    return request;
}

static enum exchange_outcome join(size_t peer)
{
    const kw_join_group_request request = join_of(peer);
    return send_of(peer, KW_KEY_JOIN_GROUP, NEWEST_JOIN, &request);
}

static const kw_join_group_response *joined(size_t peer)
{
    return take_of(peer, KW_KEY_JOIN_GROUP, NEWEST_JOIN);
}

static void get_id(size_t peer)
{
    ids[peer][0] = '\0';
    assert_int_equal(join(peer), EXCHANGE_ANSWERED);
    const kw_join_group_response *response = joined(peer);
    assert_int_equal(response->error_code, KW_ERROR_MEMBER_ID_REQUIRED);
    (void)snprintf(ids[peer], ID_SIZE, "%.*s", KW_FMT(response->member_id));
}

static enum exchange_outcome sync_with(size_t peer, int32_t generation, size_t others)
{
    kw_sync_group_request request;
    kw_sync_group_request_assignment assignments[PEERS];
    kw_sync_group_request_init(&request);
    request.group_id = kw_string_of("group");
    request.generation_id = generation;
    request.member_id = kw_string_of(ids[peer]);
    request.protocol_type = kw_string_of("consumer");
    request.protocol_name = kw_string_of("range");
    request.assignments.items = assignments;
    for (size_t i = 0; i < others; i++) {
        kw_sync_group_request_assignment_init(&assignments[i]);
        assignments[i].member_id = kw_string_of(ids[i]);
        assignments[i].assignment = kw_bytes_of(ids[i], 5);
    }
    request.assignments.len = (int32_t)others;
    return send_of(peer, KW_KEY_SYNC_GROUP, NEWEST_SYNC, &request);
}

static const kw_sync_group_response *synced(size_t peer)
{
    return take_of(peer, KW_KEY_SYNC_GROUP, NEWEST_SYNC);
}

/* Peers 0 and 1 are the members of generation 2, and 0 leads. */
static void make_pair(void)
{
    get_id(0);
    assert_int_equal(join(0), EXCHANGE_ANSWERED);
    assert_int_equal(joined(0)->generation_id, 1);
    get_id(1);
    assert_int_equal(join(1), EXCHANGE_RESTING);
    assert_int_equal(join(0), EXCHANGE_ANSWERED);
    assert_int_equal(joined(0)->members.len, 2);
    assert_int_equal(peers[1].outcome, EXCHANGE_ANSWERED);
    assert_int_equal(joined(1)->generation_id, 2);
}

/* ---- what they get ---- */

static void two_members(void **state)
{
    (void)state;
    make_pair();
    assert_int_equal(sync_with(1, 2, 0), EXCHANGE_RESTING);
    assert_int_equal(sync_with(0, 2, 2), EXCHANGE_ANSWERED);
    const kw_sync_group_response *response = synced(0);
    assert_int_equal(response->error_code, KW_ERROR_NONE);
    assert_true(kw_string_equal(response->protocol_name, kw_string_of("range")));
    assert_int_equal(response->assignment.len, 5);
    assert_int_equal(peers[1].outcome, EXCHANGE_ANSWERED);
    response = synced(1);
    assert_true(kw_bytes_equal(response->assignment, kw_bytes_of(ids[1], 5)));
    assert_true(kw_string_equal(response->protocol_type, kw_string_of("consumer")));
    assert_int_equal(sync_with(1, 2, 0), EXCHANGE_ANSWERED);
    assert_true(kw_bytes_equal(synced(1)->assignment, kw_bytes_of(ids[1], 5)));
}

static void the_answer_of_a_member(void **state)
{
    (void)state;
    make_pair();
    assert_int_equal(join(1), EXCHANGE_ANSWERED); /* the same once more */
    const kw_join_group_response *response = joined(1);
    assert_int_equal(response->error_code, KW_ERROR_NONE);
    assert_int_equal(response->generation_id, 2);
    assert_true(kw_string_equal(response->protocol_type, kw_string_of("consumer")));
    assert_true(kw_string_equal(response->protocol_name, kw_string_of("range")));
    assert_true(kw_string_equal(response->leader, kw_string_of(ids[0])));
    assert_true(kw_string_equal(response->member_id, kw_string_of(ids[1])));
    assert_int_equal(response->members.len, 0);
    assert_false(response->skip_assignment);
    assert_int_equal(join(0), EXCHANGE_ANSWERED);
    response = joined(0);
    assert_int_equal(response->members.len, 2);
    assert_true(kw_string_equal(response->members.items[1].member_id, kw_string_of(ids[1])));
    assert_int_equal(response->members.items[1].metadata.len, 10);
    assert_int_equal(response->members.items[1].group_instance_id.len, -1);
    assert_int_equal(strncmp(ids[0], "test-", 5), 0); /* by the client id */
}

/* ---- what others see ---- */

static const kw_describe_groups_response_described_group *described(int16_t version, const char *group)
{
    kw_describe_groups_request request;
    kw_string name = kw_string_of(group);
    kw_describe_groups_request_init(&request);
    request.groups = (kw_string_array){&name, 1};
    if (sim_client_send(&client, request_frame(KW_KEY_DESCRIBE_GROUPS, version, &request)) == EXCHANGE_PENDING)
        sim_settle(&sim);
    const kw_describe_groups_response *response = take_response(KW_KEY_DESCRIBE_GROUPS, version);
    assert_int_equal(response->groups.len, 1);
    assert_true(kw_string_equal(response->groups.items[0].group_id, name));
    return &response->groups.items[0];
}

static bool is_text(kw_string text, const char *expected)
{
    return kw_string_equal(text, kw_string_of(expected));
}

static void assert_pair(const kw_describe_groups_response_described_group *group, const char *state, bool is_stable,
                        bool has_assignment)
{
    assert_int_equal(group->error_code, KW_ERROR_NONE);
    assert_true(is_text(group->group_state, state));
    assert_true(is_text(group->protocol_type, "consumer"));
    assert_true(is_text(group->protocol_data, is_stable ? "range" : ""));
    assert_int_equal(group->members.len, 2);
    for (int i = 0; i < 2; i++) {
        const kw_describe_groups_response_described_group_member *member = &group->members.items[i];
        assert_true(is_text(member->member_id, ids[i]));
        assert_int_equal(member->group_instance_id.len, -1);
        assert_true(is_text(member->client_id, "test"));
        assert_true(member->client_host.len > 0 && member->client_host.data[0] == '/');
        assert_int_equal(member->member_metadata.len, is_stable ? 10 : 0);
        assert_int_equal(member->member_assignment.len, has_assignment ? 5 : 0);
        assert_true(!has_assignment || kw_bytes_equal(member->member_assignment, kw_bytes_of(ids[i], 5)));
    }
}

static void groups_are_described(void **state)
{
    (void)state;
    enum { NEWEST_DESCRIBE = 6, FIRST_WITH_UNKNOWN = 6 };
    make_pair();
    for (int16_t version = 0; version <= NEWEST_DESCRIBE; version++)
        assert_pair(described(version, "group"), "CompletingRebalance", false, false);
    assert_int_equal(sync_with(1, 2, 0), EXCHANGE_RESTING);
    assert_int_equal(sync_with(0, 2, 2), EXCHANGE_ANSWERED);
    for (int16_t version = 0; version <= NEWEST_DESCRIBE; version++) {
        assert_pair(described(version, "group"), "Stable", true, true);
        const kw_describe_groups_response_described_group *group = described(version, "nobody");
        assert_int_equal(group->error_code,
                         version >= FIRST_WITH_UNKNOWN ? KW_ERROR_GROUP_ID_NOT_FOUND : KW_ERROR_NONE);
        assert_true(is_text(group->group_state, "Dead"));
        assert_int_equal(group->members.len, 0);
    }
    (void)synced(0);
    (void)synced(1);
    assert_int_equal(join(0), EXCHANGE_RESTING);
    assert_pair(described(NEWEST_DESCRIBE, "group"), "PreparingRebalance", false, true);
    assert_int_equal(join(1), EXCHANGE_ANSWERED);
    (void)joined(0);
    (void)joined(1);
}

/* A group for each version. */
static void every_version_of_join(void **state)
{
    (void)state;
    for (int16_t version = 0; version <= NEWEST_JOIN; version++) {
        char group[8], id[ID_SIZE] = "";
        (void)snprintf(group, sizeof group, "v%d", version);
        kw_join_group_request request = join_of(0);
        request.group_id = kw_string_of(group);
        request.member_id = kw_string_of("");
        if (version >= 4) {
            (void)send_of(0, KW_KEY_JOIN_GROUP, version, &request);
            const kw_join_group_response *response = take_of(0, KW_KEY_JOIN_GROUP, version);
            assert_int_equal(response->error_code, KW_ERROR_MEMBER_ID_REQUIRED);
            assert_int_equal(response->protocol_name.len, version >= 7 ? -1 : 0);
            assert_int_equal(response->generation_id, -1);
            (void)snprintf(id, sizeof id, "%.*s", KW_FMT(response->member_id));
            request.member_id = kw_string_of(id);
        }
        assert_int_equal(send_of(0, KW_KEY_JOIN_GROUP, version, &request), EXCHANGE_ANSWERED);
        const kw_join_group_response *response = take_of(0, KW_KEY_JOIN_GROUP, version);
        assert_int_equal(response->error_code, KW_ERROR_NONE);
        assert_int_equal(response->generation_id, 1);
        assert_int_equal(response->members.len, 1);
        request.member_id = kw_string_of("nobody");
        (void)send_of(0, KW_KEY_JOIN_GROUP, version, &request);
        response = take_of(0, KW_KEY_JOIN_GROUP, version);
        assert_int_equal(response->error_code, KW_ERROR_UNKNOWN_MEMBER_ID);
        assert_int_equal(response->protocol_name.len, version >= 7 ? -1 : 0);
        assert_true(kw_string_equal(response->member_id, kw_string_of("nobody")));
    }
}

static void a_static_member(void **state)
{
    (void)state;
    kw_join_group_request request = join_of(0);
    request.member_id = kw_string_of("");
    request.group_instance_id = kw_string_of("one");
    assert_int_equal(send_of(0, KW_KEY_JOIN_GROUP, NEWEST_JOIN, &request), EXCHANGE_ANSWERED);
    const kw_join_group_response *response = joined(0);
    assert_true(kw_string_equal(response->members.items[0].group_instance_id, kw_string_of("one")));
    (void)snprintf(ids[0], ID_SIZE, "%.*s", KW_FMT(response->member_id));
    assert_int_equal(sync_with(0, 1, 1), EXCHANGE_ANSWERED);
    assert_int_equal(synced(0)->assignment.len, 5);
    assert_int_equal(send_of(1, KW_KEY_JOIN_GROUP, NEWEST_JOIN, &request), EXCHANGE_ANSWERED);
    response = joined(1);
    assert_int_equal(response->error_code, KW_ERROR_NONE);
    assert_true(response->skip_assignment);
    assert_int_equal(response->generation_id, 1);
    assert_int_equal(response->members.len, 1);
    assert_true(kw_string_equal(response->leader, response->member_id));
    assert_false(kw_string_equal(response->leader, kw_string_of(ids[0])));
    request.member_id = kw_string_of(ids[0]);
    (void)send_of(0, KW_KEY_JOIN_GROUP, NEWEST_JOIN, &request);
    assert_int_equal(joined(0)->error_code, KW_ERROR_FENCED_INSTANCE_ID);
}

static int16_t heartbeat(size_t peer, int16_t version, int32_t generation)
{
    kw_heartbeat_request request;
    kw_heartbeat_request_init(&request);
    request.group_id = kw_string_of("group");
    request.member_id = kw_string_of(ids[peer]);
    request.generation_id = generation;
    (void)send_of(peer, KW_KEY_HEARTBEAT, version, &request);
    return ((const kw_heartbeat_response *)take_of(peer, KW_KEY_HEARTBEAT, version))->error_code;
}

static void every_version_of_heartbeats(void **state)
{
    (void)state;
    make_pair();
    for (int16_t version = 0; version <= NEWEST_HEARTBEAT; version++) {
        assert_int_equal(heartbeat(0, version, 2), KW_ERROR_NONE);
        assert_int_equal(heartbeat(0, version, 1), KW_ERROR_ILLEGAL_GENERATION);
    }
    assert_int_equal(heartbeat(2, NEWEST_HEARTBEAT, 2), KW_ERROR_UNKNOWN_MEMBER_ID);
}

static void every_version_of_leaving(void **state)
{
    (void)state;
    for (int16_t version = 0; version <= NEWEST_LEAVE; version++) {
        kw_leave_group_request request;
        kw_leave_group_request_member_identity members[2];
        make_pair();
        kw_leave_group_request_init(&request);
        request.group_id = kw_string_of("group");
        for (size_t i = 0; i < 2; i++) {
            kw_leave_group_request_member_identity_init(&members[i]);
            members[i].member_id = kw_string_of(ids[i]);
        }
        request.members.items = members;
        request.members.len = version >= 3 ? 2 : 0;
        if (version < 3)
            request.member_id = kw_string_of(ids[0]);
        (void)send_of(0, KW_KEY_LEAVE_GROUP, version, &request);
        const kw_leave_group_response *response = take_of(0, KW_KEY_LEAVE_GROUP, version);
        assert_int_equal(response->error_code, KW_ERROR_NONE);
        assert_int_equal(response->members.len, version >= 3 ? 2 : 0);
        (void)send_of(0, KW_KEY_LEAVE_GROUP, version, &request);
        response = take_of(0, KW_KEY_LEAVE_GROUP, version);
        assert_int_equal(response->error_code, version < 3 ? KW_ERROR_UNKNOWN_MEMBER_ID : KW_ERROR_NONE);
        if (version >= 3) {
            assert_int_equal(response->members.items[1].error_code, KW_ERROR_UNKNOWN_MEMBER_ID);
            assert_true(kw_string_equal(response->members.items[1].member_id, members[1].member_id));
        } else {
            request.member_id = kw_string_of(ids[1]);
            (void)send_of(0, KW_KEY_LEAVE_GROUP, version, &request);
            response = take_of(0, KW_KEY_LEAVE_GROUP, version);
            assert_int_equal(response->error_code, KW_ERROR_NONE);
        }
        /* The next pair starts at generation 1, in a group of its own. */
        kw_delete_groups_request delete;
        kw_string name = kw_string_of("group");
        kw_delete_groups_request_init(&delete);
        delete.groups_names = (kw_string_array){&name, 1};
        assert_non_null(strstr(ask(KW_KEY_DELETE_GROUPS, 2, &delete), "'errorCode':0"));
    }
}

/* ---- what is refused at once ---- */

static void requests_that_are_refused(void **state)
{
    (void)state;
    static const int32_t timeouts[] = {5999, 1800001};
    kw_join_group_request request = join_of(0);
    request.group_id = kw_string_of("");
    request.member_id = kw_string_of("me");
    (void)send_of(0, KW_KEY_JOIN_GROUP, NEWEST_JOIN, &request);
    assert_int_equal(joined(0)->error_code, KW_ERROR_INVALID_GROUP_ID);
    for (size_t i = 0; i < COUNT_OF(timeouts); i++) {
        request = join_of(0);
        request.member_id = kw_string_of("me");
        request.session_timeout_ms = timeouts[i];
        (void)send_of(0, KW_KEY_JOIN_GROUP, NEWEST_JOIN, &request);
        const kw_join_group_response *response = joined(0);
        assert_int_equal(response->error_code, KW_ERROR_INVALID_SESSION_TIMEOUT);
        assert_true(kw_string_equal(response->member_id, kw_string_of("me")));
    }
    kw_sync_group_request sync;
    kw_sync_group_request_init(&sync);
    sync.protocol_type = kw_string_of("consumer");
    (void)send_of(0, KW_KEY_SYNC_GROUP, NEWEST_SYNC, &sync);
    assert_int_equal(synced(0)->error_code, KW_ERROR_INCONSISTENT_GROUP_PROTOCOL);
    sync.protocol_name = kw_string_of("range");
    (void)send_of(0, KW_KEY_SYNC_GROUP, NEWEST_SYNC, &sync);
    assert_int_equal(synced(0)->error_code, KW_ERROR_INVALID_GROUP_ID);
    sync.group_id = kw_string_of("unknown");
    sync.protocol_name = sync.protocol_type = (kw_string){NULL, -1};
    (void)send_of(0, KW_KEY_SYNC_GROUP, 4, &sync);
    assert_int_equal(((const kw_sync_group_response *)take_of(0, KW_KEY_SYNC_GROUP, 4))->error_code,
                     KW_ERROR_UNKNOWN_MEMBER_ID);
    kw_heartbeat_request beat;
    kw_heartbeat_request_init(&beat);
    assert_string_equal(ask(KW_KEY_HEARTBEAT, NEWEST_HEARTBEAT, &beat), "{'throttleTimeMs':0,'errorCode':24}");
    kw_leave_group_request leave;
    kw_leave_group_request_init(&leave);
    assert_string_equal(ask(KW_KEY_LEAVE_GROUP, NEWEST_LEAVE, &leave),
                        "{'throttleTimeMs':0,'errorCode':24,'members':[]}");
}

static void nobody_coordinates(void **state)
{
    (void)state;
    get_id(0);
    coordinators_stop(&broker);
    sim_settle(&sim);
    (void)join(0);
    const kw_join_group_response *response = joined(0);
    assert_int_equal(response->error_code, KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(response->member_id.len, 0);
    assert_int_equal(heartbeat(0, NEWEST_HEARTBEAT, 1), KW_ERROR_NOT_COORDINATOR);
    assert_int_equal(sync_with(0, 1, 0), EXCHANGE_ANSWERED);
    assert_int_equal(synced(0)->error_code, KW_ERROR_NOT_COORDINATOR);
}

/* ---- the end of a call that waits ---- */

static void the_broker_stops(void **state)
{
    (void)state;
    make_pair();
    assert_int_equal(sync_with(1, 2, 0), EXCHANGE_RESTING);
    get_id(2);
    coordinators_stop(&broker);
    sim_settle(&sim);
    assert_int_equal(peers[1].outcome, EXCHANGE_ANSWERED);
    assert_int_equal(synced(1)->error_code, KW_ERROR_NOT_COORDINATOR);
}

static void the_broker_stops_while_somebody_joins(void **state)
{
    (void)state;
    make_pair();
    get_id(2);
    assert_int_equal(join(2), EXCHANGE_RESTING);
    coordinators_stop(&broker);
    sim_settle(&sim);
    const kw_join_group_response *response = joined(2);
    assert_int_equal(response->error_code, KW_ERROR_NOT_COORDINATOR);
    assert_true(kw_string_equal(response->member_id, kw_string_of(ids[2])));
}

static void a_connection_ends(void **state)
{
    (void)state;
    make_pair();
    assert_int_equal(sync_with(1, 2, 0), EXCHANGE_RESTING);
    sim_client_leave(&peers[1]);
    sim_settle(&sim);
    assert_int_equal(sync_with(0, 2, 2), EXCHANGE_ANSWERED);
    assert_int_equal(synced(0)->assignment.len, 5);
    start_peer(1);
    assert_int_equal(sync_with(1, 2, 0), EXCHANGE_ANSWERED); /* it asks again */
    assert_int_equal(synced(1)->assignment.len, 5);
}

static void a_peer_sends_nothing_more(void **state)
{
    (void)state;
    make_pair();
    get_id(2);
    assert_int_equal(join(2), EXCHANGE_RESTING);
    sim_client_hurry(&peers[2]);
    sim_settle(&sim);
    assert_int_equal(peers[2].outcome, EXCHANGE_CLOSE);
    assert_int_equal(join(0), EXCHANGE_RESTING); /* it counts as one that has joined */
    assert_int_equal(join(1), EXCHANGE_ANSWERED);
    assert_int_equal(joined(1)->generation_id, 3);
    assert_int_equal(joined(0)->members.len, 3);
}

/* ---- memory ---- */

/* Each of them with less memory than it needs. */
static void memory_is_short(void **state)
{
    (void)state;
    kw_join_group_request join = join_of(0);
    join.member_id = kw_string_of("");
    (void)ask_while_memory_is_short(KW_KEY_JOIN_GROUP, NEWEST_JOIN, &join);
    assert_non_null(strstr(json, "'errorCode':79"));
    kw_heartbeat_request beat;
    kw_heartbeat_request_init(&beat);
    beat.group_id = kw_string_of("group");
    (void)ask_while_memory_is_short(KW_KEY_HEARTBEAT, NEWEST_HEARTBEAT, &beat);
    assert_non_null(strstr(json, "'errorCode':25"));
    kw_leave_group_request leave;
    kw_leave_group_request_init(&leave);
    leave.group_id = kw_string_of("group");
    leave.member_id = kw_string_of("nobody");
    (void)ask_while_memory_is_short(KW_KEY_LEAVE_GROUP, 2, &leave);
    assert_non_null(strstr(json, "'errorCode':25"));
    kw_sync_group_request sync;
    kw_sync_group_request_init(&sync);
    sync.group_id = kw_string_of("group");
    (void)ask_while_memory_is_short(KW_KEY_SYNC_GROUP, 3, &sync);
    assert_non_null(strstr(json, "'errorCode':25"));
}

/* ---- groups of the consumer protocol ---- */

static void change_topic(bool is_created)
{
    if (is_created) {
        kw_create_topics_request request;
        kw_create_topics_request_creatable_topic topic;
        kw_create_topics_request_init(&request);
        kw_create_topics_request_creatable_topic_init(&topic);
        topic.name = kw_string_of("topic");
        topic.num_partitions = 2;
        topic.replication_factor = 1;
        request.timeout_ms = 1000;
        request.topics.items = &topic;
        request.topics.len = 1;
        (void)ask(KW_KEY_CREATE_TOPICS, 7, &request);
    } else {
        kw_delete_topics_request request;
        kw_string name = kw_string_of("topic");
        kw_delete_topics_request_init(&request);
        request.timeout_ms = 1000;
        request.topic_names = (kw_string_array){&name, 1};
        (void)ask(KW_KEY_DELETE_TOPICS, 5, &request);
    }
    assert_int_equal(current_topic("topic") != NULL, is_created);
}

static const kw_consumer_group_heartbeat_request *to_join_consumers(void)
{
    static kw_consumer_group_heartbeat_request request;
    static kw_string name;
    name = kw_string_of("topic");
    kw_consumer_group_heartbeat_request_init(&request);
    request.group_id = kw_string_of("consumers");
    request.member_id = kw_string_of("m");
    request.rebalance_timeout_ms = 60000;
    request.subscribed_topic_names = (kw_string_array){&name, 1};
    request.topic_partitions.len = 0;
    return &request;
}

static const char *describe_consumers(void)
{
    kw_consumer_group_describe_request request;
    kw_string id = kw_string_of("consumers");
    kw_consumer_group_describe_request_init(&request);
    request.group_ids = (kw_string_array){&id, 1};
    return ask(KW_KEY_CONSUMER_GROUP_DESCRIBE, 1, &request);
}

/* A member of a group whose topic goes is described without it. */
static void consumers_of_a_topic_that_is_deleted(void **state)
{
    (void)state;
    change_topic(true);
    assert_non_null(strstr(ask(KW_KEY_CONSUMER_GROUP_HEARTBEAT, 1, to_join_consumers()), "'partitions':[0,1]"));
    assert_non_null(strstr(describe_consumers(), "'memberId':'m'"));
    assert_non_null(strstr(json, "'topicName':'topic','partitions':[0,1]"));
    change_topic(false);
    assert_non_null(strstr(describe_consumers(), "'memberId':'m'"));
    assert_non_null(strstr(json, "'errorCode':0"));
    assert_null(strstr(json, "'partitions':[0,1]"));
}

static void memory_is_short_for_consumers(void **state)
{
    (void)state;
    (void)ask_while_memory_is_short(KW_KEY_CONSUMER_GROUP_HEARTBEAT, 1, to_join_consumers());
    assert_non_null(strstr(json, "'errorCode':0,'errorMessage':null,'memberId':'m','memberEpoch':"));
    assert_non_null(strstr(json, "'heartbeatIntervalMs':5000"));
}

static void memory_is_short_at_the_end(void **state)
{
    (void)state;
    make_pair();
    assert_int_equal(sync_with(1, 2, 0), EXCHANGE_RESTING);
    peers[1].memory_is_short = true;
    assert_int_equal(sync_with(0, 2, 2), EXCHANGE_ANSWERED);
    assert_int_equal(peers[1].outcome, EXCHANGE_CLOSE);
    assert_int_equal(synced(0)->assignment.len, 5);
}

#define GROUP_TEST(function) cmocka_unit_test_setup_teardown(function, set_up_groups, tear_down_groups)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GROUP_TEST(two_members),
        GROUP_TEST(the_answer_of_a_member),
        GROUP_TEST(groups_are_described),
        GROUP_TEST(every_version_of_join),
        GROUP_TEST(a_static_member),
        GROUP_TEST(every_version_of_heartbeats),
        GROUP_TEST(every_version_of_leaving),
        GROUP_TEST(requests_that_are_refused),
        GROUP_TEST(nobody_coordinates),
        GROUP_TEST(the_broker_stops),
        GROUP_TEST(the_broker_stops_while_somebody_joins),
        GROUP_TEST(a_connection_ends),
        GROUP_TEST(a_peer_sends_nothing_more),
        GROUP_TEST(memory_is_short),
        GROUP_TEST(memory_is_short_at_the_end),
        GROUP_TEST(consumers_of_a_topic_that_is_deleted),
        GROUP_TEST(memory_is_short_for_consumers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

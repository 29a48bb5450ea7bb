/* SPDX-License-Identifier: Apache-2.0 */
/* OffsetCommit, OffsetFetch and OffsetDelete as calls in every version: several topics and partitions, by name and by
 * id, all of a group, what is not known, and memory that is short. */
#include "admin_broker.h"

#include "coordinators.h"

enum {
    FIRST_COMMIT = 2,
    NEWEST_COMMIT = 10,
    COMMIT_WITH_EPOCHS = 6,
    FIRST_FETCH = 1,
    NEWEST_FETCH = 10,
    FETCH_WITH_NULL = 2,
    FETCH_WITH_EPOCHS = 5,
    FETCH_WITH_GROUPS = 8,
    FIRST_WITH_IDS = 10,
    COMMITTED = 3
};

static struct executor *homes[] = {&sim.executor};

static void create_topic(const char *name, int32_t partitions)
{
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic topic;
    kw_create_topics_request_init(&request);
    kw_create_topics_request_creatable_topic_init(&topic);
    topic.name = kw_string_of(name);
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    request.timeout_ms = 1000;
    request.topics.items = &topic;
    request.topics.len = 1;
    (void)ask(KW_KEY_CREATE_TOPICS, 7, &request);
}

static int set_up_offsets(void **state)
{
    kw_find_coordinator_request find;
    if (set_up(state) != 0)
        return -1;
    set_property("offsets.topic.num.partitions", "2");
    coordinators_start(&broker, homes, 1);
    kw_find_coordinator_request_init(&find);
    find.key = kw_string_of("group");
    (void)ask(KW_KEY_FIND_COORDINATOR, 3, &find);
    create_topic("one", 3);
    create_topic("two", 1);
    return 0;
}

static int tear_down_offsets(void **state)
{
    coordinators_stop(&broker);
    sim_settle(&sim);
    coordinators_await(&broker);
    sim_settle(&sim);
    return tear_down(state);
}

/* ---- commits ---- */

/* Partitions 0 and 2 of "one" at base + 1 and base + 3, partition 0 of "two" at base + 5. */
static struct {
    kw_offset_commit_request request;
    kw_offset_commit_request_topic topics[2];
    kw_offset_commit_request_partition partitions[COMMITTED];
} made;

static const void *to_commit(int16_t version, const char *group, int64_t base)
{
    static const int32_t indexes[] = {0, 2, 0};
    static const char *const names[] = {"one", "two"};
    kw_offset_commit_request_init(&made.request);
    made.request.group_id = kw_string_of(group);
    made.request.member_id = kw_string_of("");
    for (int32_t i = 0; i < COMMITTED; i++) {
        kw_offset_commit_request_partition_init(&made.partitions[i]);
        made.partitions[i].partition_index = indexes[i];
        made.partitions[i].committed_offset = base + 1 + 2 * i;
        made.partitions[i].committed_leader_epoch = version >= COMMIT_WITH_EPOCHS ? 0 : -1;
        made.partitions[i].committed_metadata = kw_string_of(i == 1 ? "text" : NULL);
    }
    for (int32_t i = 0; i < 2; i++) {
        kw_offset_commit_request_topic_init(&made.topics[i]);
        made.topics[i].name = kw_string_of(names[i]);
        made.topics[i].topic_id = current_topic(names[i])->id;
    }
    made.topics[0].partitions.items = made.partitions;
    made.topics[0].partitions.len = 2;
    made.topics[1].partitions.items = made.partitions + 2;
    made.topics[1].partitions.len = 1;
    made.request.topics.items = made.topics;
    made.request.topics.len = 2;
    return &made.request;
}

static void assert_committed(int16_t version)
{
    const kw_offset_commit_response *response = take_response(KW_KEY_OFFSET_COMMIT, version);
    assert_int_equal(response->topics.len, 2);
    for (int32_t t = 0, at = 0; t < 2; t++) {
        const kw_offset_commit_response_topic *topic = &response->topics.items[t];
        if (version < FIRST_WITH_IDS)
            assert_true(kw_string_equal(topic->name, made.topics[t].name));
        else
            assert_true(kw_uuid_equal(topic->topic_id, made.topics[t].topic_id));
        assert_int_equal(topic->partitions.len, made.topics[t].partitions.len);
        for (int32_t p = 0; p < topic->partitions.len; p++, at++) {
            assert_int_equal(topic->partitions.items[p].partition_index, made.partitions[at].partition_index);
            assert_int_equal(topic->partitions.items[p].error_code, KW_ERROR_NONE);
        }
    }
}

static void send_one(int16_t key, int16_t version, const void *request)
{
    if (sim_client_send(&client, request_frame(key, version, request)) == EXCHANGE_PENDING)
        sim_settle(&sim);
}

static void commit(int16_t version, const char *group, int64_t base)
{
    send_one(KW_KEY_OFFSET_COMMIT, version, to_commit(version, group, base));
    assert_committed(version);
}

/* ---- fetches, as one line ---- */

static struct {
    kw_offset_fetch_request request;
    kw_offset_fetch_request_topic topics[2];
    kw_offset_fetch_request_group group;
    kw_offset_fetch_request_topics group_topics[2];
} asked;

/* Partitions 0 to 2 of "one" and 0 of "two"; or all of the group. */
static const void *to_fetch(int16_t version, const char *group, bool is_all)
{
    static int32_t indexes[] = {0, 1, 2};
    static const char *const names[] = {"one", "two"};
    kw_offset_fetch_request_init(&asked.request);
    kw_offset_fetch_request_group_init(&asked.group);
    for (int i = 0; i < 2; i++) {
        kw_offset_fetch_request_topic_init(&asked.topics[i]);
        kw_offset_fetch_request_topics_init(&asked.group_topics[i]);
        asked.topics[i].name = asked.group_topics[i].name = kw_string_of(names[i]);
        asked.group_topics[i].topic_id = current_topic(names[i])->id;
        asked.topics[i].partition_indexes = asked.group_topics[i].partition_indexes =
            (kw_int32_array){indexes, i == 0 ? 3 : 1};
    }
    if (version >= FETCH_WITH_GROUPS) {
        asked.group.group_id = kw_string_of(group);
        asked.group.topics.items = asked.group_topics;
        asked.group.topics.len = is_all ? -1 : 2;
        asked.request.groups.items = &asked.group;
        asked.request.groups.len = 1;
    } else {
        asked.request.group_id = kw_string_of(group);
        asked.request.topics.items = asked.topics;
        asked.request.topics.len = is_all ? -1 : 2;
    }
    return &asked.request;
}

struct line {
    FILE *out;
    char text[1024];
};

static void print(struct line *line, int16_t version, int32_t index, int64_t offset, int32_t epoch, kw_string metadata,
                  int16_t error)
{
    fprintf(line->out, " %d:%lld", (int)index, (long long)offset);
    assert_int_equal(epoch, version >= FETCH_WITH_EPOCHS && offset >= 0 ? 0 : -1);
    if (metadata.len > 0)
        fprintf(line->out, "(%.*s)", KW_FMT(metadata));
    if (error != KW_ERROR_NONE)
        fprintf(line->out, "!%d", error);
}

static void print_groups(struct line *line, int16_t version, const kw_offset_fetch_response *response)
{
    assert_int_equal(response->groups.len, 1);
    const kw_offset_fetch_response_group *g = &response->groups.items[0];
    assert_true(kw_string_equal(g->group_id, asked.group.group_id));
    if (g->error_code != KW_ERROR_NONE)
        fprintf(line->out, "error %d", g->error_code);
    for (int32_t t = 0; t < g->topics.len; t++) {
        const kw_offset_fetch_response_topics *topic = &g->topics.items[t];
        bool is_one = version < FIRST_WITH_IDS ? kw_string_equal(topic->name, kw_string_of("one"))
                                               : kw_uuid_equal(topic->topic_id, current_topic("one")->id);
        fprintf(line->out, "%s%s", t != 0 ? " " : "", is_one ? "one" : "two");
        for (int32_t p = 0; p < topic->partitions.len; p++) {
            const kw_offset_fetch_response_partitions *x = &topic->partitions.items[p];
            print(line, version, x->partition_index, x->committed_offset, x->committed_leader_epoch, x->metadata,
                  x->error_code);
        }
    }
}

static const char *line_of(int16_t version)
{
    static struct line line;
    const kw_offset_fetch_response *response = take_response(KW_KEY_OFFSET_FETCH, version);
    memset(&line, 0, sizeof line);
    line.out = fmemopen(line.text, sizeof line.text, "w");
    if (version >= FETCH_WITH_GROUPS)
        print_groups(&line, version, response);
    else if (response->error_code != KW_ERROR_NONE)
        fprintf(line.out, "error %d", response->error_code);
    for (int32_t t = 0; version < FETCH_WITH_GROUPS && t < response->topics.len; t++) {
        const kw_offset_fetch_response_topic *topic = &response->topics.items[t];
        fprintf(line.out, "%s%.*s", t != 0 ? " " : "", KW_FMT(topic->name));
        for (int32_t p = 0; p < topic->partitions.len; p++) {
            const kw_offset_fetch_response_partition *x = &topic->partitions.items[p];
            print(&line, version, x->partition_index, x->committed_offset, x->committed_leader_epoch, x->metadata,
                  x->error_code);
        }
    }
    fclose(line.out);
    return line.text;
}

static const char *fetch(int16_t version, const char *group, bool is_all)
{
    send_one(KW_KEY_OFFSET_FETCH, version, to_fetch(version, group, is_all));
    return line_of(version);
}

/* ---- */

static void every_version(void **state)
{
    (void)state;
    for (int16_t version = FIRST_COMMIT; version <= NEWEST_COMMIT; version++) {
        char expected[64];
        commit(version, "group", 10 * version);
        (void)snprintf(expected, sizeof expected, "one 0:%d 1:-1 2:%d(text) two 0:%d", 10 * version + 1,
                       10 * version + 3, 10 * version + 5);
        if (version >= COMMIT_WITH_EPOCHS) /* the epochs are there, too */
            for (int16_t v = FIRST_FETCH; v <= NEWEST_FETCH; v++)
                assert_string_equal(fetch(v, "group", false), expected);
    }
}

/* In any order of topics. */
static void all_of_a_group(void **state)
{
    (void)state;
    commit(NEWEST_COMMIT, "group", 10);
    for (int16_t version = FETCH_WITH_NULL; version <= NEWEST_FETCH; version++) {
        const char *line = fetch(version, "group", true);
        assert_non_null(strstr(line, "one 0:11 2:13(text)"));
        assert_non_null(strstr(line, "two 0:15"));
        assert_int_equal(strlen(line), strlen("one 0:11 2:13(text) two 0:15"));
    }
}

static void a_group_without_offsets(void **state)
{
    (void)state;
    for (int16_t version = FIRST_FETCH; version <= NEWEST_FETCH; version++) {
        assert_string_equal(fetch(version, "nobody", false), "one 0:-1 1:-1 2:-1 two 0:-1");
        if (version >= FETCH_WITH_NULL)
            assert_string_equal(fetch(version, "nobody", true), "");
    }
}

/* ZooKeeper had these. */
static void version_0_is_refused(void **state)
{
    (void)state;
    commit(NEWEST_COMMIT, "group", 10);
    assert_string_equal(fetch(0, "group", false), "one 0:-1!35 1:-1!35 2:-1!35 two 0:-1!35");
    send_one(KW_KEY_OFFSET_COMMIT, 0, to_commit(0, "group", 20));
    const kw_offset_commit_response *response = take_response(KW_KEY_OFFSET_COMMIT, 0);
    assert_int_equal(response->topics.len, 2);
    for (int32_t t = 0; t < 2; t++)
        for (int32_t p = 0; p < response->topics.items[t].partitions.len; p++)
            assert_int_equal(response->topics.items[t].partitions.items[p].error_code, KW_ERROR_UNSUPPORTED_VERSION);
    assert_string_equal(fetch(NEWEST_FETCH, "group", false), "one 0:11 1:-1 2:13(text) two 0:15");
}

/* What is not known comes first; beside it a topic that is named twice is answered once. */
static void topics_that_are_named_twice(void **state)
{
    (void)state;
    for (int16_t version = FIRST_WITH_IDS - 1; version <= FIRST_WITH_IDS; version++) {
        kw_offset_commit_request_topic topics[3];
        (void)to_commit(version, "group", 10 * version);
        topics[0] = topics[2] = made.topics[0];
        topics[0].partitions.len = topics[2].partitions.len = 1;
        topics[2].partitions.items = &made.partitions[1];
        topics[1] = made.topics[1];
        topics[1].name = kw_string_of("three");
        topics[1].topic_id = (kw_uuid){{3, 3}};
        made.request.topics.items = topics;
        made.request.topics.len = 3;
        send_one(KW_KEY_OFFSET_COMMIT, version, &made.request);
        const kw_offset_commit_response *response = take_response(KW_KEY_OFFSET_COMMIT, version);
        assert_int_equal(response->topics.len, 2);
        const kw_offset_commit_response_topic *first = &response->topics.items[0], *second = first + 1;
        assert_int_equal(first->partitions.len, 1);
        assert_int_equal(first->partitions.items[0].error_code,
                         version < FIRST_WITH_IDS ? KW_ERROR_UNKNOWN_TOPIC_OR_PARTITION : KW_ERROR_UNKNOWN_TOPIC_ID);
        assert_int_equal(second->partitions.len, 2);
        assert_int_equal(second->partitions.items[0].partition_index, 0);
        assert_int_equal(second->partitions.items[1].partition_index, 2);
        assert_int_equal(second->partitions.items[1].error_code, KW_ERROR_NONE);
        char expected[64];
        (void)snprintf(expected, sizeof expected, "one 0:%d 1:-1 2:%d(text) two 0:-1", 10 * version + 1,
                       10 * version + 3);
        assert_string_equal(fetch(NEWEST_FETCH, "group", false), expected);
    }
}

/* ---- OffsetDelete ---- */

static const char *delete_offset(const char *topic, int32_t partition)
{
    kw_offset_delete_request request;
    kw_offset_delete_request_topic one;
    kw_offset_delete_request_partition p;
    kw_offset_delete_request_init(&request);
    kw_offset_delete_request_topic_init(&one);
    kw_offset_delete_request_partition_init(&p);
    p.partition_index = partition;
    one.name = kw_string_of(topic);
    one.partitions.items = &p;
    one.partitions.len = 1;
    request.group_id = kw_string_of("group");
    request.topics.items = &one;
    request.topics.len = 1;
    return ask(KW_KEY_OFFSET_DELETE, 0, &request);
}

static void deleted(void **state)
{
    (void)state;
    commit(NEWEST_COMMIT, "group", 10);
    assert_non_null(
        strstr(delete_offset("one", 2), "{'name':'one','partitions':[{'partitionIndex':2,'errorCode':0}]}"));
    assert_string_equal(fetch(NEWEST_FETCH, "group", false), "one 0:11 1:-1 2:-1 two 0:15");
    assert_non_null(strstr(delete_offset("three", 0), "'partitionIndex':0,'errorCode':3"));
    assert_string_equal(fetch(NEWEST_FETCH, "group", false), "one 0:11 1:-1 2:-1 two 0:15");
}

/* ---- memory that is short ---- */

static void while_memory_is_short(void **state)
{
    (void)state;
    static const int16_t versions[] = {7, NEWEST_FETCH};
    (void)to_commit(NEWEST_COMMIT, "group", 10);
    kw_bytes frame = request_frame(KW_KEY_OFFSET_COMMIT, NEWEST_COMMIT, &made.request);
    size_t refused = 0;
    for (size_t memory = 0; !ask_with_memory(frame, memory); memory += 16, refused++)
        assert_true(memory < 1 << 16);
    assert_true(refused > 5);
    assert_committed(NEWEST_COMMIT);
    for (size_t i = 0; i < COUNT_OF(versions); i++) {
        frame = request_frame(KW_KEY_OFFSET_FETCH, versions[i], to_fetch(versions[i], "group", false));
        refused = 0;
        for (size_t memory = 0; !ask_with_memory(frame, memory); memory += 16, refused++)
            assert_true(memory < 1 << 16);
        assert_true(refused > 5);
        assert_string_equal(line_of(versions[i]), "one 0:11 1:-1 2:13(text) two 0:15");
    }
}

#define OFFSET_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_offsets, tear_down_offsets)

int main(void)
{
    const struct CMUnitTest tests[] = {
        OFFSET_TEST(every_version),
        OFFSET_TEST(all_of_a_group),
        OFFSET_TEST(a_group_without_offsets),
        OFFSET_TEST(version_0_is_refused),
        OFFSET_TEST(topics_that_are_named_twice),
        OFFSET_TEST(deleted),
        OFFSET_TEST(while_memory_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

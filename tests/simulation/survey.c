/* SPDX-License-Identifier: Apache-2.0 */
#include "survey.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/frame.h>
#include <kwire/message.h>
#include <kwire/messages/describe_transactions_request.h>
#include <kwire/messages/describe_transactions_response.h>
#include <kwire/messages/offset_fetch_request.h>
#include <kwire/messages/offset_fetch_response.h>

#include "disk.h"
#include "kept.h"
#include "log/log_manager.h"
#include "passing.h"
#include "replayed.h"
#include "world.h"

enum { LARGEST = 1 << 22, ARENA = 64 << 20, MOST_SETTINGS = 32 };

/* ---- requests, while nothing else happens ---- */

static kw_arena answers;

static const void *ask(int16_t key, int16_t version, const void *request)
{
    static uint8_t frame[LARGEST], answer[LARGEST];
    struct sim_client client;
    kw_writer w;
    kw_frame got;
    kw_response response;
    kw_reader in;
    void *value;
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, key, version, 7, kw_string_of("survey"));
    if (kw_message_encode(kw_message_find(key, KW_MESSAGE_REQUEST), version, request, &w) != KW_OK ||
        kw_frame_end(&w, mark) != KW_OK)
        broken("a request of API %d cannot be encoded", key);
    kw_span whole = kw_writer_data(&w);
    sim_client_init(&client, &world.threads[0], node_service(), LARGEST);
    (void)sim_client_send(&client, kw_bytes_of((const uint8_t *)whole.data + 4, whole.size - 4));
    world_settle();
    CHECK(client.outcome == EXCHANGE_ANSWERED, "a request of API %d is not answered", key);
    size_t size = sim_client_take(&client, answer, sizeof answer);
    sim_client_finish(&client);
    kw_arena_reset(&answers);
    if (size > sizeof answer || !kw_frame_next(answer, size, LARGEST, &got) ||
        kw_response_decode_header(&response, key, version, got.payload, &answers) != KW_OK)
        broken("an answer to API %d that is none", key);
    kw_reader_init_bytes(&in, response.body);
    if (kw_message_decode(kw_message_find(key, KW_MESSAGE_RESPONSE), version, &in, &answers, &value) != KW_OK)
        broken("an answer to API %d that cannot be read", key);
    return value;
}

/* ---- logs ---- */

static bool cannot_load;

static void hear(const char *line)
{
    cannot_load = cannot_load || strstr(line, "its coordinator cannot be loaded") != NULL;
}

static void for_each_log(void (*use)(struct partition_log *log))
{
    struct log_list list;
    if (!log_manager_list(node_logs(), &list))
        abort();
    for (size_t i = 0; i < list.len; i++)
        if (!kw_string_equal(list.items[i]->topic, kw_string_of("__cluster_metadata")))
            use(list.items[i]);
    log_list_release(&list);
}

/* ---- groups ---- */

static void check_offset(const char *group, const kw_offset_fetch_response_topics *topic,
                         const kw_offset_fetch_response_partitions *p, size_t *found)
{
    int64_t expected = replayed_offset(group, topic->name, p->partition_index);
    if (p->committed_offset < 0)
        return;
    ++*found;
    CHECK(p->committed_offset == expected,
          "after a loss of power %s is at %" PRId64 " of %.*s-%d, and its log says %" PRId64, group,
          p->committed_offset, KW_FMT(topic->name), p->partition_index, expected);
}

static void check_group(const char *group, size_t count)
{
    kw_offset_fetch_request request;
    kw_offset_fetch_request_group one;
    size_t found = 0;
    kw_offset_fetch_request_init(&request);
    kw_offset_fetch_request_group_init(&one);
    one.group_id = kw_string_of(group);
    one.topics.len = -1; /* all */
    request.groups.items = &one;
    request.groups.len = 1;
    const kw_offset_fetch_response *r = ask(KW_KEY_OFFSET_FETCH, 8, &request);
    const kw_offset_fetch_response_group *answered = &r->groups.items[0];
    CHECK(answered->error_code == KW_ERROR_NONE, "after a loss of power offsets of %s are not answered: error %d",
          group, answered->error_code);
    for (int32_t t = 0; t < answered->topics.len; t++)
        for (int32_t p = 0; p < answered->topics.items[t].partitions.len; p++)
            check_offset(group, &answered->topics.items[t], &answered->topics.items[t].partitions.items[p], &found);
    CHECK(found == count, "after a loss of power %s has %zu offsets, in its log %zu", group, found, count);
}

/* ---- transactions ---- */

static const char *name_of(enum replayed_state state)
{
    static const char *const names[] = {"Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
                                        "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence"};
    return names[state];
}

static void check_transaction(const char *name, enum replayed_state state, int64_t producer_id)
{
    char answered[32] = "";
    kw_string id = kw_string_of(name);
    kw_describe_transactions_request request;
    kw_describe_transactions_request_init(&request);
    request.transactional_ids = (kw_string_array){&id, 1};
    const kw_describe_transactions_response *r = ask(KW_KEY_DESCRIBE_TRANSACTIONS, 0, &request);
    const kw_describe_transactions_response_transaction_state *one = &r->transaction_states.items[0];
    CHECK(one->error_code == KW_ERROR_NONE, "after a loss of power %s is not described: error %d", name,
          one->error_code);
    (void)snprintf(answered, sizeof answered, "%.*s", KW_FMT(one->transaction_state));
    CHECK(one->producer_id == producer_id && strcmp(answered, name_of(state)) == 0,
          "after a loss of power %s is %s, producer %" PRId64 ", and by its log %s, producer %" PRId64, name, answered,
          one->producer_id, name_of(state), producer_id);
}

/* ---- the copy of the world ---- */

/* No batch waits for others of its group: requests are answered without that time passes. */
static void start(const struct process_setting *with, size_t count)
{
    struct process_setting own[MOST_SETTINGS];
    if (count > MOST_SETTINGS)
        abort();
    for (size_t i = 0; i < count; i++) {
        own[i] = with[i];
        if (strcmp(with[i].name, "group.coordinator.append.linger.ms") == 0)
            own[i].value = "0";
    }
    disk_revive();
    disk_heal();
    disk_fill(false);
    disk_fail_after(DISK_FOREVER);
    disk_die_after(DISK_FOREVER);
    node_start(own, count);
    CHECK(node_is_up(), "after a loss of power the broker does not start");
}

static void check_missing(const char *what)
{
    size_t missing = kept_missing(passing_may_be_gone);
    CHECK(missing == 0, "after %s %zu logs are not there", what, missing);
}

static void survey(const struct process_setting *with, size_t count)
{
    bool has_power = one_in(3); /* then nothing is lost before the clean stop */
    world.hear = hear;
    kept_read(has_power);
    if (!has_power)
        disk_lose_power();
    kw_arena_init_growing(&answers, NULL, 0, kw_allocator_libc(), ARENA);
    start(with, count);
    for_each_log(kept_compare);
    check_missing("a loss of power");
    world_settle(); /* transactions that were decided come to their end */
    for_each_log(replayed_read);
    CHECK(!cannot_load, "after a loss of power a coordinator cannot be loaded");
    replayed_groups(check_group);
    replayed_transactions(check_transaction);
    node_stop();
    kept_read(true);
    disk_lose_power();
    start(with, count);
    for_each_log(kept_compare);
    check_missing("a clean stop and a loss of power");
}

/* What the copy has counted. */
struct told {
    uint64_t checks;
};

void survey_loss(const struct process_setting *with, size_t count)
{
    struct told *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    if (told == MAP_FAILED)
        abort();
    note("the power goes in a copy of the world");
    (void)fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        uint64_t before = world.counts.checks;
        survey(with, count);
        told->checks = world.counts.checks - before;
        (void)fflush(NULL);
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0) {
        if (WIFSIGNALED(status))
            broken("after a loss of power the broker ends with signal %d", WTERMSIG(status));
        exit(1); /* the copy has said why */
    }
    world.counts.power++;
    world.counts.checks += told->checks;
    (void)munmap(told, sizeof *told);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_share_groups FOLDER
 *
 * Share groups while one allocation after the other fails: a decision of which a record cannot be replayed has changed
 * nothing, what was replayed is what the log says, and nothing leaks. FOLDER is not used. */
#include "../server/coordinator/group/share/share_group_support.h"

#include "coordinator/group/share/share_offsets.h"
#include "scarce.h"

enum { MOST_CALLS = 10000, MOST_WRITTEN = 200 };

static struct {
    struct key_and_value records[MOST_WRITTEN];
    size_t count;
} written; /* what holds; copies that are not counted */

static uint8_t written_bytes[64 * 1024];
static size_t written_size;
static size_t texts; /* that open_memstream() has allocated, which is not counted, and that were freed, which is */
static size_t failures;

static kw_bytes keep_bytes(kw_bytes from)
{
    uint8_t *to = written_bytes + written_size;
    if (from.len < 0)
        return from;
    assert_true(written_size + (size_t)from.len <= sizeof written_bytes);
    if (from.len > 0)
        memcpy(to, from.data, (size_t)from.len);
    written_size += (size_t)from.len;
    return (kw_bytes){to, from.len};
}

static void keep_records(void)
{
    for (size_t i = 0; i < decision.records.count; i++) {
        const struct key_and_value *r = &decision.records.items[i];
        assert_true(written.count < MOST_WRITTEN);
        written.records[written.count++] = (struct key_and_value){keep_bytes(r->key), keep_bytes(r->value)};
    }
}

static void assert_is_log(void)
{
    size_t used = atomic_load(&budget.used);
    struct group_machine *again = make_machine();
    for (size_t i = 0; i < written.count; i++)
        assert_int_equal(replay_one(again, &written.records[i], (int64_t)i, NULL), KW_OK);
    assert_int_equal(atomic_load(&budget.used), 2 * used); /* nothing is left of what failed */
    char *text = text_of(again);
    expect_text(machine, text);
    free(text);
    texts += 2;
    group_machine_destroy(again);
}

/* All of a decision's records, or none. */
static void carry_out(void)
{
    struct coordinator_undo_list undo = {NULL};
    kw_status status = decision.records.status;
    for (size_t i = 0; status == KW_OK && i < decision.records.count; i++)
        status = replay_one(machine, &decision.records.items[i], log_end + (int64_t)i, &undo);
    assert_true(status == KW_OK || status == KW_ERR_NO_MEMORY);
    if (status == KW_OK) {
        drop_all(machine, &undo);
        keep_records();
        log_end += (int64_t)decision.records.count;
    } else {
        undo_all(machine, &undo);
        failures++;
    }
    forget_records();
    if (scarce_has_failed()) /* nothing more fails */
        assert_is_log();
}

static const struct share_group *group(void)
{
    return share_group_of(group_find(machine, kw_string_of("g")));
}

/* With the epoch that the group knows of it. */
static void send_beat(const char *member, const char *rack, int32_t topics)
{
    static kw_string names[] = {{"alpha", 5}, {"beta", 4}};
    const struct share_slot *slot = group() != NULL ? share_find(group(), kw_string_of(member)) : NULL;
    kw_share_group_heartbeat_request request = request_of("g", member, slot != NULL ? share_epoch_of(slot) : 0);
    if (topics > 0)
        request.subscribed_topic_names = (kw_string_array){names, topics};
    if (rack != NULL)
        request.rack_id = kw_string_of(rack);
    forget_records();
    decide(machine, &request, &call_arena);
    carry_out();
}

static void leave(const char *member)
{
    const kw_share_group_heartbeat_request request = request_of("g", member, -1);
    forget_records();
    decide(machine, &request, &call_arena);
    carry_out();
}

static void initialize(void)
{
    static const struct partition_set nothing = {NULL, 0};
    if (group() == NULL || group()->topics == NULL)
        return;
    forget_records();
    share_topics_initialized(machine, &decision, kw_string_of("g"), group()->topics->initializing, nothing);
    carry_out();
}

static void delete_offsets(void)
{
    struct share_deletion deletion = {.topic = {{9}}, .partitions = 2};
    forget_records();
    const struct refusal refusal = share_offsets_delete(&decision, kw_string_of("g"), &deletion, 1, &call_arena);
    bool is_refused = refusal.error != KW_ERROR_NONE || decision.records.status != KW_OK;
    carry_out();
    if (is_refused || deletion.error != KW_ERROR_NONE)
        return;
    share_offsets_deleted(&decision, kw_string_of("g"), &deletion, 1);
    carry_out();
}

static void live(void)
{
    send_beat("m0", "rack", 1);
    initialize();
    send_beat("m0", NULL, 0);
    send_beat("m1", NULL, 2);
    initialize();
    send_beat("m1", NULL, 0);
    send_beat("m0", "other", 2);
    leave("m0");
    send_beat("m1", NULL, 0);
    leave("m1");
    delete_offsets();
    forget_records();
    if (group() != NULL && group()->member_count == 0)
        share_kind.remove(machine, &decision, group()->group);
    carry_out();
}

/* Whether the failure was reached. */
static bool try_group(size_t n)
{
    written.count = written_size = failures = 0;
    start();
    scarce_fail_at(SCARCE_MEMORY, n);
    live();
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_true(reached || failures == 0);
    assert_is_log();
    size_t failed = failures;
    for (int i = 0; i < 2; i++) { /* who could not leave leaves then */
        live();
        assert_int_equal(failures, failed);
        assert_is_log();
    }
    assert_null(group());
    end();
    return reached;
}

static void groups(void **state)
{
    (void)state;
    size_t n = 1, blocks = scarce_blocks();
    while (try_group(n)) {
        assert_int_equal(scarce_blocks() + texts, blocks);
        assert_true(++n < MOST_CALLS);
    }
    assert_true(n > 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(groups)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

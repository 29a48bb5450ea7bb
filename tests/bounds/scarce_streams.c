/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_streams FOLDER
 *
 * Records of streams groups while one allocation after the other fails: what cannot be replayed has changed nothing,
 * and nothing leaks. FOLDER is not used. */
#include "../server/coordinator/group/streams_support.h"

#include "coordinator/group/streams_group.h"
#include "scarce.h"

enum { MOST_CALLS = 1000 };

/* Until it can be replayed; without `may_be_undone` there is nothing that puts back what was there. */
static void replay(const struct key_and_value *record, bool may_be_undone)
{
    const struct coordinator_record r = {record->key, record->value, 5, KW_NO_PRODUCER_ID, -1};
    struct coordinator_undo_list undo = {NULL};
    size_t used = atomic_load(&budget.used);
    kw_status status;
    while ((status = group_machine_calls.replay(machine, &r, may_be_undone ? &undo : NULL)) != KW_OK) {
        assert_int_equal(status, KW_ERR_NO_MEMORY);
        undo_all(machine, &undo);
        assert_int_equal(atomic_load(&budget.used), used);
    }
    if (!may_be_undone)
        return;
    undo_all(machine, &undo);
    assert_int_equal(atomic_load(&budget.used), used);
    while (group_machine_calls.replay(machine, &r, &undo) != KW_OK)
        undo_all(machine, &undo);
    drop_all(machine, &undo);
}

static const struct group *group(void)
{
    const struct group *g = group_find(machine, kw_string_of("s"));
    return g != NULL && g->type == GROUP_STREAMS ? g : NULL;
}

static int16_t epoch_error(const char *member, int32_t epoch)
{
    assert_non_null(group());
    return streams_kind.check_fetch(machine, group(), kw_string_of(member), epoch);
}

/* Whether the failure was reached. */
static bool try_records(size_t n, bool may_be_undone)
{
    size_t with_members, without_first, all;
    start_machine();
    add_streams_group("s");
    add_streams_member("s", "m", 7);
    add_streams_member("s", "n", 8);
    with_members = records.count;
    remove_streams_member("s", "m");
    without_first = records.count;
    remove_streams_member("s", "n");
    group_records_remove_group(&records, KW_STREAMS_GROUP_METADATA_KEY_TYPE, kw_string_of("s"));
    all = records.count;
    assert_int_equal(records.status, KW_OK);
    scarce_fail_at(SCARCE_MEMORY, n);
    for (size_t i = 0; i < with_members; i++)
        replay(&records.items[i], may_be_undone);
    assert_int_equal(epoch_error("m", 7), KW_ERROR_NONE);
    assert_int_equal(epoch_error("n", 8), KW_ERROR_NONE);
    for (size_t i = with_members; i < without_first; i++)
        replay(&records.items[i], may_be_undone);
    assert_int_equal(epoch_error("m", 7), KW_ERROR_UNKNOWN_MEMBER_ID);
    assert_int_equal(epoch_error("n", 8), KW_ERROR_NONE);
    for (size_t i = without_first; i < all; i++)
        replay(&records.items[i], may_be_undone);
    bool reached = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    assert_null(group());
    end_machine();
    return reached;
}

static void streams(void **state)
{
    (void)state;
    size_t blocks = scarce_blocks();
    for (int i = 0; i < 2; i++) {
        size_t n = 1;
        while (try_records(n, i == 1)) {
            assert_int_equal(scarce_blocks(), blocks);
            assert_true(++n < MOST_CALLS);
        }
        assert_true(n > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(streams)};
    scarce_count_arenas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

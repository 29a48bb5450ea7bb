/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of coordinators: up to its limit, and again when something is given back. */
#include "../../unit/support.h"

#include "base/memory_size.h"
#include "coordinator/budget.h"

static void up_to_the_limit(void **state)
{
    (void)state;
    struct coordinator_budget budget;
    coordinator_budget_init(&budget);
    assert_int_equal(budget.limit, memory_size() / 4);
    budget.limit = 100;
    assert_true(coordinator_budget_take(&budget, 60));
    assert_false(coordinator_budget_take(&budget, 41));
    assert_false(coordinator_budget_take(&budget, SIZE_MAX));
    assert_true(coordinator_budget_take(&budget, 40));
    assert_true(coordinator_budget_take(&budget, 0));
    coordinator_budget_give(&budget, 1);
    assert_true(coordinator_budget_take(&budget, 1));
    coordinator_budget_force(&budget, 10);
    assert_int_equal(atomic_load(&budget.used), 110);
    assert_false(coordinator_budget_take(&budget, 0));
    coordinator_budget_give(&budget, 11);
    assert_false(coordinator_budget_take(&budget, 2));
    assert_true(coordinator_budget_take(&budget, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(up_to_the_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

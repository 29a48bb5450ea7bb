/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_log FOLDER
 *
 * Writes to a log while one allocation after the other fails, and one open() after the other: nothing that was
 * acknowledged is lost, nothing that was refused is there, and the log can be written to again. */
#include "../server/log/log_life.h"

#include "../server/support/captured.h"
#include "scarce.h"

static const char *root;

/* Whether the log's life is long enough to reach the failure. */
static bool try(scarce_kind kind, size_t n)
{
    static struct captured captured;
    struct life life = {.start = 0};
    life_start(root);
    capture_start(&captured);
    scarce_fail_at(kind, n);
    bool is_open = life_open();
    if (is_open)
        live(&life);
    bool reached = scarce_has_failed();
    scarce_fail_at(kind, 0);
    (void)capture_end(&captured);
    assert_true(is_open);
    assert_int_equal(life.acknowledged, LIFE_APPENDS + 2);
    life_check(&life, false);
    capture_start(&captured);
    life_check_next(&life, false);
    (void)capture_end(&captured);
    log_folder_finish(&life_folder);
    (void)forget_given(NULL);
    return reached;
}

static void fail_one_by_one(scarce_kind kind)
{
    size_t descriptors = open_descriptors();
    for (size_t n = 1; try(kind, n); n++) {
        assert_int_equal(scarce_blocks(), 0);
        assert_int_equal(open_descriptors(), descriptors);
        assert_true(n < 1000);
    }
}

static void each_allocation_fails(void **state)
{
    (void)state;
    fail_one_by_one(SCARCE_MEMORY);
}

static void each_open_fails(void **state)
{
    (void)state;
    fail_one_by_one(SCARCE_DESCRIPTORS);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails), cmocka_unit_test(each_open_fails)};
    if (argc != 2)
        return 2;
    root = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

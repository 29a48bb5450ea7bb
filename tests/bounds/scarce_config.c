/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a properties file while one allocation after the other fails: the start is refused with the reason, nothing
 * leaks, and the result of the last attempt is complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../server/support/captured.h"
#include "config/config.h"
#include "scarce.h"

enum { FAILURES_MAX = 10000 };

static char path[] = "/tmp/kwire-scarce-XXXXXX";
static struct captured captured;

static void write_file(void)
{
    static const char text[] = "node.id=7\nlog.dirs = /a, /b\nunknown.one=1\nunknown.\\u0074wo=2\nunknown.three=3\n"
                               "metric.reporters=a, b, c\nlisteners=PLAINTEXT://:1\nnode.id=8\nnum.io.threads=3\n";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, sizeof text - 1), sizeof text - 1);
    close(descriptor);
}

/* Whether it was read, with one failed allocation or none. */
static bool read_with_failure(size_t n, bool *failed)
{
    struct config config;
    config_init(&config);
    capture_start(&captured);
    scarce_fail_at(SCARCE_MEMORY, n);
    bool fine = config_read(&config, path) && config_complete(&config, 8);
    *failed = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    const char *said = capture_end(&captured);
    if (fine) {
        assert_int_equal(config.node_id, 8);
        assert_string_equal(config.log_dirs[0], "/a");
        assert_non_null(strstr(said, "unknown to Kafka: unknown.one, unknown.two, unknown.three\n"));
    } else if (strstr(said, "emory") == NULL) {
        fail_msg("allocation %zu: %s", n, said);
    }
    config_finish(&config);
    return fine;
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    size_t before = scarce_blocks(), n = 1;
    bool failed = true, fine = false;
    for (; failed && n < FAILURES_MAX; n++) {
        fine = read_with_failure(n, &failed);
        assert_int_equal(scarce_blocks(), before);
    }
    assert_true(fine);
    assert_in_range(n, 10, FAILURES_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails_once)};
    write_file();
    scarce_count_arenas();
    int result = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return result;
}

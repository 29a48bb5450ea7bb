/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_startup FOLDER
 *
 * Starts and stops what is behind the sockets, in memory and in the new directory FOLDER/new, while one allocation or
 * thread after the other cannot be had: it starts completely, or not at all and says why; and nothing leaks. */
#include "../server/support/captured.h"
#include "../unit/support.h"

#include "base/file.h"
#include "scarce.h"
#include "startup.h"

enum { MOST_CALLS = 10000, PORT = 9092 };

static struct broker broker;
static struct startup startup;
static struct captured captured;
static char folder[KW_PATH_SIZE]; /* empty: in memory */

static void assert_complete(void)
{
    const struct metadata_image *image = metadata_image_acquire(&broker.metadata);
    assert_ptr_equal(broker.controller, &startup.lifecycle.controller);
    assert_ptr_equal(broker.voters, &startup.lifecycle.voters);
    assert_int_equal(broker.logs.dir_count, 1);
    assert_int_equal(image->parts.broker_count, 1);
    assert_false(image->parts.brokers[0].fenced);
    assert_int_equal(image->parts.brokers[0].directories.len, 1);
    metadata_image_release(image);
}

/* Whether something failed. */
static bool start_and_stop(size_t n)
{
    memset(&broker, 0, sizeof broker);
    config_init(&broker.config);
    broker.config.listen.port = PORT;
    assert_true(folder[0] == '\0' || config_set_data_dir(&broker.config, folder));
    assert_true(metadata_cell_init(&broker.metadata));
    capture_start(&captured);
    scarce_fail_at(SCARCE_MEMORY, n);
    bool opened = startup_open(&startup, &broker);
    bool runs = opened && startup_run(&startup);
    bool failed = scarce_has_failed();
    scarce_fail_at(SCARCE_MEMORY, 0);
    const char *text = capture_end(&captured);
    if (runs)
        assert_complete();
    else if (strstr(text, "kwire-broker: ") == NULL)
        fail_msg("call %zu: nothing is said but \"%s\"", n, text);
    assert_true(runs || failed);
    startup_close(&startup);
    assert_null(broker.controller);
    metadata_cell_finish(&broker.metadata);
    config_finish(&broker.config);
    return failed;
}

/* A directory that was locked stays so until the process ends. */
static size_t fail_one_by_one(void)
{
    size_t blocks = scarce_blocks(), n = 1;
    for (bool failed = true; failed; n++) {
        size_t descriptors = open_descriptors();
        failed = start_and_stop(n);
        assert_int_equal(scarce_blocks(), blocks);
        assert_in_range(open_descriptors(), descriptors, descriptors + (folder[0] != '\0'));
        assert_true(n < MOST_CALLS);
        if (folder[0] != '\0')
            (void)folder_remove(folder);
    }
    return n;
}

static void in_memory(void **state)
{
    (void)state;
    assert_true(fail_one_by_one() > 50);
}

static void in_a_new_directory(void **state)
{
    assert_status(path_join(folder, *state, kw_string_of("new")), KW_OK);
    assert_true(fail_one_by_one() > 50);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: scarce_startup FOLDER\n");
        return 2;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_memory),
        cmocka_unit_test_prestate(in_a_new_directory, argv[1]),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

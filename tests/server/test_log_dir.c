/* SPDX-License-Identifier: Apache-2.0 */
/* Whose data a directory has, and who may open it. */
#include "../unit/support.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kwire/storage/meta_properties.h>

#include "captured.h"
#include "log/log_dir.h"
#include "log/meta_properties.h"

static char folder[64];
static struct captured captured;
static struct log_manager logs;
static struct identity identity;

static const char *path_in(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/kwire-log-dir-XXXXXX");
    memset(&logs, 0, sizeof logs);
    memset(&identity, 0x5a, sizeof identity);
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    log_manager_close(&logs);
    (void)unlink(path_in("meta.properties"));
    (void)unlink(path_in(".lock"));
    (void)rmdir(path_in(".lock"));
    return rmdir(folder);
}

static void write_meta(const char *text)
{
    FILE *file = fopen(path_in("meta.properties"), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void assert_read(const char *text, int32_t node, const char *cluster)
{
    write_meta(text);
    memset(&identity, 0x5a, sizeof identity);
    assert_true(meta_properties_read(path_in("meta.properties"), &identity));
    assert_int_equal(identity.node_id, node);
    assert_string_equal(identity.cluster_id, cluster);
}

/* `complaint` follows the path. */
static void assert_not_read(const char *text, const char *complaint)
{
    char expected[512];
    write_meta(text);
    capture_start(&captured);
    bool read = meta_properties_read(path_in("meta.properties"), &identity);
    const char *said = capture_end(&captured);
    assert_false(read);
    (void)snprintf(expected, sizeof expected, "kwire-broker: %s%s\n", path_in("meta.properties"), complaint);
    assert_string_equal(said, expected);
}

#define LONG_ID_127                                                                                                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaa"

static void identities_are_read(void **state)
{
    (void)state;
    assert_read("version=1\nnode.id=7\ncluster.id=abc\n", 7, "abc");
    assert_read("version=0\nbroker.id=0\ncluster.id=x\n", 0, "x");
    assert_read("#comment\nversion=1\nnode.id=2147483647\ncluster.id=" LONG_ID_127 "\n", INT32_MAX, LONG_ID_127);
}

static void what_is_missing_is_reported(void **state)
{
    (void)state;
    assert_not_read("version=0\nbroker.id=1\n", ": cluster.id is missing");
    assert_not_read("version=0\ncluster.id=x\n", ": broker.id is missing");
    assert_not_read("version=0\nbroker.id=1\ncluster.id=\n", ": cluster.id=: expected 1 to 127 bytes");
    assert_not_read("version=0\nbroker.id=1\ncluster.id=" LONG_ID_127 "b\n",
                    ": cluster.id=" LONG_ID_127 "b: expected 1 to 127 bytes");
    assert_not_read("version=0\nbroker.id=1\ncluster.id=a\\u0000b\n", ": cluster.id=a: expected 1 to 127 bytes");
    capture_start(&captured);
    bool read = meta_properties_read(path_in("none"), &identity);
    assert_non_null(strstr(capture_end(&captured), "/none: "));
    assert_non_null(strstr(captured.text, kw_status_text(KW_ERR_NO_FILE)));
    assert_false(read);
}

static void what_is_not_valid_is_reported(void **state)
{
    (void)state;
    capture_start(&captured);
    write_meta("version=1\nnode.id=x\ncluster.id=a\n");
    bool number = meta_properties_read(path_in("meta.properties"), &identity);
    write_meta("version=1\ncluster.id=a\n");
    bool missing = meta_properties_read(path_in("meta.properties"), &identity);
    write_meta("version=1\nnode.id=1\ncluster.id=\\u00zz\n");
    bool escape = meta_properties_read(path_in("meta.properties"), &identity);
    const char *said = capture_end(&captured);
    assert_false(number || missing || escape);
    assert_non_null(strstr(said, "meta.properties:2: node.id=x: expected "));
    assert_non_null(strstr(said, "meta.properties: node.id is missing: expected "));
    assert_non_null(strstr(said, "meta.properties:3: expected "));
}

static void what_is_too_large_is_not_read(void **state)
{
    (void)state;
    static char text[64 * 1024 + 2];
    memset(text, '#', sizeof text - 1);
    strcpy(text + sizeof text - 1 - 45, "\nversion=1\nnode.id=7\ncluster.id=abc\n########");
    memset(text + strlen(text), '#', sizeof text - 1 - strlen(text));
    text[64 * 1024] = '\0';
    assert_read(text, 7, "abc"); /* just small enough */
    text[64 * 1024] = '#';
    char expected[64];
    (void)snprintf(expected, sizeof expected, ": %s", strerror(EFBIG));
    assert_not_read(text, expected);
}

static void identities_are_written(void **state)
{
    (void)state;
    struct identity wanted = {.node_id = 12, .cluster_id = "cluster"}, again;
    char first[512] = "", second[512] = "";
    assert_true(meta_properties_write(folder, &wanted));
    assert_true(meta_properties_read(path_in("meta.properties"), &again));
    assert_int_equal(again.node_id, 12);
    assert_string_equal(again.cluster_id, "cluster");
    for (char *text = first;; text = second) {
        FILE *file = fopen(path_in("meta.properties"), "r");
        assert_non_null(file);
        assert_in_range(fread(text, 1, sizeof first - 1, file), 50, sizeof first - 2);
        assert_int_equal(fclose(file), 0);
        assert_non_null(strstr(text, "\nversion=1\n"));
        assert_non_null(strstr(text, "\nnode.id=12\n"));
        assert_non_null(strstr(text, "\ncluster.id=cluster\n"));
        assert_non_null(strstr(text, "\ndirectory.id="));
        if (text == second)
            break;
        assert_true(meta_properties_write(folder, &wanted));
    }
    assert_string_not_equal(strstr(first, "\ndirectory.id="), strstr(second, "\ndirectory.id=")); /* each is new */

    capture_start(&captured);
    bool written = meta_properties_write(path_in("none"), &wanted);
    assert_non_null(strstr(capture_end(&captured), "/none/meta.properties: No such file or directory\n"));
    assert_false(written);
}

/* Version 4 of RFC 4122, as Kafka's Uuid.randomUuid(), and never with a dash in front. */
static void random_ids_are_uuids(void **state)
{
    (void)state;
    char text[CLUSTER_ID_SIZE], before[CLUSTER_ID_SIZE] = "";
    uint8_t sixth = 0, sixth_all = 0xff, eighth = 0, eighth_all = 0xff;
    for (int i = 0; i < 500; i++) {
        kw_uuid id;
        assert_true(meta_random_id(text));
        assert_int_equal(strlen(text), 22);
        assert_true(text[0] != '-');
        assert_true(kw_uuid_parse(kw_string_of(text), &id));
        assert_int_equal(id.bytes[6] >> 4, 4);
        assert_int_equal(id.bytes[8] >> 6, 2);
        sixth |= id.bytes[6];
        sixth_all &= id.bytes[6];
        eighth |= id.bytes[8];
        eighth_all &= id.bytes[8];
        assert_string_not_equal(text, before);
        strcpy(before, text);
    }
    assert_int_equal(sixth, 0x4f); /* all other bits are random */
    assert_int_equal(sixth_all, 0x40);
    assert_int_equal(eighth, 0xbf);
    assert_int_equal(eighth_all, 0x80);
}

/* ---- the directory ---- */

static void assert_not_opened(const char *path, int32_t node, const char *complaint)
{
    capture_start(&captured);
    bool opened = log_dir_open(path, node, &logs, &identity);
    const char *said = capture_end(&captured);
    if (opened || strstr(said, complaint) == NULL)
        fail_msg("opened %d, and not `%s`, but `%s`", opened, complaint, said);
    log_manager_close(&logs);
    memset(&logs, 0, sizeof logs);
}

static void directories_are_opened(void **state)
{
    (void)state;
    assert_true(log_dir_open(folder, -1, &logs, &identity)); /* empty */
    assert_int_equal(identity.node_id, -1);
    assert_int_equal(log_manager_count(&logs), 0);
    log_manager_close(&logs);
    memset(&logs, 0, sizeof logs);
    assert_int_equal(access(path_in(".lock"), F_OK), 0);

    write_meta("version=1\nnode.id=7\ncluster.id=abc\n");
    assert_true(log_dir_open(folder, -1, &logs, &identity));
    assert_int_equal(identity.node_id, 7);
    log_manager_close(&logs);
    memset(&logs, 0, sizeof logs);
    assert_true(log_dir_open(folder, 7, &logs, &identity));
    assert_string_equal(identity.cluster_id, "abc");
}

static void directories_of_others_are_not_opened(void **state)
{
    (void)state;
    write_meta("version=1\nnode.id=0\ncluster.id=abc\n");
    assert_not_opened(folder, 7, "meta.properties: the data is of node 0, but node.id is 7\n");
    write_meta("version=1\nnode.id=7\ncluster.id=abc\n");
    assert_not_opened(folder, 0, "meta.properties: the data is of node 7, but node.id is 0\n");
    write_meta("version=1\nnode.id=-1\ncluster.id=abc\n");
    assert_not_opened(folder, -1, "meta.properties:2: node.id=-1: expected ");
    assert_not_opened(path_in("meta.properties"), -1, "meta.properties: not a directory\n");
    assert_not_opened(path_in("meta.properties/none"), -1, "/meta.properties/none: Not a directory\n");
}

/* Locks are of processes, so another one has to try. */
static void directories_in_use_are_not_opened(void **state)
{
    (void)state;
    int status = 0;
    assert_true(log_dir_open(folder, -1, &logs, &identity));
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct log_manager others = {0};
        capture_start(&captured);
        bool opened = log_dir_open(folder, -1, &others, &identity);
        const char *said = capture_end(&captured);
        _exit(!opened && strstr(said, ": another broker uses this directory\n") != NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void locks_that_fail_are_reported(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path_in(".lock"), 0700), 0);
    assert_not_opened(folder, -1, "/.lock: Is a directory\n");
}

static void new_directories_get_an_identity(void **state)
{
    (void)state;
    struct identity again;
    assert_true(log_dir_create_identity(folder, -1, false, &identity)); /* not written down */
    assert_int_equal(identity.node_id, 1);
    assert_int_equal(strlen(identity.cluster_id), 22);
    assert_int_equal(access(path_in("meta.properties"), F_OK), -1);

    assert_true(log_dir_create_identity(folder, 0, true, &identity));
    assert_int_equal(identity.node_id, 0);
    assert_true(meta_properties_read(path_in("meta.properties"), &again));
    assert_int_equal(again.node_id, 0);
    assert_string_equal(again.cluster_id, identity.cluster_id);

    capture_start(&captured);
    bool created = log_dir_create_identity(path_in("none"), 1, true, &identity);
    assert_true(strlen(capture_end(&captured)) > 0);
    assert_false(created);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(identities_are_read),
        IN_FOLDER(what_is_missing_is_reported),
        IN_FOLDER(what_is_not_valid_is_reported),
        IN_FOLDER(what_is_too_large_is_not_read),
        IN_FOLDER(identities_are_written),
        IN_FOLDER(random_ids_are_uuids),
        IN_FOLDER(directories_are_opened),
        IN_FOLDER(directories_of_others_are_not_opened),
        IN_FOLDER(directories_in_use_are_not_opened),
        IN_FOLDER(locks_that_fail_are_reported),
        IN_FOLDER(new_directories_get_an_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Whose data a directory has, and who may open it. */
#include "../../unit/support.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kwire/storage/meta_properties.h>

#include "../support/captured.h"
#include "base/file.h"
#include "base/random.h"
#include "log/log_dirs.h"
#include "log/meta_properties.h"

#include "../support/file_faults.h"

static char folder[64];
static struct captured captured;
static struct log_manager logs;
static struct identity identity;
static kw_uuid directory_id;

static const char *path_in(const char *name)
{
    static char paths_made[2][512];
    static unsigned turn;
    char *path = paths_made[turn++ % 2];
    (void)snprintf(path, sizeof paths_made[0], "%s/%s", folder, name);
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
    assert_true(meta_properties_read(path_in("meta.properties"), &identity, &directory_id));
    assert_int_equal(identity.node_id, node);
    assert_string_equal(identity.cluster_id, cluster);
}

/* `complaint` follows the path. */
static void assert_not_read(const char *text, const char *complaint)
{
    char expected[512];
    write_meta(text);
    capture_start(&captured);
    bool read = meta_properties_read(path_in("meta.properties"), &identity, &directory_id);
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
    bool read = meta_properties_read(path_in("none"), &identity, &directory_id);
    assert_non_null(strstr(capture_end(&captured), "/none: "));
    assert_non_null(strstr(captured.text, kw_status_text(KW_ERR_NO_FILE)));
    assert_false(read);
}

static void what_is_not_valid_is_reported(void **state)
{
    (void)state;
    capture_start(&captured);
    write_meta("version=1\nnode.id=x\ncluster.id=a\n");
    bool number = meta_properties_read(path_in("meta.properties"), &identity, &directory_id);
    write_meta("version=1\ncluster.id=a\n");
    bool missing = meta_properties_read(path_in("meta.properties"), &identity, &directory_id);
    write_meta("version=1\nnode.id=1\ncluster.id=\\u00zz\n");
    bool escape = meta_properties_read(path_in("meta.properties"), &identity, &directory_id);
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
    assert_true(meta_properties_write(folder, &wanted, &directory_id));
    assert_true(meta_properties_read(path_in("meta.properties"), &again, &directory_id));
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
        assert_true(meta_properties_write(folder, &wanted, &directory_id));
    }
    assert_string_not_equal(strstr(first, "\ndirectory.id="), strstr(second, "\ndirectory.id=")); /* each is new */

    capture_start(&captured);
    bool written = meta_properties_write(path_in("none"), &wanted, &directory_id);
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

static bool no_numbers(struct random_source *source, void *to, size_t size)
{
    (void)source;
    (void)to;
    (void)size;
    errno = ENOSYS;
    return false;
}

static void without_random_numbers(void **state)
{
    (void)state;
    const struct random_source system = random_system;
    char text[CLUSTER_ID_SIZE];
    random_system.fill = no_numbers;
    capture_start(&captured);
    bool made = meta_random_id(text);
    const char *said = capture_end(&captured);
    random_system = system;
    assert_false(made);
    assert_string_equal(said, "kwire-broker: no random numbers: Function not implemented\n");
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
        _exit(!opened && strstr(said, ": another broker uses this directory: stop it, ") != NULL ? 0 : 1);
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
    assert_true(log_dir_open(folder, -1, &logs, &identity));
    assert_true(log_dirs_create_identity(&logs, -1, false, &identity)); /* not written down */
    assert_int_equal(identity.node_id, 1);
    assert_int_equal(strlen(identity.cluster_id), 22);
    assert_int_equal(access(path_in("meta.properties"), F_OK), -1);
    assert_true(kw_uuid_is_zero(logs.dirs[0]->id));

    assert_true(log_dirs_create_identity(&logs, 0, true, &identity));
    assert_int_equal(identity.node_id, 0);
    assert_true(meta_properties_read(path_in("meta.properties"), &again, &directory_id));
    assert_int_equal(again.node_id, 0);
    assert_string_equal(again.cluster_id, identity.cluster_id);
    assert_true(kw_uuid_equal(directory_id, logs.dirs[0]->id));
    assert_false(kw_uuid_is_zero(directory_id));
    log_manager_close(&logs);
    assert_true(log_dir_open(folder, 0, &logs, &identity));
    assert_true(kw_uuid_equal(directory_id, logs.dirs[0]->id));
    assert_true(log_manager_is_empty(&logs));

    assert_int_equal(mkdir(path_in("meta.properties.tmp"), 0700), 0);
    capture_start(&captured);
    bool created = log_dirs_create_identity(&logs, 1, true, &identity);
    assert_non_null(strstr(capture_end(&captured), "/meta.properties: Is a directory\n"));
    assert_int_equal(rmdir(path_in("meta.properties.tmp")), 0);
    assert_false(created);
}

/* ---- several directories ---- */

static const char *paths[] = {"a", "b", "c"};

/* Files of the three directories, which are of one cluster but for what is given. */
static void make_dir(const char *name, const char *meta, const char *log)
{
    char path[256];
    assert_true(folder_create(path_in(name)));
    if (meta != NULL)
        assert_true(file_replace(path_in(name), "meta.properties", kw_string_of(meta)));
    (void)snprintf(path, sizeof path, "%s/%s", name, log != NULL ? log : "");
    assert_true(folder_create(path_in(path)));
}

static bool open_three(void)
{
    static char texts[3][512];
    const char *full[3];
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        (void)snprintf(texts[i], sizeof texts[i], "%s", path_in(paths[i]));
        full[i] = texts[i];
    }
    return log_dirs_open(full, COUNT_OF(paths), -1, &logs, &identity);
}

static int remove_three(void **state)
{
    log_manager_close(&logs);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        (void)folder_remove(path_in(paths[i]));
    return tear_down(state);
}

#define META_OF_7 "version=1\nnode.id=7\ncluster.id=abc\n"

static void assert_not_opened_because(const char *complaint)
{
    capture_start(&captured);
    bool opened = open_three();
    const char *said = capture_end(&captured);
    if (opened || strstr(said, complaint) == NULL)
        fail_msg("opened %d, and not `%s`, but `%s`", opened, complaint, said);
    log_manager_close(&logs);
}

static void several_directories_are_opened(void **state)
{
    (void)state;
    make_dir("a", META_OF_7 "directory.id=AQEBAQEBAQEBAQEBAQEBAQ\n", "t-0");
    make_dir("b", META_OF_7 "directory.id=AgICAgICAgICAgICAgICAg\n", "t-1");
    assert_true(open_three()); /* and the third is created */
    assert_int_equal(logs.dir_count, 3);
    assert_string_equal(logs.path, path_in("a"));
    assert_int_equal(logs.dirs[0]->id.bytes[15], 1);
    assert_int_equal(logs.dirs[1]->id.bytes[15], 2);
    assert_int_equal(atomic_load(&logs.dirs[1]->log_count), 1);
    assert_int_equal(log_manager_count(&logs), 2);
    assert_int_equal(identity.node_id, 7);
    kw_uuid third = logs.dirs[2]->id;
    assert_false(kw_uuid_is_zero(third));
    log_manager_close(&logs);
    assert_true(open_three());
    assert_true(kw_uuid_equal(third, logs.dirs[2]->id));
    assert_string_equal(identity.cluster_id, "abc");
}

static void several_new_directories_get_ids_of_their_own(void **state)
{
    (void)state;
    assert_true(open_three());
    assert_int_equal(identity.node_id, -1);
    assert_true(log_dirs_create_identity(&logs, 3, true, &identity));
    kw_uuid first = logs.dirs[0]->id;
    assert_false(kw_uuid_equal(first, logs.dirs[1]->id));
    log_manager_close(&logs);
    assert_true(open_three());
    assert_int_equal(identity.node_id, 3);
    assert_true(kw_uuid_equal(first, logs.dirs[0]->id));
}

static void directories_that_do_not_belong_together_are_refused(void **state)
{
    (void)state;
    make_dir("a", META_OF_7, NULL);
    make_dir("b", "version=1\nnode.id=0\ncluster.id=abc\n", NULL);
    assert_not_opened_because("/b/meta.properties: the data is of node 0, but that of ");
    make_dir("a", META_OF_7, NULL);
    make_dir("b", "version=1\nnode.id=8\ncluster.id=abc\n", NULL);
    assert_not_opened_because("/b/meta.properties: the data is of node 8, but that of ");
    make_dir("b", "version=1\nnode.id=7\ncluster.id=xyz\n", NULL);
    assert_not_opened_because("/b/meta.properties: the data is of cluster xyz, but that of ");
    assert_int_equal(unlink(path_in("b/meta.properties")), 0);
    make_dir("b", NULL, "t-0");
    assert_not_opened_because("/b: meta.properties is missing, though there are logs\n");
    make_dir("b", META_OF_7, NULL);
    make_dir("c", META_OF_7, "t-0");
    assert_true(file_replace(path_in("b/t-0"), "00000000000000000000.log", kw_string_of("records")));
    assert_true(file_replace(path_in("c/t-0"), "00000000000000000000.log", kw_string_of("records")));
    assert_not_opened_because("/t-0: "); /* in two of them */
    assert_int_equal(unlink(path_in("c/t-0/00000000000000000000.log")), 0);
    assert_int_equal(rmdir(path_in("c/t-0")), 0);
    assert_true(open_three());
    log_manager_close(&logs);
    assert_int_equal(unlink(path_in("a/meta.properties")), 0);
    assert_not_opened_because(": meta.properties is missing, but ");
}

/* Two names of one directory, and a copy: the locks are those of this process. */
static void directories_are_distinct(void **state)
{
    (void)state;
    static const char with_id[] =
        "version=1\nnode.id=7\ncluster.id=kw1reKw1reKw1reKw1reKQ\ndirectory.id=q5MkEcTPT-S2kGoqZTW7Gg\n";
    char a[KW_PATH_SIZE];
    make_dir("a", NULL, NULL);
    (void)snprintf(a, sizeof a, "%s", path_in("a"));
    assert_int_equal(symlink(a, path_in("b")), 0);
    make_dir("c", NULL, NULL);
    assert_not_opened_because("/b: the same directory as ");
    assert_int_equal(unlink(path_in("b")), 0);
    make_dir("a", with_id, NULL);
    make_dir("b", with_id, NULL);
    assert_not_opened_because("/b/meta.properties: directory.id is that of ");
    assert_int_equal(unlink(path_in("b/meta.properties")), 0);
    assert_true(open_three());
    log_manager_close(&logs);
}

/* The others are used. */
static void directories_that_fail_are_offline(void **state)
{
    (void)state;
    make_dir("a", META_OF_7, NULL);
    make_dir("c", META_OF_7, "t-0");
    FILE *file = fopen(path_in("b"), "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    capture_start(&captured);
    bool opened = open_three();
    const char *said = capture_end(&captured);
    assert_non_null(strstr(said, "/b: not a directory\n"));
    assert_non_null(strstr(said, "/b: this log directory is offline\n"));
    assert_true(opened);
    assert_false(atomic_load(&logs.dirs[0]->is_offline));
    assert_true(atomic_load(&logs.dirs[1]->is_offline));
    assert_false(atomic_load(&logs.dirs[2]->is_offline));
    assert_int_equal(log_manager_count(&logs), 1);
    log_manager_close(&logs);
    assert_int_equal(unlink(path_in("b")), 0);

    assert_int_equal(rename(path_in("a"), path_in("b")), 0);
    file = fopen(path_in("a"), "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_not_opened_because("/a: not a directory\n"); /* it should have the metadata */
    assert_int_equal(unlink(path_in("a")), 0);
}

/* Whether it has a meta.properties or not. */
static void directories_that_cannot_be_listed_are_offline(void **state)
{
    (void)state;
    make_dir("a", META_OF_7, NULL);
    make_dir("c", META_OF_7, "t-0");
    for (int i = 0; i < 2; i++) {
        make_dir("b", i == 0 ? NULL : META_OF_7, NULL);
        file_faults_start();
        file_faults.part = "/b";
        file_faults_plan(FAULT_LIST, 0, FAULT_FOREVER, EIO);
        capture_start(&captured);
        bool opened = open_three();
        const char *said = capture_end(&captured);
        file_faults_plan(0, 0, 0, 0);
        file_faults.part = NULL;
        file_faults_stop();
        assert_true(opened);
        assert_non_null(strstr(said, "/b: file cannot be read: Input/output error\n"));
        assert_non_null(strstr(said, "/b: this log directory is offline\n"));
        for (size_t d = 0; d < 3; d++)
            assert_int_equal(atomic_load(&logs.dirs[d]->is_offline), d == 1);
        assert_int_equal(log_manager_count(&logs), 1);
        log_manager_close(&logs);
    }
}

/* One that cannot be locked is not offline: two brokers would write to the others. */
static void directories_of_which_one_is_in_use_are_not_opened(void **state)
{
    (void)state;
    int status = 0;
    make_dir("b", META_OF_7, NULL);
    assert_true(log_dir_open(path_in("b"), -1, &logs, &identity));
    (void)fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        make_dir("a", META_OF_7, NULL);
        memset(&logs, 0, sizeof logs);
        capture_start(&captured);
        bool opened = open_three();
        const char *said = capture_end(&captured);
        _exit(!opened && strstr(said, "/b: another broker uses this directory: stop it, ") != NULL ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ---- .kafka_cleanshutdown ---- */

static void clean_stops_are_known(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t epoch;
    } cases[] = {{"{\"version\":0,\"brokerEpoch\":82}", 82}, {"", -1}, {"nonsense", -1}};
    struct log_dir *dir = log_dir_create(folder);
    assert_int_equal(log_dir_read_clean(dir), KW_OK);
    assert_false(dir->was_clean);
    assert_int_equal(dir->clean_epoch, -1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(file_replace(folder, ".kafka_cleanshutdown", kw_string_of(cases[i].text)));
        assert_int_equal(log_dir_read_clean(dir), KW_OK);
        assert_true(dir->was_clean);
        assert_int_equal(dir->clean_epoch, cases[i].epoch);
    }
    assert_true(log_dir_write_clean(dir, INT64_MAX));
    assert_int_equal(log_dir_read_clean(dir), KW_OK);
    assert_true(dir->clean_epoch == INT64_MAX);
    assert_true(log_dir_remove_clean(dir));
    assert_true(log_dir_remove_clean(dir));
    assert_false(file_exists(path_in(".kafka_cleanshutdown")));
    assert_int_equal(mkdir(path_in(".kafka_cleanshutdown"), 0700), 0);
    assert_false(log_dir_remove_clean(dir));
    assert_false(log_dir_write_clean(dir, 1));
    assert_int_equal(unlink(path_in(".kafka_cleanshutdown.tmp")), 0);
    assert_int_equal(rmdir(path_in(".kafka_cleanshutdown")), 0);
    log_dir_destroy(dir);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
#define WITH_THREE(test) cmocka_unit_test_setup_teardown(test, set_up, remove_three)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(identities_are_read),
        IN_FOLDER(what_is_missing_is_reported),
        IN_FOLDER(what_is_not_valid_is_reported),
        IN_FOLDER(what_is_too_large_is_not_read),
        IN_FOLDER(identities_are_written),
        IN_FOLDER(random_ids_are_uuids),
        IN_FOLDER(without_random_numbers),
        IN_FOLDER(directories_are_opened),
        IN_FOLDER(directories_of_others_are_not_opened),
        IN_FOLDER(directories_in_use_are_not_opened),
        IN_FOLDER(locks_that_fail_are_reported),
        IN_FOLDER(new_directories_get_an_identity),
        WITH_THREE(several_directories_are_opened),
        WITH_THREE(several_new_directories_get_ids_of_their_own),
        WITH_THREE(directories_that_do_not_belong_together_are_refused),
        WITH_THREE(directories_are_distinct),
        WITH_THREE(directories_that_fail_are_offline),
        WITH_THREE(directories_that_cannot_be_listed_are_offline),
        WITH_THREE(directories_of_which_one_is_in_use_are_not_opened),
        IN_FOLDER(clean_stops_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

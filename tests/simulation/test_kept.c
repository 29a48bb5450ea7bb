/* SPDX-License-Identifier: Apache-2.0 */
/* Which logs must be there after a crash, where the broker has said something of their topics, or nothing. */
#include "../unit/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <kwire/api_keys.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>
#include <kwire/messages/delete_topics_request.h>
#include <kwire/messages/delete_topics_response.h>
#include <kwire/record_builder.h>
#include <kwire/storage/partition_metadata.h>

#include "base/file.h"
#include "control.h"
#include "disk.h"
#include "kept.h"
#include "passing.h"
#include "world.h"

/* ---- in the place of the broker ---- */

static bool answers;       /* requests that delete a topic; those that create one are answered always */
static uint8_t last_id;    /* that was given */
static char created[64];   /* the last of them */
static char to_delete[64]; /* the last that was asked for */

static void copy(char to[64], kw_string name)
{
    assert_in_range(name.len, 1, 63);
    memset(to, 0, 64);
    memcpy(to, name.data, (size_t)name.len);
}

static bool answer_creation(const kw_create_topics_request *request, void (*use)(void *, const void *), void *context)
{
    kw_create_topics_response response;
    kw_create_topics_response_creatable_topic_result one;
    kw_create_topics_response_init(&response);
    kw_create_topics_response_creatable_topic_result_init(&one);
    one.topic_id.bytes[15] = ++last_id;
    response.topics.items = &one;
    response.topics.len = 1;
    copy(created, request->topics.items[0].name);
    use(context, &response);
    return true;
}

static bool answer_deletion(const kw_delete_topics_request *request, void (*use)(void *, const void *), void *context)
{
    kw_delete_topics_response response;
    kw_delete_topics_response_deletable_topic_result one;
    kw_delete_topics_response_init(&response);
    kw_delete_topics_response_deletable_topic_result_init(&one);
    response.responses.items = &one;
    response.responses.len = 1;
    copy(to_delete, request->topics.items[0].name);
    if (answers)
        use(context, &response);
    return answers;
}

bool control_ask(int16_t key, int16_t version, const void *request, void (*use)(void *context, const void *response),
                 void *context)
{
    (void)version;
    if (key == KW_KEY_CREATE_TOPICS)
        return answer_creation(request, use, context);
    return key == KW_KEY_DELETE_TOPICS && answer_deletion(request, use, context);
}

/* ---- its files ---- */

static kw_span one_batch(uint8_t *bytes, size_t size)
{
    kw_writer w;
    kw_batch_options options;
    kw_batch_builder builder;
    const kw_new_record record = {.key = {NULL, -1}, .value = {NULL, -1}};
    kw_writer_init(&w, bytes, size);
    kw_batch_options_init(&options);
    assert_int_equal(kw_batch_builder_init(&builder, &w, &options), KW_OK);
    assert_int_equal(kw_batch_builder_append(&builder, &record), KW_OK);
    assert_int_equal(kw_batch_builder_end(&builder), KW_OK);
    return kw_writer_data(&w);
}

/* Partition 0 of the topic has a record. */
static void make_log(const char *topic)
{
    uint8_t bytes[256];
    char path[KW_PATH_SIZE];
    struct file file = FILE_NONE;
    const kw_span batch = one_batch(bytes, sizeof bytes);
    (void)snprintf(path, sizeof path, "/data/%s-0", topic);
    assert_true(folder_create(path));
    (void)snprintf(path, sizeof path, "/data/%s-0/00000000000000000000.log", topic);
    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    assert_int_equal(file_write(&file, 0, &batch, 1), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
}

static int start(void **state)
{
    (void)state;
    world_start(1);
    disk_start();
    passing_start();
    created[0] = to_delete[0] = '\0';
    assert_true(folder_create("/data"));
    return 0;
}

static int finish(void **state)
{
    (void)state;
    kept_forget();
    disk_stop();
    world_finish();
    return 0;
}

/* Until the deletion of a topic is asked for that has been created. */
static void come_and_go(void)
{
    while (to_delete[0] == '\0')
        passing_step();
}

static size_t missing(void)
{
    kept_read(true);
    return kept_missing(passing_may_be_gone);
}

static void test_created(void **state)
{
    (void)state;
    while (created[0] == '\0')
        passing_step();
    make_log(created);
    assert_int_equal(missing(), 1);
}

static void test_deletion_without_answer(void **state)
{
    (void)state;
    answers = false;
    come_and_go();
    make_log(to_delete);
    assert_int_equal(missing(), 0);
}

/* A topic with the name of one that may be gone. */
static void test_others_must_be(void **state)
{
    (void)state;
    answers = false;
    come_and_go();
    make_log("passing");
    make_log("other");
    assert_int_equal(missing(), 2);
}

static void test_created_again(void **state)
{
    char name[64];
    (void)state;
    answers = false;
    come_and_go();
    memcpy(name, to_delete, sizeof name);
    answers = true;
    created[0] = '\0';
    while (strcmp(created, name) != 0)
        passing_step();
    make_log(name);
    assert_int_equal(missing(), 1);
}

/* ---- the same name, later ---- */

static void make_identity(const char *topic, uint8_t id)
{
    char path[KW_PATH_SIZE];
    uint8_t bytes[64];
    kw_writer w;
    struct file file = FILE_NONE;
    const kw_uuid topic_id = {.bytes = {1, id}};
    kw_writer_init(&w, bytes, sizeof bytes);
    assert_int_equal(kw_partition_metadata_write(&w, topic_id), KW_OK);
    const kw_span part = kw_writer_data(&w);
    (void)snprintf(path, sizeof path, "/data/%s-0/partition.metadata", topic);
    assert_int_equal(file_open(&file, path, FILE_CREATE), KW_OK);
    assert_int_equal(file_write(&file, 0, &part, 1), KW_OK);
    assert_int_equal(file_close(&file), KW_OK);
}

/* As the broker has it after a start: an empty log of the topic with that id. */
static void compare_empty(const char *folder, uint8_t id)
{
    struct segment_cache cache;
    struct partition_log log;
    const struct partition_log what = {
        .topic_id = {.bytes = {1, id}}, .folder = folder, .start_offset = -1, .check = CHECK_CRC};
    assert_true(segment_cache_init(&cache));
    assert_true(partition_log_init(&log, &what, &cache));
    kept_compare(&log);
    segment_cache_finish(&cache);
    partition_log_finish(&log);
}

static void test_another_topic_of_that_name(void **state)
{
    (void)state;
    make_log("other");
    make_identity("other", 1);
    kept_read(true);
    assert_int_equal(kept_missing(passing_may_be_gone), 1);
    assert_true(folder_create("/data/later-0"));
    assert_int_equal(file_rename("/data/other-0", "/data/other-0.1-stray"), KW_OK);
    assert_int_equal(file_rename("/data/later-0", "/data/other-0"), KW_OK);
    pid_t child = fork();
    if (child == 0) {
        compare_empty("/data/other-0", 1); /* that has lost its record */
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    compare_empty("/data/other-0", 2);
    assert_int_equal(kept_missing(passing_may_be_gone), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_created, start, finish),
        cmocka_unit_test_setup_teardown(test_deletion_without_answer, start, finish),
        cmocka_unit_test_setup_teardown(test_others_must_be, start, finish),
        cmocka_unit_test_setup_teardown(test_created_again, start, finish),
        cmocka_unit_test_setup_teardown(test_another_topic_of_that_name, start, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

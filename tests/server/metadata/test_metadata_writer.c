/* SPDX-License-Identifier: Apache-2.0 */
/* What is written to __cluster_metadata-0 is read again, whatever happens in between. */
#include "../../unit/support.h"

#include <errno.h>

#include <kwire/batches.h>
#include <kwire/control_record.h>
#include <kwire/messages/producer_ids_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/records.h>

#include "base/file_memory.h"
#include "metadata/metadata_writer.h"
#include "metadata/snapshot.h"

#include "../support/captured.h"
#include "../support/file_faults.h"
#include "../support/problem_log.h"
#include "image_text.h"

enum { LIMIT = 16 * 1024 * 1024, NODE = 1, NOW = 1000 };

static const char folder[] = "data/__cluster_metadata-0";

static kw_arena arena;
static struct metadata_log found;
static struct metadata_image *image;
static struct problem_log problems;
static struct metadata_writer writer;
static struct captured captured;

static int set_up(void **state)
{
    (void)state;
    image = NULL;
    memset(&writer, 0, sizeof writer);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), LIMIT);
    if (!file_memory_start(LIMIT))
        return -1;
    file_layer_use(&file_layer_memory);
    file_faults_start();
    return folder_create("data") ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    metadata_writer_close(&writer);
    metadata_image_release(image);
    kw_arena_finish(&arena);
    file_faults_stop();
    file_layer_use(&file_layer_system);
    file_memory_stop();
    return 0;
}

/* Reads the folder: `found` and `image`. */
static kw_status look(void)
{
    const struct metadata_parts nothing = {.epoch = -1};
    const struct problem_listener listener = {log_problem, &problems};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta delta;
    memset(&problems, 0, sizeof problems);
    assert_status(metadata_delta_init(&delta, empty, kw_allocator_libc(), LIMIT), KW_OK);
    kw_status status = metadata_log_replay(&found, folder, &delta, &arena, &listener);
    metadata_image_release(image);
    image = metadata_delta_apply(&delta, found.end_offset, found.epoch);
    assert_non_null(image);
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
    return status;
}

static void open_writer(size_t segment_bytes)
{
    (void)look();
    assert_true(metadata_writer_open(&writer, folder, &found, segment_bytes));
}

static void set_voters(kw_voters_record *voters, kw_voters_record_voter *self)
{
    kw_voters_record_init(voters);
    memset(self, 0, sizeof *self);
    self->voter_id = NODE;
    self->voter_directory_id.bytes[0] = 9;
    self->kraft_version_feature.max_supported_version = 1;
    voters->voters.items = self;
    voters->voters.len = 1;
}

static bool lead(int32_t epoch, bool first)
{
    kw_voters_record voters;
    kw_voters_record_voter self;
    set_voters(&voters, &self);
    const struct metadata_leader leader = {NODE, epoch, 1, first ? &voters : NULL, NOW};
    return metadata_writer_lead(&writer, &leader);
}

static struct record_list topic_records(uint8_t letter)
{
    struct record_list records;
    kw_topic_record topic;
    const char name[] = {(char)letter, '\0'};
    record_list_init(&records, &arena);
    kw_topic_record_init(&topic);
    topic.name = kw_string_of(name);
    topic.topic_id.bytes[0] = letter;
    record_list_add(&records, &kw_topic_record_message, 0, &topic);
    assert_status(records.status, KW_OK);
    return records;
}

static enum append_outcome append_topic(char letter)
{
    struct record_list records = topic_records((uint8_t)letter);
    return metadata_writer_append(&writer, records.values, records.count, writer.end_offset, NOW);
}

static void assert_topics(const char *letters)
{
    assert_int_equal(metadata_topic_count(image), strlen(letters));
    for (size_t i = 0; letters[i] != '\0'; i++)
        assert_int_equal(metadata_topic_at(image, i)->name.data[0], letters[i]);
}

static void assert_file(const char *name, const char *expected)
{
    char path[KW_PATH_SIZE];
    kw_bytes text;
    assert_status(path_join(path, folder, kw_string_of(name)), KW_OK);
    assert_status(file_load(path, 4096, &arena, &text), KW_OK);
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, strlen(expected));
}

static bool has_file(const char *name)
{
    char path[KW_PATH_SIZE];
    assert_status(path_join(path, folder, kw_string_of(name)), KW_OK);
    return file_exists(path);
}

/* ---- tests ---- */

static void new_log(void **state)
{
    (void)state;
    open_writer(LIMIT);
    assert_true(lead(1, true));
    assert_int_equal(append_topic('a'), APPENDED);
    assert_int_equal(append_topic('b'), APPENDED);
    assert_true(metadata_writer_sync(&writer));
    assert_status(look(), KW_OK);
    assert_topics("ab");
    assert_int_equal(found.end_offset, 5);
    assert_int_equal(found.epoch, 1);
    assert_int_equal(found.timestamp, NOW);
    assert_int_equal(found.kraft_version, 1);
    assert_int_equal(found.segment, 0);
    assert_int_equal(found.segment_size, writer.size);
    assert_int_equal(found.segment_end, 5);
    assert_false(found.has_gap);
    kw_voters_record voters;
    kw_reader in;
    kw_reader_init_bytes(&in, found.voters);
    assert_status(kw_voters_record_decode(&voters, 0, &in, &arena), KW_OK);
    assert_int_equal(voters.voters.len, 1);
    assert_int_equal(voters.voters.items[0].voter_id, NODE);
    assert_file("quorum-state", "{\"leaderId\":1,\"leaderEpoch\":1,\"votedId\":-1,"
                                "\"votedDirectoryId\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"data_version\":1}");
    assert_file("leader-epoch-checkpoint", "0\n1\n1 0\n");
    assert_file("partition.metadata", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
}

/* Each epoch starts with its leader, which is the only voter and has voted for itself. */
static void who_leads(void **state)
{
    (void)state;
    char path[KW_PATH_SIZE];
    kw_bytes bytes;
    kw_batches batches;
    kw_batch batch;
    kw_records records;
    kw_record record;
    kw_control_record control;
    int epochs = 0;
    for (int32_t epoch = 1; epoch <= 2; epoch++) {
        open_writer(LIMIT);
        assert_true(lead(epoch, epoch == 1));
        metadata_writer_close(&writer);
    }
    assert_status(path_join(path, folder, kw_string_of("00000000000000000000.log")), KW_OK);
    assert_status(file_load(path, 4096, &arena, &bytes), KW_OK);
    for (kw_batches_init(&batches, bytes); kw_batches_next(&batches, &batch); epochs++) {
        assert_true(kw_batch_is_control(&batch));
        assert_int_equal(batch.leader_epoch, epochs + 1);
        assert_status(kw_records_init(&records, &batch, NULL, NULL), KW_OK);
        assert_true(kw_records_next(&records, &record));
        assert_status(kw_control_record_decode(&control, &record, &arena), KW_OK);
        assert_int_equal(control.type, KW_CONTROL_LEADER_CHANGE);
        const kw_leader_change_message *change = &control.value.leader_change;
        assert_int_equal(change->leader_id, NODE);
        assert_int_equal(change->voters.len, 1);
        assert_int_equal(change->voters.items[0].voter_id, NODE);
        assert_int_equal(change->granting_voters.len, 1);
        assert_int_equal(change->granting_voters.items[0].voter_id, NODE);
    }
    assert_int_equal(epochs, 2);
}

static void continued_log(void **state)
{
    (void)state;
    for (int32_t epoch = 1; epoch <= 3; epoch++) {
        open_writer(LIMIT);
        assert_true(lead(epoch, epoch == 1));
        assert_int_equal(append_topic((char)('a' + epoch)), APPENDED);
        metadata_writer_close(&writer);
    }
    assert_status(look(), KW_OK);
    assert_topics("bcd");
    assert_int_equal(found.end_offset, 4 + 2 + 2);
    assert_int_equal(found.epoch, 3);
    assert_int_equal(found.kraft_version, 1);
    assert_int_equal(found.segment, 0);
    assert_file("leader-epoch-checkpoint", "0\n3\n1 0\n2 4\n3 6\n");
}

static void quorum_of_version_0(void **state)
{
    (void)state;
    const struct metadata_leader leader = {NODE, 7, 0, NULL, NOW};
    open_writer(LIMIT);
    assert_true(metadata_writer_lead(&writer, &leader));
    assert_file("quorum-state",
                "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":7,\"votedId\":-1,\"appliedOffset\":0,"
                "\"currentVoters\":[{\"voterId\":1}],\"data_version\":0}");
    assert_status(look(), KW_OK);
    assert_int_equal(found.end_offset, 1);
    assert_int_equal(found.kraft_version, 0);
    assert_int_equal(found.voters.len, -1);
}

/* The name of a new segment is on the disk before anything is written to it. */
static void new_segment_is_in_its_folder(void **state)
{
    (void)state;
    open_writer(LIMIT);
    assert_true(lead(1, true));
    file_faults_record(FAULT_OPEN | FAULT_SYNC_FOLDER | FAULT_SYNC);
    metadata_writer_roll(&writer);
    assert_string_equal(file_faults_calls(), "sync data/__cluster_metadata-0/00000000000000000000.log\n"
                                             "open data/__cluster_metadata-0/00000000000000000003.log\n"
                                             "sync_folder data/__cluster_metadata-0\n");
}

static const char *said_by_a_roll(void)
{
    capture_start(&captured);
    metadata_writer_roll(&writer);
    return capture_end(&captured);
}

/* Without a new segment the one there is goes on; a segment without a batch is not followed by another one. */
static void new_segment_cannot_be_made(void **state)
{
    (void)state;
    open_writer(LIMIT);
    assert_string_equal(said_by_a_roll(), "");
    assert_int_equal(writer.base_offset, 0);
    assert_true(lead(1, true));
    file_faults_plan(FAULT_OPEN, 0, 1, EMFILE);
    assert_non_null(strstr(said_by_a_roll(), "data/__cluster_metadata-0: no new segment: Too many open files\n"));
    assert_int_equal(writer.base_offset, 0);
    assert_int_equal(append_topic('a'), APPENDED);
    assert_string_equal(said_by_a_roll(), "");
    assert_int_equal(writer.base_offset, 4);
    assert_string_equal(said_by_a_roll(), "");
    assert_int_equal(append_topic('b'), APPENDED);
    assert_status(look(), KW_OK);
    assert_topics("ab");
    file_faults_plan(FAULT_SYNC, 0, 1, EIO);
    assert_non_null(strstr(said_by_a_roll(), ": the metadata log cannot be synced: Input/output error\n"));
    assert_int_equal(writer.base_offset, 4);
}

/* Kafka could not read a batch of them. */
static void too_much_for_a_batch(void **state)
{
    (void)state;
    enum { LARGE = 1024 * 1024, MANY = 64 };
    static uint8_t bytes[LARGE];
    kw_bytes values[MANY];
    for (size_t i = 0; i < MANY; i++)
        values[i] = (kw_bytes){bytes, LARGE};
    open_writer(LIMIT);
    assert_true(lead(1, true));
    int64_t end = writer.end_offset;
    capture_start(&captured);
    enum append_outcome outcome = metadata_writer_append(&writer, values, MANY, end, NOW);
    assert_non_null(strstr(capture_end(&captured), "data/__cluster_metadata-0: no batch of metadata records: "));
    assert_int_equal(outcome, NOT_APPENDED);
    assert_int_equal(writer.end_offset, end);
    assert_int_equal(append_topic('a'), APPENDED);
    assert_status(look(), KW_OK);
    assert_topics("a");
}

static void folder_with_too_long_a_name(void **state)
{
    (void)state;
    char longest[KW_PATH_SIZE + 1];
    memset(longest, 'x', KW_PATH_SIZE);
    longest[KW_PATH_SIZE] = '\0';
    (void)look();
    capture_start(&captured);
    bool opened = metadata_writer_open(&writer, longest, &found, LIMIT);
    int error = errno;
    assert_non_null(strstr(capture_end(&captured), "kwire-broker: xxxx"));
    assert_int_equal(error, ENAMETOOLONG);
    assert_false(opened);
}

/* Bytes that a crash has left after the last batch, or of it. */
static void torn_tail_is_removed(void **state)
{
    (void)state;
    const kw_span junk = {"torn batch", 10};
    open_writer(LIMIT);
    assert_true(lead(1, true));
    assert_int_equal(append_topic('a'), APPENDED);
    size_t before = writer.size;
    assert_int_equal(append_topic('b'), APPENDED);
    assert_status(file_truncate(&writer.file, writer.size - 1), KW_OK);
    metadata_writer_close(&writer);
    size_t torn = writer.size - 1 - before;
    char line[100];
    (void)snprintf(line, sizeof line, "data/__cluster_metadata-0: %zu bytes after offset 4 are removed\n", torn);
    capture_start(&captured);
    open_writer(LIMIT);
    assert_non_null(strstr(capture_end(&captured), line));
    assert_int_equal(writer.size, before);
    assert_int_equal(writer.end_offset, 4);
    assert_status(file_write(&writer.file, writer.size, &junk, 1), KW_OK);
    metadata_writer_close(&writer);
    open_writer(LIMIT);
    assert_int_equal(append_topic('c'), APPENDED);
    assert_status(look(), KW_OK);
    assert_topics("ac");
    assert_int_equal(problems.count, 0);
    assert_false(found.has_gap);
}

/* What follows the damage in another segment would be lost. */
static void damage_in_the_middle_is_a_gap(void **state)
{
    (void)state;
    const kw_span junk = {"\1", 1};
    open_writer(1);
    assert_true(lead(1, true));
    size_t first = writer.size;
    for (char letter = 'a'; letter < 'd'; letter++)
        assert_int_equal(append_topic(letter), APPENDED);
    assert_status(look(), KW_OK);
    assert_topics("abc");
    assert_false(found.has_gap);
    assert_int_equal(found.segment, 5);
    struct file file = FILE_NONE;
    assert_status(file_open(&file, "data/__cluster_metadata-0/00000000000000000000.log", 0), KW_OK);
    assert_status(file_write(&file, first - 1, &junk, 1), KW_OK);
    (void)file_close(&file);
    assert_status(look(), KW_OK);
    assert_true(found.has_gap);
    assert_status(file_remove("data/__cluster_metadata-0/00000000000000000000.log"), KW_OK);
    assert_status(look(), KW_OK);
    assert_true(found.has_gap);
}

static void full_disk_changes_nothing(void **state)
{
    (void)state;
    open_writer(LIMIT);
    assert_true(lead(1, true));
    file_faults_plan(FAULT_WRITE, 0, 1, ENOSPC);
    file_faults.cut = 30;
    assert_int_equal(append_topic('a'), NOT_APPENDED);
    assert_int_equal(append_topic('b'), APPENDED);
    assert_true(metadata_writer_sync(&writer));
    assert_status(look(), KW_OK);
    assert_topics("b");
    assert_int_equal(problems.count, 0);
}

static void failing_disk_ends_it(void **state)
{
    (void)state;
    open_writer(LIMIT);
    assert_true(lead(1, true));
    file_faults_plan(FAULT_WRITE, 0, 1, EIO);
    assert_int_equal(append_topic('a'), APPEND_FAILED);
    assert_int_equal(append_topic('a'), APPEND_FAILED);
    assert_false(metadata_writer_sync(&writer));
    metadata_writer_close(&writer);
    open_writer(LIMIT);
    assert_true(lead(2, false));
    file_faults_plan(FAULT_WRITE | FAULT_TRUNCATE, 0, 2, ENOSPC);
    assert_int_equal(append_topic('a'), APPEND_FAILED); /* what was written cannot be removed */
    metadata_writer_close(&writer);
    open_writer(LIMIT);
    assert_true(lead(3, false));
    file_faults_plan(FAULT_SYNC, 0, 1, EIO);
    assert_int_equal(append_topic('a'), APPENDED);
    assert_false(metadata_writer_sync(&writer));
    assert_false(metadata_writer_sync(&writer)); /* is not tried again */
    assert_int_equal(append_topic('b'), APPEND_FAILED);
}

static void wrong_offset_is_refused(void **state)
{
    (void)state;
    struct record_list records = topic_records('a');
    open_writer(LIMIT);
    assert_true(lead(1, true));
    assert_int_equal(metadata_writer_append(&writer, records.values, 1, 2, NOW), APPEND_FAILED);
}

static kw_status write_snapshot(void)
{
    kw_voters_record voters;
    kw_voters_record_voter self;
    set_voters(&voters, &self);
    const struct snapshot_options options = {NOW, NOW - 1, 1, &voters};
    return snapshot_write(folder, image, &options);
}

static void snapshot_replaces_segments(void **state)
{
    (void)state;
    open_writer(1); /* a segment for each batch */
    assert_true(lead(1, true));
    assert_int_equal(append_topic('a'), APPENDED);
    assert_int_equal(append_topic('b'), APPENDED);
    assert_status(look(), KW_OK);
    assert_status(write_snapshot(), KW_OK);
    assert_int_equal(append_topic('c'), APPENDED);
    file_faults_plan(FAULT_REMOVE, 0, FAULT_FOREVER, EACCES);
    capture_start(&captured);
    metadata_writer_remove_below(&writer, 5);
    assert_non_null(strstr(capture_end(&captured),
                           "data/__cluster_metadata-0/00000000000000000000.log cannot be removed: "
                           "Permission denied\n"));
    assert_true(has_file("00000000000000000000.log"));
    file_faults_plan(0, 0, 0, 0);
    metadata_writer_remove_below(&writer, 5);
    assert_false(has_file("00000000000000000000.log"));
    assert_false(has_file("00000000000000000003.log"));
    assert_false(has_file("00000000000000000004.log"));
    assert_true(has_file("00000000000000000005.log"));
    struct metadata_image *before = image;
    image = NULL;
    assert_status(look(), KW_OK);
    assert_topics("abc");
    assert_int_equal(found.snapshot_offset, 5);
    assert_int_equal(found.kraft_version, 1);
    assert_true(found.voters.len > 0);
    assert_false(found.has_gap);
    metadata_image_release(before);
    assert_status(write_snapshot(), KW_OK);
    metadata_writer_remove_below(&writer, 6);
    assert_false(has_file("00000000000000000005-0000000001.checkpoint"));
    assert_true(has_file("00000000000000000005.log")); /* it is the last one */
    metadata_writer_close(&writer);
    open_writer(1);
    assert_int_equal(writer.base_offset, 5);
    assert_topics("abc");
}

/* The log ends below the snapshot: it continues in a new segment. */
static void log_continues_at_the_snapshot(void **state)
{
    (void)state;
    open_writer(LIMIT);
    assert_true(lead(1, true));
    size_t first = writer.size;
    assert_int_equal(append_topic('a'), APPENDED);
    assert_status(look(), KW_OK);
    assert_status(write_snapshot(), KW_OK);
    assert_status(file_truncate(&writer.file, first), KW_OK);
    metadata_writer_close(&writer);
    open_writer(LIMIT);
    assert_int_equal(writer.base_offset, 4);
    assert_true(lead(2, false));
    assert_int_equal(append_topic('b'), APPENDED);
    assert_status(look(), KW_OK);
    assert_topics("ab");
    assert_int_equal(found.segment, 4);
}

/* Whatever fails, there is the snapshot or there is none. */
static void snapshot_is_whole_or_not_there(void **state)
{
    (void)state;
    open_writer(LIMIT);
    assert_true(lead(1, true));
    assert_int_equal(append_topic('a'), APPENDED);
    assert_status(look(), KW_OK);
    kw_status status = KW_ERR_FILE;
    for (size_t pass = 0; status != KW_OK; pass++) {
        assert_true(pass < 20);
        file_faults_plan(FAULT_OPEN | FAULT_WRITE | FAULT_SYNC | FAULT_RENAME, pass, 1, EIO);
        status = write_snapshot();
        assert_true(status == KW_OK || status == KW_ERR_FILE);
        assert_int_equal(has_file("00000000000000000004-0000000001.checkpoint"), status == KW_OK);
        assert_false(has_file("00000000000000000004-0000000001-0.checkpoint.part"));
    }
}

/* Whatever fails as an epoch starts, the log is as before or has it. */
static void failing_start_of_an_epoch(void **state)
{
    (void)state;
    bool leads = false;
    for (size_t pass = 0; !leads; pass++) {
        assert_true(pass < 60);
        (void)look();
        file_faults_plan(FAULT_CHANGES, pass, 1, EIO);
        leads = metadata_writer_open(&writer, folder, &found, LIMIT) && lead(found.epoch + 1, found.end_offset <= 0);
        file_faults_plan(0, 0, 0, 0);
        metadata_writer_close(&writer);
        (void)look();
        assert_false(found.has_gap);
    }
    assert_true(found.kraft_version == 1);
}

#define WRITER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WRITER_TEST(new_log),
        WRITER_TEST(who_leads),
        WRITER_TEST(continued_log),
        WRITER_TEST(quorum_of_version_0),
        WRITER_TEST(new_segment_is_in_its_folder),
        WRITER_TEST(new_segment_cannot_be_made),
        WRITER_TEST(too_much_for_a_batch),
        WRITER_TEST(folder_with_too_long_a_name),
        WRITER_TEST(torn_tail_is_removed),
        WRITER_TEST(damage_in_the_middle_is_a_gap),
        WRITER_TEST(full_disk_changes_nothing),
        WRITER_TEST(failing_disk_ends_it),
        WRITER_TEST(wrong_offset_is_refused),
        WRITER_TEST(snapshot_replaces_segments),
        WRITER_TEST(log_continues_at_the_snapshot),
        WRITER_TEST(snapshot_is_whole_or_not_there),
        WRITER_TEST(failing_start_of_an_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is replayed of a folder of snapshots and segments, whole and damaged, and what is reported of it. */
#include "../support/problem_log.h"
#include "../support/unreadable_pages.h"
#include "compressed_topic.h"

#include <stdlib.h>
#include <unistd.h>

#include <kwire/control_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/persisted.h>

#include "metadata/metadata_log.h"

enum { LIMIT = 8 * 1024 * 1024 };

static char folder[64];
static problem_log problems;
static struct metadata_log result;
static struct metadata_image *image;

static const char *const file_names[] = {
    "00000000000000000000.log",
    "00000000000000000002.log",
    "00000000000000000005.log",
    "00000000000000000002-0000000005.checkpoint",
    "00000000000000000004-0000000006.checkpoint",
    "00000000000000000004-0000000006.checkpoint.part",
    "00000000000000000000-0000000000.checkpoint",
    "00000000000000000004-0000000006.checkpoint.deleted",
    "00000000000000000002.log.deleted",
    "quorum-state",
    "leader-epoch-checkpoint",
};

static int set_up(void **state)
{
    (void)state;
    image = NULL;
    strcpy(folder, "/tmp/kwire-metadata-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

/* Where the system shows it: files that were read are not mapped any more. */
static void assert_nothing_is_mapped(void)
{
    char line[512];
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        if (strstr(line, folder) != NULL)
            fail_msg("%s", line);
    if (maps != NULL)
        (void)fclose(maps);
}

static int tear_down(void **state)
{
    metadata_image_release(image);
    assert_nothing_is_mapped();
    for (size_t i = 0; i < COUNT_OF(file_names); i++)
        (void)remove(join(folder, file_names[i]).text);
    return rmdir(folder) == 0 ? forget_given(state) : -1;
}

/* ---- files of records ---- */

struct made_file {
    uint8_t bytes[8192];
    size_t size;
    size_t last; /* where the last batch starts */
};

static kw_uuid id_of(char letter)
{
    kw_uuid id = {{0}};
    id.bytes[15] = (uint8_t)letter;
    return id;
}

/* Starts a batch; records are added to it until end_batch(). */
static void start_batch(struct made_file *f, int64_t base_offset, int32_t epoch, uint16_t attributes)
{
    uint8_t *at = f->bytes + f->size;
    f->last = f->size;
    memset(at, 0, KW_BATCH_V2_RECORDS);
    kw_store_be64(at + KW_BATCH_OFFSET, (uint64_t)base_offset);
    kw_store_be32(at + 12, (uint32_t)epoch); /* behind the offset and the length */
    at[KW_BATCH_MAGIC] = KW_MAGIC_V2;
    kw_store_be16(at + KW_BATCH_V2_ATTRIBUTES, attributes);
    kw_store_be32(at + KW_BATCH_V2_LAST_OFFSET_DELTA, UINT32_MAX);
    kw_store_be64(at + KW_BATCH_V2_PRODUCER_ID, UINT64_MAX);
    f->size += KW_BATCH_V2_RECORDS;
}

static void add_record(struct made_file *f, kw_bytes key, kw_bytes value)
{
    uint8_t *batch = f->bytes + f->last;
    uint32_t count = kw_load_be32(batch + KW_BATCH_V2_COUNT);
    uint8_t body[512];
    kw_writer w;
    kw_writer_init(&w, body, sizeof body);
    kw_write_int8(&w, 0);
    kw_write_varlong(&w, 0);
    kw_write_varint(&w, (int32_t)count);
    kw_write_varint(&w, key.len);
    if (key.len > 0)
        kw_write_raw(&w, key.data, (size_t)key.len);
    kw_write_varint(&w, value.len);
    kw_write_raw(&w, value.data, (size_t)value.len);
    kw_write_varint(&w, 0);
    kw_span written = kw_writer_data(&w);
    kw_writer_init(&w, f->bytes + f->size, sizeof f->bytes - f->size);
    kw_write_varint(&w, (int32_t)written.size);
    kw_write_raw(&w, written.data, written.size);
    f->size += kw_writer_data(&w).size;
    kw_store_be32(batch + KW_BATCH_V2_COUNT, count + 1);
    kw_store_be32(batch + KW_BATCH_V2_LAST_OFFSET_DELTA, count);
}

static void end_batch(struct made_file *f)
{
    uint8_t *batch = f->bytes + f->last;
    size_t size = f->size - f->last;
    kw_store_be32(batch + KW_BATCH_LENGTH, (uint32_t)(size - KW_BATCH_OVERHEAD));
    kw_store_be32(batch + KW_BATCH_V2_CRC, kw_crc32c(0, batch + KW_BATCH_V2_ATTRIBUTES, size - KW_BATCH_V2_ATTRIBUTES));
}

static void add_value(struct made_file *f, const kw_message *message, int16_t version, const void *value)
{
    uint8_t bytes[256];
    kw_writer w;
    const kw_bytes no_key = {NULL, -1};
    kw_writer_init(&w, bytes, sizeof bytes);
    kw_persisted_encode_header(&w, message, version);
    assert_status(kw_message_encode(message, version, value, &w), KW_OK);
    add_record(f, no_key, kw_bytes_of(bytes, kw_writer_data(&w).size));
}

/* A batch of topics, one a letter; '?' is a partition of a topic that does not exist. */
static void add_topics(struct made_file *f, int64_t base_offset, int32_t epoch, const char *letters)
{
    start_batch(f, base_offset, epoch, 0);
    for (; *letters != '\0'; letters++) {
        kw_topic_record topic;
        kw_partition_record part;
        kw_topic_record_init(&topic);
        topic.name = (kw_string){letters, 1};
        topic.topic_id = id_of(*letters);
        kw_partition_record_init(&part);
        part.topic_id = id_of('?');
        if (*letters == '?')
            add_value(f, &kw_partition_record_message, 0, &part);
        else
            add_value(f, &kw_topic_record_message, 0, &topic);
    }
    end_batch(f);
}

static void add_control(struct made_file *f, int64_t offset, uint8_t type)
{
    const uint8_t key[] = {0, 0, 0, type}, value[] = {0, 0};
    start_batch(f, offset, 0, KW_ATTRIBUTE_CONTROL);
    add_record(f, kw_bytes_of(key, sizeof key), kw_bytes_of(value, sizeof value));
    end_batch(f);
}

static void write_records(const char *name, const struct made_file *f)
{
    write_file(join(folder, name).text, f->bytes, f->size);
}

static void write_snapshot(const char *name, const char *letters, uint8_t last)
{
    struct made_file f = {.size = 0};
    add_control(&f, 0, KW_CONTROL_SNAPSHOT_HEADER);
    if (*letters != '\0')
        add_topics(&f, 1, 1, letters);
    add_control(&f, 1 + (int64_t)strlen(letters), last);
    write_records(name, &f);
}

/* ---- what comes of it ---- */

static size_t memory_limit = LIMIT;

static kw_status replay(void)
{
    const struct metadata_parts nothing = {.epoch = -1};
    const struct problem_listener listener = {log_problem, &problems};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta delta;
    kw_arena arena;
    memset(&problems, 0, sizeof problems);
    memset(&result, 0x5a, sizeof result);
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), memory_limit);
    assert_status(metadata_delta_init(&delta, empty, kw_allocator_libc(), LIMIT), KW_OK);
    kw_status status = metadata_log_replay(&result, folder, &delta, &arena, &listener);
    if (result.voters.len > 0)
        result.voters = given_prefix(result.voters, (size_t)result.voters.len); /* the arena ends */
    metadata_image_release(image);
    image = metadata_delta_apply(&delta, 0, -1);
    assert_non_null(image);
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
    kw_arena_finish(&arena);
    return status;
}

static void assert_topics(const char *letters)
{
    char found[32] = "";
    for (size_t i = 0; i < metadata_topic_count(image); i++)
        strncat(found, metadata_topic_at(image, i)->name.data, 1);
    assert_string_equal(found, letters);
}

static void assert_replayed(const char *letters, int64_t snapshot, int64_t end, int32_t epoch)
{
    assert_status(replay(), KW_OK);
    assert_topics(letters);
    assert_int_equal(result.snapshot_offset, snapshot);
    assert_int_equal(result.end_offset, end);
    assert_int_equal(result.epoch, epoch);
}

static void segments_are_replayed_in_order(void **state)
{
    (void)state;
    struct made_file f = {.size = 0}, g = {.size = 0};
    add_topics(&f, 0, 3, "b");
    add_control(&f, 1, KW_CONTROL_LEADER_CHANGE);
    add_topics(&g, 2, 4, "ac");
    write_records(file_names[0], &f);
    write_records(file_names[1], &g);
    assert_replayed("abc", -1, 4, 4);
    assert_no_problem(&problems);
    assert_int_equal(result.quorum.leader_id, -1);
    assert_int_equal(result.quorum.leader_epoch, -1);
    assert_int_equal(result.quorum.voted_id, -1);
    assert_int_equal(result.quorum.data_version, -1);
}

static void nothing_is_no_log(void **state)
{
    (void)state;
    assert_status(replay(), KW_ERR_NO_FILE);
    assert_int_equal(result.end_offset, 0);
    assert_int_equal(result.epoch, -1);
    write_file(join(folder, "leader-epoch-checkpoint").text, "0\n0\n", 4);
    assert_status(replay(), KW_ERR_NO_FILE);
    struct made_file none = {.size = 0};
    write_records(file_names[0], &none); /* an empty log is one */
    assert_replayed("", -1, 0, -1);
    assert_no_problem(&problems);
    char name[64];
    strcpy(name, folder);
    strcpy(folder, "/tmp/kwire-metadata-none");
    assert_status(replay(), KW_ERR_NO_FILE);
    assert_int_equal(result.snapshot_offset, -1);
    assert_int_equal(result.quorum.leader_id, -1);
    assert_int_equal(result.quorum.voted_id, -1);
    assert_int_equal(result.quorum.leader_epoch, -1);
    assert_int_equal(result.quorum.data_version, -1);
    assert_int_equal(result.epoch, -1);
    strcpy(folder, name);
}

static void the_log_goes_on_after_the_snapshot(void **state)
{
    (void)state;
    struct made_file f = {.size = 0};
    add_topics(&f, 0, 3, "x");
    add_topics(&f, 1, 4, "yb"); /* y is below the snapshot's end */
    add_topics(&f, 3, 5, "c");
    write_records(file_names[0], &f);
    write_snapshot(file_names[3], "as", KW_CONTROL_SNAPSHOT_FOOTER);
    assert_replayed("abcs", 2, 4, 5);
    assert_no_problem(&problems);

    write_file(join(folder, file_names[0]).text, "not needed", 10); /* ends where the next one starts */
    struct made_file g = {.size = 0};
    add_topics(&g, 2, 6, "d");
    write_records(file_names[1], &g);
    assert_replayed("ads", 2, 3, 6);
    assert_no_problem(&problems);
    (void)remove(join(folder, file_names[0]).text);
    (void)remove(join(folder, file_names[1]).text);
    assert_replayed("as", 2, 2, 5); /* nothing after it: the epoch of the name */
}

static void the_newest_valid_snapshot_is_used(void **state)
{
    (void)state;
    write_snapshot(file_names[3], "a", KW_CONTROL_SNAPSHOT_FOOTER);
    write_snapshot(file_names[4], "b", KW_CONTROL_SNAPSHOT_FOOTER);
    write_snapshot(file_names[5], "c", KW_CONTROL_SNAPSHOT_FOOTER);
    assert_replayed("b", 4, 4, 6);
    assert_no_problem(&problems);

    write_snapshot(file_names[4], "b", KW_CONTROL_SNAPSHOT_HEADER); /* no footer */
    size_t size = (size_t)read_file(join(folder, file_names[4]).text).len;
    assert_replayed("a", 2, 2, 5);
    assert_problem(&problems, KW_ERR_TORN, (int64_t)size);
    assert_non_null(strstr(problems.text, file_names[4]));

    struct made_file f = {.size = 0};
    add_topics(&f, 0, 1, "b"); /* no header */
    add_control(&f, 1, KW_CONTROL_SNAPSHOT_FOOTER);
    write_records(file_names[4], &f);
    assert_replayed("a", 2, 2, 5);
    assert_problem(&problems, KW_ERR_TORN, 0);

    write_snapshot(file_names[4], "b", KW_CONTROL_SNAPSHOT_FOOTER);
    kw_bytes whole = read_file(join(folder, file_names[4]).text);
    uint8_t *damaged = copy_of(whole);
    damaged[whole.len - 1] ^= 1;
    write_file(join(folder, file_names[4]).text, damaged, (size_t)whole.len);
    assert_replayed("a", 2, 2, 5);
    assert_int_equal(problems.count, 1);
    assert_true(problems.position > 0);

    (void)remove(join(folder, file_names[4]).text);
    make_folder(join(folder, file_names[4]).text); /* cannot be read */
    assert_replayed("a", 2, 2, 5);
    assert_problem(&problems, KW_ERR_FILE, -1);
}

/* A disk that cannot read a page has neither cut the log off nor made it shorter. */
static void what_cannot_be_read_is_missing(void **state)
{
    (void)state;
    struct made_file f = {.size = 0};
    add_topics(&f, 0, 1, "ab");
    write_records(file_names[0], &f);
    write_snapshot(file_names[3], "c", KW_CONTROL_SNAPSHOT_FOOTER);
    write_snapshot(file_names[4], "d", KW_CONTROL_SNAPSHOT_FOOTER);
    unreadable_pages_start(folder);
    unreadable_pages_plan(file_names[4], 0);
    assert_replayed("c", 2, 2, 5);
    assert_problem(&problems, KW_ERR_FILE, -1);
    assert_non_null(strstr(problems.text, file_names[4]));
    assert_false(result.has_gap);
    (void)remove(join(folder, file_names[3]).text);
    (void)remove(join(folder, file_names[4]).text);
    unreadable_pages_plan(file_names[0], 0);
    assert_status(replay(), KW_OK);
    assert_topics("");
    assert_true(result.has_gap);
    unreadable_pages_plan(NULL, 0);
    assert_replayed("ab", -1, 2, 1);
    assert_false(result.has_gap);
    unreadable_pages_stop();
}

static void assert_torn(const struct made_file *f, size_t at)
{
    write_records(file_names[4], f);
    assert_replayed("a", 2, 2, 5);
    assert_problem(&problems, KW_ERR_TORN, (int64_t)at);
    assert_int_equal(problems.offset, -1);
    assert_int_equal(problems.count, 1);
}

static void snapshots_that_are_not_complete(void **state)
{
    (void)state;
    const uint8_t short_key[] = {0, 0, 0}, value[] = {0, KW_CONTROL_SNAPSHOT_FOOTER};
    struct made_file f = {.size = 0};
    write_snapshot(file_names[3], "a", KW_CONTROL_SNAPSHOT_FOOTER);
    assert_torn(&f, 0); /* empty */
    add_control(&f, 0, KW_CONTROL_SNAPSHOT_HEADER);
    add_topics(&f, 1, 1, "b");
    assert_torn(&f, f.size);
    start_batch(&f, 2, 0, KW_ATTRIBUTE_CONTROL);
    add_record(&f, kw_bytes_of(short_key, sizeof short_key), kw_bytes_of(value, sizeof value));
    end_batch(&f);
    assert_torn(&f, f.size);
    add_control(&f, 3, KW_CONTROL_SNAPSHOT_FOOTER);
    memset(f.bytes + f.size, 0, 4096);
    size_t size = f.size;
    f.size += 4096;
    assert_torn(&f, size);
    f.size = size;
    write_records(file_names[4], &f);
    assert_replayed("b", 4, 4, 6);
}

static void only_live_files_are_used(void **state)
{
    (void)state;
    struct made_file f = {.size = 0}, g = {.size = 0};
    write_snapshot(file_names[6], "", KW_CONTROL_SNAPSHOT_FOOTER); /* a snapshot of nothing is one */
    assert_replayed("", 0, 0, 0);
    write_snapshot(file_names[6], "a", KW_CONTROL_SNAPSHOT_FOOTER);
    write_snapshot(file_names[7], "x", KW_CONTROL_SNAPSHOT_FOOTER);
    add_topics(&f, 0, 1, "bc");
    add_topics(&g, 2, 1, "y");
    write_records(file_names[0], &f);
    write_records(file_names[8], &g);
    assert_replayed("abc", 0, 2, 1);
    assert_no_problem(&problems);
}

static void compressed_records_are_replayed(void **state)
{
    (void)state;
    if (!kw_codec_available(KW_CODEC_GZIP))
        skip();
    write_compressed_topic(join(folder, file_names[0]).text, 2);
    assert_replayed("a", -1, 2, 4);
    assert_no_problem(&problems);
}

static void add_control_value(struct made_file *f, int64_t offset, uint8_t type, kw_bytes value)
{
    const uint8_t key[] = {0, 0, 0, type};
    start_batch(f, offset, 0, KW_ATTRIBUTE_CONTROL);
    add_record(f, kw_bytes_of(key, sizeof key), value);
    kw_store_be64(f->bytes + f->last + KW_BATCH_V2_MAX_TIMESTAMP, (uint64_t)(1000 + offset));
    end_batch(f);
}

static void control_records_of_the_quorum(void **state)
{
    (void)state;
    uint8_t voters[200];
    const uint8_t version[] = {0, 0, 0, 1, 0};
    memset(voters, 7, sizeof voters);
    struct made_file f = {.size = 0};
    add_topics(&f, 0, 1, "a");
    write_records(file_names[0], &f);
    assert_replayed("a", -1, 1, 1);
    assert_int_equal(result.kraft_version, 0);
    assert_int_equal(result.voters.len, -1);
    add_control_value(&f, 1, KW_CONTROL_KRAFT_VERSION, kw_bytes_of(version, 4));
    add_control_value(&f, 2, KW_CONTROL_VOTERS, kw_bytes_of(version, 3));
    add_control_value(&f, 3, KW_CONTROL_VOTERS, kw_bytes_of(voters, sizeof voters));
    add_control_value(&f, 4, KW_CONTROL_KRAFT_VERSION, kw_bytes_of(voters, 3)); /* too short */
    write_records(file_names[0], &f);
    assert_replayed("a", -1, 5, 0);
    assert_int_equal(result.kraft_version, 1);
    assert_int_equal(result.voters.len, sizeof voters);
    assert_memory_equal(result.voters.data, voters, sizeof voters);
    assert_int_equal(result.timestamp, 1004);
    size_t short_of_memory = 0;
    kw_status status = KW_ERR_MEMORY_LIMIT;
    for (memory_limit = 16; status != KW_OK; memory_limit += 16, short_of_memory++) {
        status = replay();
        if (status != KW_OK)
            assert_status(status, KW_ERR_MEMORY_LIMIT);
    }
    memory_limit = LIMIT;
    assert_int_equal(result.voters.len, sizeof voters);
    assert_true(short_of_memory > 5);
}

/* What the next write continues with. */
static void assert_continued(int64_t segment, size_t size, int64_t end, bool gap)
{
    assert_int_equal(result.segment, segment);
    assert_int_equal(result.segment_size, size);
    assert_int_equal(result.segment_end, end);
    assert_int_equal(result.has_gap, gap);
}

static void the_end_of_the_log(void **state)
{
    (void)state;
    struct made_file f = {.size = 0}, g = {.size = 0};
    assert_status(replay(), KW_ERR_NO_FILE);
    assert_int_equal(result.segment, -1);
    assert_int_equal(result.timestamp, -1);
    add_topics(&f, 0, 1, "ab");
    add_topics(&g, 2, 1, "c");
    write_records(file_names[0], &f);
    write_records(file_names[1], &g);
    assert_replayed("abc", -1, 3, 1);
    assert_continued(2, g.size, 3, false);
    assert_int_equal(result.bytes, f.size + g.size);
    assert_false(result.has_unknown || result.in_transaction);
    write_snapshot(file_names[3], "s", KW_CONTROL_SNAPSHOT_FOOTER); /* ends at 2 */
    assert_replayed("cs", 2, 3, 1);
    assert_continued(2, g.size, 3, false);
    assert_int_equal(result.bytes, g.size);
    (void)remove(join(folder, file_names[3]).text);

    size_t whole = g.size;
    add_topics(&g, 3, 1, "d?");
    g.bytes[g.size - 1] ^= 1; /* a write that did not end */
    write_records(file_names[1], &g);
    assert_replayed("abc", -1, 3, 1);
    assert_continued(2, whole, 3, false);
    g.bytes[g.size - 1] ^= 1;
    write_records(file_names[1], &g);
    assert_replayed("abcd", -1, 5, 1);
    assert_continued(2, g.size, 5, false);
    assert_true(result.has_unknown);
    f.bytes[f.size - 1] ^= 1; /* but a further segment */
    write_records(file_names[0], &f);
    assert_replayed("", -1, 0, -1);
    assert_continued(0, 0, 0, true);
    (void)remove(join(folder, file_names[0]).text);
    assert_replayed("cd", -1, 5, 1); /* from 2 on */
    assert_continued(2, g.size, 5, true);
    (void)remove(join(folder, file_names[1]).text);
    make_folder(join(folder, file_names[1]).text);
    assert_replayed("", -1, 0, -1);
    assert_true(result.has_gap);
}

static void damage_ends_the_log(void **state)
{
    (void)state;
    struct made_file f = {.size = 0}, g = {.size = 0};
    add_topics(&f, 0, 3, "a");
    size_t second = f.size;
    add_topics(&f, 1, 3, "b");
    f.bytes[f.size - 2] ^= 1;
    add_topics(&g, 2, 4, "c");
    write_records(file_names[0], &f);
    write_records(file_names[1], &g);
    assert_replayed("a", -1, 1, 3);
    assert_problem(&problems, KW_ERR_CRC, (int64_t)second + KW_BATCH_V2_CRC);
    assert_int_equal(problems.count, 1);
    assert_non_null(strstr(problems.text, file_names[0]));

    (void)remove(join(folder, file_names[0]).text);
    make_folder(join(folder, file_names[0]).text);
    assert_replayed("", -1, 0, -1);
    assert_problem(&problems, KW_ERR_FILE, -1);
}

static void damaged_records_are_passed_over(void **state)
{
    (void)state;
    struct made_file f = {.size = 0};
    add_topics(&f, 0, 3, "a");
    size_t second = f.size;
    add_topics(&f, 1, 3, "b?c");
    write_records(file_names[0], &f);
    assert_replayed("abc", -1, 4, 3);
    assert_problem(&problems, KW_ERR_UNKNOWN_MESSAGE, (int64_t)second);
    assert_int_equal(problems.offset, 2);
    assert_int_equal(problems.count, 1);

    f.bytes[second + KW_BATCH_V2_COUNT + 3] = 4; /* more than there are */
    end_batch(&f);
    add_topics(&f, 4, 3, "d");
    write_records(file_names[0], &f);
    assert_status(replay(), KW_OK);
    assert_topics("abc");
    assert_true(problems.count >= 2);
    assert_true(result.end_offset < 4);
}

static void a_gap_is_reported(void **state)
{
    (void)state;
    struct made_file f = {.size = 0};
    write_snapshot(file_names[3], "a", KW_CONTROL_SNAPSHOT_FOOTER);
    add_topics(&f, 5, 7, "b");
    write_records(file_names[2], &f);
    assert_replayed("ab", 2, 6, 7);
    assert_problem(&problems, KW_ERR_OFFSET_ORDER, 0);
    assert_int_equal(problems.offset, 5);
    assert_int_equal(problems.count, 1);
}

static void the_quorum_is_known_by_its_file(void **state)
{
    (void)state;
    static const char text[] = "{\"clusterId\":\"\",\"leaderId\":3,\"leaderEpoch\":12,\"votedId\":-1,"
                               "\"appliedOffset\":0,\"currentVoters\":[{\"voterId\":3}],\"data_version\":0}";
    write_snapshot(file_names[3], "a", KW_CONTROL_SNAPSHOT_FOOTER);
    write_file(join(folder, "quorum-state").text, text, sizeof text - 1);
    assert_replayed("a", 2, 2, 5);
    assert_no_problem(&problems);
    assert_int_equal(result.quorum.leader_id, 3);
    assert_int_equal(result.quorum.leader_epoch, 12);

    write_file(join(folder, "quorum-state").text, "{\"leaderId\":x}", 14);
    assert_replayed("a", 2, 2, 5);
    assert_int_equal(problems.count, 1);
    assert_int_equal(problems.offset, -1);
    assert_non_null(strstr(problems.text, "quorum-state"));
    assert_true(problems.position >= 0);

    static char long_text[1024 * 1024 + 1];
    memset(long_text, ' ', sizeof long_text);
    memcpy(long_text, text, sizeof text - 1);
    write_file(join(folder, "quorum-state").text, long_text, sizeof long_text - 1);
    assert_replayed("a", 2, 2, 5);
    assert_no_problem(&problems);
    assert_int_equal(result.quorum.leader_id, 3);
    write_file(join(folder, "quorum-state").text, long_text, sizeof long_text);
    assert_replayed("a", 2, 2, 5);
    assert_problem(&problems, KW_ERR_FILE, -1);
    assert_int_equal(result.quorum.leader_id, -1);

    (void)remove(join(folder, "quorum-state").text);
    make_folder(join(folder, "quorum-state").text);
    assert_replayed("a", 2, 2, 5);
    assert_problem(&problems, KW_ERR_FILE, -1);
    assert_int_equal(problems.count, 1);
}

static void one_file_is_replayed(void **state)
{
    (void)state;
    const struct metadata_parts nothing = {.epoch = -1};
    const struct problem_listener listener = {log_problem, &problems};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta delta;
    memset(&problems, 0, sizeof problems);
    assert_status(metadata_delta_init(&delta, empty, kw_allocator_libc(), LIMIT), KW_OK);
    assert_status(metadata_file_replay(join(folder, "none").text, &delta, &listener), KW_ERR_NO_FILE);
    write_snapshot(file_names[3], "ab", KW_CONTROL_SNAPSHOT_FOOTER);
    assert_status(metadata_file_replay(join(folder, file_names[3]).text, &delta, &listener), KW_OK);
    assert_no_problem(&problems);
    image = metadata_delta_apply(&delta, 0, -1);
    assert_topics("ab");
    struct made_file f = {.size = 0};
    add_topics(&f, 0, 3, "c");
    f.bytes[f.size - 1] ^= 1;
    write_records(file_names[3], &f);
    assert_status(metadata_file_replay(join(folder, file_names[3]).text, &delta, &listener), KW_OK);
    assert_problem(&problems, KW_ERR_CRC, KW_BATCH_V2_CRC);
    assert_non_null(strstr(problems.text, file_names[3]));
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(segments_are_replayed_in_order),
        IN_FOLDER(nothing_is_no_log),
        IN_FOLDER(the_log_goes_on_after_the_snapshot),
        IN_FOLDER(the_newest_valid_snapshot_is_used),
        IN_FOLDER(what_cannot_be_read_is_missing),
        IN_FOLDER(snapshots_that_are_not_complete),
        IN_FOLDER(only_live_files_are_used),
        IN_FOLDER(compressed_records_are_replayed),
        IN_FOLDER(damage_ends_the_log),
        IN_FOLDER(control_records_of_the_quorum),
        IN_FOLDER(the_end_of_the_log),
        IN_FOLDER(damaged_records_are_passed_over),
        IN_FOLDER(a_gap_is_reported),
        IN_FOLDER(the_quorum_is_known_by_its_file),
        IN_FOLDER(one_file_is_replayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

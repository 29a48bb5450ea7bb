/* SPDX-License-Identifier: Apache-2.0 */
#include "golden_support.h"

#include <kwire/storage/checkpoint.h>
#include <kwire/storage/clean_shutdown.h>
#include <kwire/storage/index.h>
#include <kwire/storage/meta_properties.h>
#include <kwire/storage/partition_metadata.h>
#include <kwire/storage/producers.h>
#include <kwire/storage/quorum_state.h>

static const int64_t base = INT64_C(4294967296); /* of the indexes that are not allocated in advance */
static const int64_t now = INT64_C(1764000000123);

/* Kafka's order is that of a hash map; in these files it is a, b, 10, 9. */
static bool rewrite_offsets_as_hashed(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_offset_checkpoint c;
    if (kw_offset_checkpoint_parse(&c, file, arena, at) != KW_OK)
        return false;
    if (c.len == 4) {
        kw_partition_offset p = c.items[2];
        c.items[2] = c.items[3];
        c.items[3] = p;
    }
    (void)kw_offset_checkpoint_write(w, &c);
    return true;
}

/* Of "#\n#Sun Nov 29 06:44:11 UTC 2026", in ms. */
static int64_t time_of_comment(kw_string file)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char text[40] = "";
    char month[4] = "";
    int day, hour, minute, second, year;
    memcpy(text, file.data, (size_t)file.len < sizeof text - 1 ? (size_t)file.len : sizeof text - 1);
    if (sscanf(text, "#\n#%*3s %3s %2d %2d:%2d:%2d UTC %4d", month, &day, &hour, &minute, &second, &year) != 6)
        return 0;
    const char *at = strstr(months, month);
    if (at == NULL || year < 1970 || day < 1)
        return 0;
    int y = year - (at - months < 6);
    int m = (int)(at - months) / 3;
    int64_t days = (int64_t)365 * y + y / 4 - y / 100 + y / 400 + (153 * ((m + 10) % 12) + 2) / 5 + day - 719469;
    return (days * 86400 + hour * 3600 + minute * 60 + second) * 1000;
}

static bool rewrite_meta_file(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    return rewrite_meta(file, arena, w, at, time_of_comment(file));
}

static bool rewrite_index(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_offset_index index;
    (void)arena;
    *at = 0;
    kw_offset_index_init(&index, file.data, (size_t)file.len, base);
    for (size_t i = 0; i < index.count; i++) {
        kw_offset_entry entry = kw_offset_index_at(&index, i);
        (void)kw_offset_entry_write(w, base, &entry);
    }
    return true;
}

static bool rewrite_times(kw_string file, kw_arena *arena, kw_writer *w, size_t *at)
{
    kw_time_index index;
    (void)arena;
    *at = 0;
    kw_time_index_init(&index, file.data, (size_t)file.len, base);
    for (size_t i = 0; i < index.count; i++) {
        kw_time_entry entry = kw_time_index_at(&index, i);
        (void)kw_time_entry_write(w, base, &entry);
    }
    return true;
}

static const struct {
    const char *name;
    rewriter *rewrite;
} files[] = {
    {"recovery-point-offset-checkpoint", rewrite_offsets_as_hashed},
    {"replication-offset-checkpoint", rewrite_offsets_as_hashed},
    {"log-start-offset-checkpoint", rewrite_offsets_as_hashed},
    {"cleaner-offset-checkpoint", rewrite_offsets_as_hashed},
    {"empty-offset-checkpoint", rewrite_offsets_as_hashed},
    {"leader-epoch-checkpoint", rewrite_epochs},
    {"partition.metadata", rewrite_partition},
    {"leader-v0-quorum-state", rewrite_quorum},
    {"leader-v1-quorum-state", rewrite_quorum},
    {"none-v0-quorum-state", rewrite_quorum},
    {"none-v1-quorum-state", rewrite_quorum},
    {"kafka_cleanshutdown", rewrite_shutdown},
    {"v0-meta.properties", rewrite_meta_file},
    {"v1-meta.properties", rewrite_meta_file},
    {"escaped-meta.properties", rewrite_meta_file},
    {"formatted-static-meta.properties", rewrite_meta_file},
    {"formatted-standalone-meta.properties", rewrite_meta_file},
    {"trimmed.index", rewrite_index},
    {"trimmed.timeindex", rewrite_times},
    {"aborted.txnindex", rewrite_aborted},
    {"empty.snapshot", rewrite_producers},
    {"producers.snapshot", rewrite_producers},
};

static void test_written_as_kafka_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        check_rewritten(files[i].name, files[i].rewrite);
}

static void test_damaged(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++)
        check_damaged(files[i].name, files[i].rewrite);
}

static void check_offset(const kw_offset_checkpoint *c, const char *topic, int32_t partition, int64_t wanted)
{
    int64_t offset;
    assert_true(kw_offset_checkpoint_find(c, kw_string_of(topic), partition, &offset));
    assert_true(offset == wanted);
}

/* ---- the values in the files, as in MakeGolden.java ---- */

static void test_checkpoint_values(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_offset_checkpoint c;
    kw_leader_epochs e;
    size_t at;
    kw_string text = text_of(golden("cleaner-offset-checkpoint"));
    assert_status(kw_offset_checkpoint_parse(&c, text, &arena, &at), KW_OK);
    assert_int_equal(c.len, 4);
    check_offset(&c, "__consumer_offsets", 49, INT64_MAX);
    check_offset(&c, "a-b.c_1", 0, 0);
    check_offset(&c, "plain", 9, 17);
    check_offset(&c, "plain", 10, base);
    assert_status(kw_leader_epochs_parse(&e, text_of(golden("leader-epoch-checkpoint")), &arena, &at), KW_OK);
    assert_int_equal(e.len, 3);
    assert_int_equal(e.items[1].epoch, 4);
    assert_true(e.items[1].start_offset == base + 1);
    assert_true(e.items[2].epoch == INT32_MAX && e.items[2].start_offset == INT64_MAX);
}

static void test_index_values(void **state)
{
    (void)state;
    kw_bytes file = golden("trimmed.index");
    kw_offset_index offsets;
    kw_offset_index_init(&offsets, file.data, (size_t)file.len, base);
    assert_int_equal(offsets.count, 3);
    assert_true(kw_offset_index_at(&offsets, 1).offset == base + 300);
    assert_int_equal(kw_offset_index_at(&offsets, 1).position, 70000);
    file = golden("allocated.index");
    kw_offset_index_init(&offsets, file.data, (size_t)file.len, 0);
    assert_int_equal(file.len, 64);
    assert_int_equal(offsets.count, 2);
    assert_int_equal(kw_offset_index_at(&offsets, 1).position, 9000);

    kw_time_index times;
    file = golden("trimmed.timeindex");
    kw_time_index_init(&times, file.data, (size_t)file.len, base);
    assert_int_equal(times.count, 3);
    assert_true(kw_time_index_at(&times, 1).timestamp == now + 5000);
    assert_true(kw_time_index_at(&times, 1).offset == base + 300);

    kw_txn_index aborted;
    kw_aborted_txn txn;
    file = golden("aborted.txnindex");
    kw_txn_index_init(&aborted, file.data, (size_t)file.len);
    assert_int_equal(aborted.count, 2);
    assert_status(kw_txn_index_at(&aborted, 1, &txn), KW_OK);
    assert_true(txn.producer_id == INT64_MAX && txn.first_offset == base + 2);
    assert_true(txn.last_offset == base + 11 && txn.last_stable_offset == base + 8);
}

static void test_producer_values(void **state)
{
    (void)state;
    kw_bytes file = golden("producers.snapshot");
    kw_producers p;
    size_t at;
    assert_status(kw_producers_init(&p, file.data, (size_t)file.len, &at), KW_OK);
    assert_int_equal(p.count, 3);
    kw_producer_state s = kw_producers_at(&p, 0);
    assert_int_equal(s.producer_id, 1000);
    assert_int_equal(s.producer_epoch, 3);
    assert_int_equal(s.last_sequence, INT32_MAX);
    assert_true(s.last_offset == INT64_C(4294967310) && s.timestamp == now + 2);
    assert_int_equal(s.offset_delta, 10);
    assert_int_equal(s.coordinator_epoch, 7);
    assert_true(s.txn_first_offset == INT64_C(4294967300));
    s = kw_producers_at(&p, 1);
    assert_int_equal(s.producer_epoch, INT16_MAX);
    assert_int_equal(s.last_offset, -1);
    assert_int_equal(s.txn_first_offset, -1);
}

static void test_text_values(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_meta_properties m;
    kw_property_error error;
    kw_quorum_state q;
    kw_uuid id;
    char text[23];
    int64_t epoch;
    size_t at;
    assert_status(kw_meta_properties_parse(&m, text_of(golden("escaped-meta.properties")), &arena, &error), KW_OK);
    assert_int_equal(m.version, 1);
    assert_int_equal(m.node_id, INT32_MAX);
    assert_true(kw_string_equal(m.cluster_id, kw_string_of(" #a=b\\ c\xc3\xa9")));
    assert_status(kw_meta_properties_parse(&m, text_of(golden("v0-meta.properties")), &arena, &error), KW_OK);
    assert_int_equal(m.version, 0);
    assert_int_equal(m.node_id, 7);
    assert_status(kw_partition_metadata_parse(&id, text_of(golden("partition.metadata")), &at), KW_OK);
    kw_uuid_format(id, text);
    assert_string_equal(text, "2YsbQxqWQkisZivwijJHWw");
    assert_status(kw_clean_shutdown_parse(&epoch, text_of(golden("kafka_cleanshutdown")), &at), KW_OK);
    assert_true(epoch == base);
    assert_status(kw_quorum_state_parse(&q, text_of(golden("leader-v0-quorum-state")), &arena, &at), KW_OK);
    assert_int_equal(q.voters.len, 3);
    assert_int_equal(q.voters.items[2], 3000);
    assert_status(kw_quorum_state_parse(&q, text_of(golden("leader-v1-quorum-state")), &arena, &at), KW_OK);
    assert_true(q.leader_id == 1 && q.leader_epoch == 5 && q.voted_id == 2);
    kw_uuid_format(q.voted_directory_id, text);
    assert_string_equal(text, "Yk4SPvywTOu7bg29-fvagA");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_written_as_kafka_does), TEST(test_damaged),         TEST(test_checkpoint_values),
        TEST(test_index_values),          TEST(test_producer_values), TEST(test_text_values),
    };
    if (argc != 2)
        return 2;
    golden_folder = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "support.h"

#include <kwire/storage/checkpoint.h>
#include <kwire/storage/clean_shutdown.h>
#include <kwire/storage/partition_metadata.h>
#include <kwire/storage/quorum_state.h>

static uint64_t block[512];

static kw_arena fresh_arena(void)
{
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    return arena;
}

/* A text at the end of a heap block. */
static kw_string given_text(const char *text, size_t size)
{
    kw_bytes whole = kw_bytes_of(text, size);
    kw_bytes copy = given_prefix(whole, size);
    kw_string s = kw_string_of_bytes(copy);
    return s;
}

/* ---- checkpoints ---- */

static void test_offsets(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_offset_checkpoint c;
    size_t at;
    assert_status(kw_offset_checkpoint_parse(
                      &c, kw_string_of("0\n4\nb 0 7\na 10 8\na 9 -1\na-b 0 9223372036854775807\n"), &arena, &at),
                  KW_OK);
    assert_int_equal(c.len, 4);
    int64_t offset;
    assert_true(kw_offset_checkpoint_find(&c, kw_string_of("b"), 0, &offset));
    assert_int_equal(offset, 7);
    assert_true(kw_offset_checkpoint_find(&c, kw_string_of("a"), 10, &offset));
    assert_int_equal(offset, 8);
    assert_true(kw_offset_checkpoint_find(&c, kw_string_of("a"), 9, &offset));
    assert_int_equal(offset, -1);
    assert_true(kw_offset_checkpoint_find(&c, kw_string_of("a-b"), 0, &offset));
    assert_true(offset == INT64_MAX);
    assert_false(kw_offset_checkpoint_find(&c, kw_string_of("a"), 11, &offset));
    assert_false(kw_offset_checkpoint_find(&c, kw_string_of("c"), 0, &offset));
    assert_false(kw_offset_checkpoint_find(&c, kw_string_of(""), 0, &offset));
}

static const struct {
    const char *text;
    kw_status status;
    size_t at;
    int32_t len;
} bad_offsets[] = {
    {"x\n0\n", KW_ERR_FILE_FORMAT, 0, 0},
    {"1\n0\n", KW_ERR_VERSION, 0, 0},
    {"0 0\n", KW_ERR_FILE_FORMAT, 2, 0},
    {"0\n-1\n", KW_ERR_FILE_FORMAT, 4, 0},
    {"0\n2147483647\nt 0 1\n", KW_ERR_COUNT, 12, 0},
    {"0\n2\ntt 0 12345\n", KW_ERR_COUNT, 15, 1},
    {"0\n1\nt 0 1\nu 0 1\n", KW_ERR_COUNT, 10, 1},
    {"0\n1\nt x 1\n", KW_ERR_FILE_FORMAT, 6, 0},
    {"0\n1\nt -1 1\n", KW_ERR_FILE_FORMAT, 8, 0},
    {"0\n1\nt 0 9223372036854775808\n", KW_ERR_FILE_FORMAT, 8, 0},
    {"0\n1\nt 0 1 2\n", KW_ERR_FILE_FORMAT, 10, 0},
    {"0\n1\n\n\n\n\n\n", KW_ERR_FILE_FORMAT, 4, 0},
};

static void test_bad_offsets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_offsets); i++) {
        kw_arena arena = fresh_arena();
        kw_offset_checkpoint c;
        size_t at;
        kw_string text = given_text(bad_offsets[i].text, strlen(bad_offsets[i].text));
        kw_bytes input = kw_bytes_of_string(text);
        kw_status status = kw_offset_checkpoint_parse(&c, text, &arena, &at);
        check_refused(status, at, input, bad_offsets[i].status, bad_offsets[i].at, __FILE__, __LINE__);
        assert_int_equal(c.len, bad_offsets[i].len);
    }
}

static void test_empty_checkpoints(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "0", "0\n", "0\n0", "0\n0\n"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        kw_arena arena = fresh_arena();
        kw_offset_checkpoint c;
        kw_leader_epochs e;
        size_t at;
        assert_status(kw_offset_checkpoint_parse(&c, kw_string_of(texts[i]), &arena, &at), KW_OK);
        assert_status(kw_leader_epochs_parse(&e, kw_string_of(texts[i]), &arena, &at), KW_OK);
        assert_int_equal(c.len + e.len, 0);
    }
}

static void test_offsets_without_memory(void **state)
{
    (void)state;
    kw_arena arena;
    kw_offset_checkpoint c;
    size_t at;
    kw_arena_init(&arena, NULL, 0);
    assert_status(kw_offset_checkpoint_parse(&c, kw_string_of("0\n1\nt 0 1\n"), &arena, &at), KW_ERR_NO_MEMORY);
    assert_int_equal(c.len, 0);
}

static void test_epochs(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_leader_epochs e;
    size_t at;
    assert_status(kw_leader_epochs_parse(&e, kw_string_of("0\r\n3\r\n2 0\r\n4 100\r\n7 250"), &arena, &at), KW_OK);
    static const struct {
        int32_t asked;
        kw_leader_epoch answer;
    } ends[] = {{1, {1, 0}},   {2, {2, 100}}, {3, {2, 100}}, {4, {4, 250}},
                {6, {4, 250}}, {7, {7, 300}}, {8, {-1, -1}}, {-1, {-1, -1}}};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        kw_leader_epoch end = kw_leader_epochs_end(&e, ends[i].asked, 300);
        assert_int_equal(end.epoch, ends[i].answer.epoch);
        assert_int_equal(end.start_offset, ends[i].answer.start_offset);
    }
    const kw_leader_epochs none = {NULL, 0};
    assert_int_equal(kw_leader_epochs_end(&none, 0, 300).epoch, -1);
}

static void test_epochs_out_of_order(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_leader_epochs e;
    size_t at;
    assert_status(kw_leader_epochs_parse(&e, kw_string_of("0\n4\n1 0\n3 10\n2 20\n4 30\n"), &arena, &at),
                  KW_ERR_OFFSET_ORDER);
    assert_int_equal(e.len, 3);
    assert_int_equal(e.items[0].epoch, 1);
    assert_int_equal(e.items[1].epoch, 2);
    assert_int_equal(e.items[1].start_offset, 20);
    assert_int_equal(e.items[2].epoch, 4);

    /* Of the entries for one epoch the lowest start is used, and a start that is too low removes the entries before
     * it. */
    arena = fresh_arena();
    assert_status(kw_leader_epochs_parse(&e, kw_string_of("0\n5\n1 5\n1 7\n2 9\n3 9\n3 8\n"), &arena, &at),
                  KW_ERR_OFFSET_ORDER);
    assert_int_equal(e.len, 2);
    assert_int_equal(e.items[0].start_offset, 5);
    assert_int_equal(e.items[1].epoch, 3);
    assert_int_equal(e.items[1].start_offset, 8);
}

/* ---- writing ---- */

static char written[256];

/* Compares the output of `w` with a text; one byte less must not suffice, and counting must give the same size. */
static void check_written(const kw_writer *w, const char *text)
{
    kw_span s = kw_writer_data(w);
    assert_status(w->status, KW_OK);
    assert_int_equal(s.size, strlen(text));
    assert_memory_equal(s.data, text, s.size);
}

static void test_write_checkpoints(void **state)
{
    (void)state;
    static const char text[] = "0\n2\nb-c 10 9223372036854775807\na 0 -1\n";
    kw_partition_offset items[] = {{kw_string_of("b-c"), 10, INT64_MAX}, {kw_string_of("a"), 0, -1}};
    const kw_offset_checkpoint c = {items, 2};
    kw_writer w;
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_offset_checkpoint_write(&w, &c), KW_OK);
    check_written(&w, text);
    for (size_t size = 0; size < strlen(text); size++) {
        char *exact = (char *)(uintptr_t)given_size(size);
        kw_writer_init(&w, exact, size);
        assert_status(kw_offset_checkpoint_write(&w, &c), KW_ERR_SPACE);
        assert_int_equal(kw_writer_needed(&w), strlen(text));
    }

    kw_leader_epoch epochs[] = {{0, 0}, {4, 17}};
    const kw_leader_epochs e = {epochs, 2};
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_leader_epochs_write(&w, &e), KW_OK);
    check_written(&w, "0\n2\n0 0\n4 17\n");
}

static void test_write_bad_checkpoints(void **state)
{
    (void)state;
    kw_partition_offset bad[] = {
        {kw_string_of(""), 0, 0}, {kw_string_of("a b"), 0, 0}, {kw_string_of("a\n"), 0, 0}, {kw_string_of("a"), -1, 0}};
    kw_writer w;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        const kw_offset_checkpoint c = {&bad[i], 1};
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_offset_checkpoint_write(&w, &c), KW_ERR_ARGUMENT);
    }
    kw_leader_epoch epochs[][2] = {{{-1, 0}, {0, 1}}, {{0, -1}, {1, 1}}, {{1, 0}, {1, 1}}, {{1, 1}, {2, 1}}};
    for (size_t i = 0; i < COUNT_OF(epochs); i++) {
        const kw_leader_epochs e = {epochs[i], 2};
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_leader_epochs_write(&w, &e), i < 2 ? KW_ERR_ARGUMENT : KW_ERR_OFFSET_ORDER);
    }
}

/* ---- partition.metadata ---- */

static const char good_partition[] = "version: 0\ntopic_id: 2YsbQxqWQkisZivwijJHWw";

static void test_partition_metadata(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        kw_status status;
        size_t at;
    } cases[] = {
        {good_partition, KW_OK, 0},
        {"version: 0\r\ntopic_id: 2YsbQxqWQkisZivwijJHWw\r\n", KW_OK, 0},
        {"version: 7\ntopic_id: 2YsbQxqWQkisZivwijJHWw", KW_OK, 0},
        {"version: 0\ntopic_id: 2YsbQxqWQkisZivwijJHWw==", KW_OK, 0},
        {"version: -1\ntopic_id: 2YsbQxqWQkisZivwijJHWw", KW_ERR_VERSION, 9},
        {"version: x", KW_ERR_FILE_FORMAT, 9},
        {"version: 0\n", KW_ERR_FILE_FORMAT, 11},
        {"version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA", KW_ERR_FILE_FORMAT, 21},
        {"version: 0\ntopic_id: 2YsbQxqWQkisZivwijJHW", KW_ERR_FILE_FORMAT, 21},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_uuid id;
        size_t at;
        kw_bytes input = {(const uint8_t *)cases[i].text, (int32_t)strlen(cases[i].text)};
        kw_status status = kw_partition_metadata_parse(&id, kw_string_of(cases[i].text), &at);
        check_refused(status, at, input, cases[i].status, cases[i].at, __FILE__, __LINE__);
        assert_int_equal(kw_uuid_is_zero(id), status != KW_OK);
    }
}

static void test_write_partition_metadata(void **state)
{
    (void)state;
    kw_uuid id;
    size_t at;
    kw_writer w;
    assert_status(kw_partition_metadata_parse(&id, kw_string_of(good_partition), &at), KW_OK);
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_partition_metadata_write(&w, id), KW_OK);
    check_written(&w, good_partition);
    memset(&id, 0, sizeof id);
    assert_status(kw_partition_metadata_write(&w, id), KW_ERR_ARGUMENT);
}

/* ---- quorum-state ---- */

static const char good_quorum[] = "{\"leaderId\":1,\"leaderEpoch\":2,\"votedId\":-1,"
                                  "\"votedDirectoryId\":\"Yk4SPvywTOu7bg29-fvagA\",\"data_version\":1}";

static void test_quorum_state(void **state)
{
    (void)state;
    kw_arena arena = fresh_arena();
    kw_quorum_state q;
    size_t at;
    assert_status(kw_quorum_state_parse(&q, kw_string_of(good_quorum), &arena, &at), KW_OK);
    assert_int_equal(q.voters.len, -1);
    assert_int_equal(q.data_version, 1);
    assert_int_equal(q.leader_id, 1);
    assert_int_equal(q.leader_epoch, 2);
    assert_int_equal(q.voted_id, -1);
    assert_false(kw_uuid_is_zero(q.voted_directory_id));

    static const char older[] = " { \"clusterId\" : \"a\\\"b\", \"leaderId\":3, \"leaderEpoch\":4,\"votedId\":5,"
                                "\"appliedOffset\":0,\"currentVoters\":[{\"voterId\":1},{\"voterId\":2}],\n"
                                "\"new\":{\"a\":[1,true,null,\"}\"]},\"data_version\":0}\n";
    assert_status(kw_quorum_state_parse(&q, kw_string_of(older), &arena, &at), KW_OK);
    assert_int_equal(q.voters.len, 2);
    assert_int_equal(q.voters.items[1], 2);
    assert_int_equal(q.leader_id, 3);
    assert_int_equal(q.voted_id, 5);
}

static void test_bad_quorum_state(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        kw_status status;
    } cases[] = {
        {"", KW_ERR_FILE_FORMAT},
        {"{}", KW_ERR_FILE_FORMAT},
        {"[]", KW_ERR_FILE_FORMAT},
        {"{\"data_version\":2}", KW_ERR_VERSION},
        {"{\"data_version\":\"1\"}", KW_ERR_FILE_FORMAT},
        {"{\"data_version\":1", KW_ERR_FILE_FORMAT},
        {"{\"data_version\":1,}", KW_ERR_FILE_FORMAT},
        {"{\"x\":[[[[[[[[[1]]]]]]]]],\"data_version\":1}", KW_ERR_FILE_FORMAT},
        {"{\"votedDirectoryId\":\"no\",\"data_version\":1}", KW_ERR_FILE_FORMAT},
        {"{\"x\\\\", KW_ERR_FILE_FORMAT},
        {"{\"leaderId\":1,\"leaderEpoch\":2,\"votedId\":-1,\"data_version\":1}", KW_ERR_FILE_FORMAT},
        {"{\"leaderId\":1,\"leaderEpoch\":2,\"votedId\":-1,\"data_version\":0}", KW_ERR_FILE_FORMAT},
        {"{\"currentVoters\":[{\"voterId\":1},{}],\"data_version\":0}", KW_ERR_FILE_FORMAT},
        {"{\"currentVoters\":[{\"voterId\":1}", KW_ERR_FILE_FORMAT},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_arena arena = fresh_arena();
        kw_quorum_state q;
        size_t at;
        kw_string text = given_text(cases[i].text, strlen(cases[i].text));
        assert_status(kw_quorum_state_parse(&q, text, &arena, &at), cases[i].status);
        assert_true(at <= strlen(cases[i].text));
    }
}

static void test_quorum_state_without_memory(void **state)
{
    (void)state;
    kw_arena arena;
    kw_quorum_state q;
    size_t at;
    kw_arena_init(&arena, NULL, 0);
    assert_status(kw_quorum_state_parse(&q, kw_string_of("{\"currentVoters\":[],\"data_version\":0}"), &arena, &at),
                  KW_ERR_NO_MEMORY);
}

static void test_write_quorum_state(void **state)
{
    (void)state;
    static const char *const texts[] = {
        good_quorum, "{\"clusterId\":\"\",\"leaderId\":-1,\"leaderEpoch\":7,\"votedId\":3,\"appliedOffset\":0,"
                     "\"currentVoters\":[{\"voterId\":1},{\"voterId\":3}],\"data_version\":0}"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        kw_arena arena = fresh_arena();
        kw_quorum_state q;
        size_t at;
        kw_writer w;
        kw_writer_init(&w, written, sizeof written);
        assert_status(kw_quorum_state_parse(&q, kw_string_of(texts[i]), &arena, &at), KW_OK);
        assert_status(kw_quorum_state_write(&w, &q), KW_OK);
        check_written(&w, texts[i]);
        q.data_version = 2;
        assert_status(kw_quorum_state_write(&w, &q), KW_ERR_VERSION);
    }
}

/* ---- .kafka_cleanshutdown ---- */

static void test_clean_shutdown(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t epoch;
        kw_status status;
        size_t at;
    } cases[] = {
        {"{\"version\":0,\"brokerEpoch\":4611686018427387904}", INT64_C(4611686018427387904), KW_OK, 0},
        {"", -1, KW_OK, 0},
        {"{}", -1, KW_OK, 0},
        {"{\"brokerEpoch\":5,\"new\":[1]}", 5, KW_OK, 0},
        {"{\"brokerEpoch\":\"5\"}", -1, KW_ERR_FILE_FORMAT, 15},
        {"{\"brokerEpoch\":5", -1, KW_ERR_FILE_FORMAT, 16},
        {"0", -1, KW_ERR_FILE_FORMAT, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_string text = given_text(cases[i].text, strlen(cases[i].text));
        kw_bytes input = kw_bytes_of_string(text);
        int64_t epoch;
        size_t at;
        kw_status status = kw_clean_shutdown_parse(&epoch, text, &at);
        check_refused(status, at, input, cases[i].status, cases[i].at, __FILE__, __LINE__);
        assert_true(epoch == cases[i].epoch);
    }
    kw_writer w;
    kw_writer_init(&w, written, sizeof written);
    assert_status(kw_clean_shutdown_write(&w, 17), KW_OK);
    check_written(&w, "{\"version\":0,\"brokerEpoch\":17}");
}

/* ---- all files, damaged ---- */

static void parse_all(kw_string text)
{
    kw_arena arena = fresh_arena();
    kw_offset_checkpoint c;
    kw_leader_epochs e;
    kw_quorum_state q;
    kw_uuid id;
    int64_t broker_epoch;
    size_t at;
    kw_status status[] = {
        kw_offset_checkpoint_parse(&c, text, &arena, &at), kw_leader_epochs_parse(&e, text, &arena, &at),
        kw_quorum_state_parse(&q, text, &arena, &at),      kw_partition_metadata_parse(&id, text, &at),
        kw_clean_shutdown_parse(&broker_epoch, text, &at),
    };
    size_t good = 0;
    for (size_t i = 0; i < COUNT_OF(status); i++)
        good += status[i] == KW_OK;
    assert_true(good <= 2 || text.len == 0 || text.len <= 3);
    assert_true(at <= (size_t)text.len);
}

static void test_damaged(void **state)
{
    (void)state;
    static const char *const texts[] = {"0\n2\nt-x 0 17\nu 3 4\n", "0\n2\n1 0\n7 99\n", good_partition, good_quorum,
                                        "{\"brokerEpoch\":5}"};
    for (size_t t = 0; t < COUNT_OF(texts); t++) {
        size_t size = strlen(texts[t]);
        for (size_t n = 0; n <= size; n++)
            parse_all(given_text(texts[t], n));
        for (size_t bit = 0; bit < size * 8; bit++) {
            kw_string text = given_text(texts[t], size);
            ((char *)(uintptr_t)text.data)[bit / 8] ^= (char)(1 << bit % 8);
            parse_all(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_offsets),
        TEST(test_bad_offsets),
        TEST(test_empty_checkpoints),
        TEST(test_offsets_without_memory),
        TEST(test_epochs),
        TEST(test_epochs_out_of_order),
        TEST(test_write_checkpoints),
        TEST(test_write_bad_checkpoints),
        TEST(test_partition_metadata),
        TEST(test_write_partition_metadata),
        TEST(test_quorum_state),
        TEST(test_bad_quorum_state),
        TEST(test_quorum_state_without_memory),
        TEST(test_write_quorum_state),
        TEST(test_clean_shutdown),
        TEST(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

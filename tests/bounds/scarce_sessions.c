/* SPDX-License-Identifier: Apache-2.0 */
/* scarce_sessions FOLDER   FOLDER is not used.
 *
 * Fetch sessions and what appends are made with, while one allocation after the other fails: there is one less, the
 * others are as they were, and nothing leaks. */
#include "../unit/support.h"

#include <kwire/error.h>

#include "api/append_tools.h"
#include "api/fetch_sessions.h"
#include "scarce.h"

enum { SESSIONS = 600, FIRST = 3, ALL = 40, SLOTS = 10000, LIMIT = 100000, MOST_CALLS = 10000 };

static struct fetch_sessions sessions;
static kw_fetch_request_topic topics[2];
static kw_fetch_request_partition partitions[ALL];
static struct fetch_asked asked[ALL];

static void prepare(void)
{
    for (int i = 0; i < 2; i++) {
        kw_fetch_request_topic_init(&topics[i]);
        topics[i].topic = kw_string_of(i == 0 ? "a" : "b");
    }
    for (int32_t i = 0; i < ALL; i++) {
        kw_fetch_request_partition_init(&partitions[i]);
        partitions[i].partition = i;
        asked[i] = (struct fetch_asked){&topics[i % 2], &partitions[i], {NULL, -1}};
    }
}

static int32_t start_one(size_t count)
{
    kw_fetch_response response;
    kw_fetch_response_init(&response);
    return fetch_sessions_start(&sessions, false, false, 0, asked, count, &response);
}

/* A session is asked for more than it has, in memory that ends after so many bytes; whether it was enough. */
static bool change(int32_t id, int32_t epoch, size_t memory)
{
    static uint64_t block[16 * 1024];
    const struct fetch_session_request request = {.id = id, .epoch = epoch, .asked = asked, .count = ALL};
    struct fetch_asked *out = NULL;
    size_t count = 0, before = fetch_sessions_count(&sessions);
    kw_arena arena;
    assert_true(memory <= sizeof block);
    kw_arena_init(&arena, block, memory);
    int16_t error = fetch_sessions_update(&sessions, &request, 0, &arena, &out, &count);
    if (error == KW_ERROR_NONE) {
        assert_int_equal(count, ALL);
        return true;
    }
    assert_int_equal(error, KW_ERROR_FETCH_SESSION_ID_NOT_FOUND); /* the client starts another one */
    assert_int_equal(fetch_sessions_count(&sessions), before - 1);
    return false;
}

static void sessions_without_memory(void **state)
{
    (void)state;
    size_t blocks = scarce_blocks(), n = 1;
    prepare();
    for (bool failed = true; failed; n++) {
        size_t started = 0;
        scarce_fail_at(SCARCE_MEMORY, n);
        bool opened = fetch_sessions_init(&sessions, SLOTS, LIMIT);
        int32_t id = opened ? start_one(FIRST) : 0;
        bool changed = id != 0 && change(id, 1, sizeof(uint64_t) * 16 * 1024);
        for (size_t i = 0; opened && i < SESSIONS; i++)
            started += start_one(1) != 0;
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        assert_true(failed || (changed && started == SESSIONS));
        assert_true(!opened || started >= SESSIONS - 1);
        assert_int_equal(fetch_sessions_count(&sessions), started + (changed ? 1 : 0));
        fetch_sessions_finish(&sessions);
        assert_int_equal(scarce_blocks(), blocks);
        assert_true(n < MOST_CALLS);
    }
    assert_true(n > SESSIONS);
}

static void answers_with_little_memory(void **state)
{
    (void)state;
    size_t blocks = scarce_blocks(), memory = 0;
    prepare();
    assert_true(fetch_sessions_init(&sessions, SLOTS, LIMIT));
    for (bool enough = false; !enough; memory += 8) {
        int32_t id = start_one(FIRST);
        assert_true(id > 0);
        enough = change(id, 1, memory);
    }
    assert_int_equal(fetch_sessions_count(&sessions), 1);
    assert_true(memory > ALL * sizeof *partitions);
    fetch_sessions_finish(&sessions);
    assert_int_equal(scarce_blocks(), blocks);
}

/* As many are kept as the pool has places for. */
static void tools_without_memory(void **state)
{
    (void)state;
    static struct append_tools_pool pool;
    struct append_tools *lent[APPEND_TOOLS_KEPT + 2];
    size_t blocks = scarce_blocks(), n = 1, each = 0;
    for (bool failed = true; failed; n++) {
        scarce_fail_at(SCARCE_MEMORY, n);
        struct append_tools *tools = append_tools_lend(&pool);
        failed = scarce_has_failed();
        scarce_fail_at(SCARCE_MEMORY, 0);
        assert_true((tools == NULL) == failed);
        each = scarce_blocks() - blocks;
        append_tools_return(&pool, tools);
        append_tools_pool_finish(&pool);
        assert_int_equal(scarce_blocks(), blocks);
    }
    assert_true(n > 3);
    for (size_t i = 0; i < COUNT_OF(lent); i++)
        assert_non_null(lent[i] = append_tools_lend(&pool));
    assert_int_equal(scarce_blocks(), blocks + COUNT_OF(lent) * each);
    for (size_t i = 0; i < COUNT_OF(lent); i++)
        append_tools_return(&pool, lent[i]);
    assert_int_equal(scarce_blocks(), blocks + APPEND_TOOLS_KEPT * each);
    append_tools_pool_finish(&pool);
    assert_int_equal(scarce_blocks(), blocks);
}

/* Scratch that has become large is given back, what is small is not. */
static void large_scratch_is_given_back(void **state)
{
    (void)state;
    static struct append_tools_pool pool;
    static const uint8_t bytes[1024];
    size_t blocks = scarce_blocks();
    struct append_tools *tools = append_tools_lend(&pool);
    assert_non_null(tools);
    append_tools_limit(tools, 8 * 1024 * 1024);
    size_t empty = scarce_blocks();
    for (size_t size = 1024; size <= 4096 * sizeof bytes; size += sizeof bytes) {
        kw_write_raw(&tools->scratch, bytes, sizeof bytes);
        kw_write_raw(&tools->scratch2, bytes, sizeof bytes);
        append_tools_trim(tools);
        if (size > 2 * 1024 * 1024)
            break;
        assert_true(scarce_blocks() > empty);
        assert_int_equal(kw_writer_data(&tools->scratch).size, size);
        assert_int_equal(kw_writer_data(&tools->scratch2).size, size);
    }
    assert_int_equal(scarce_blocks(), empty);
    append_tools_return(&pool, tools);
    append_tools_pool_finish(&pool);
    assert_int_equal(scarce_blocks(), blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(sessions_without_memory),
        TEST(answers_with_little_memory),
        TEST(tools_without_memory),
        TEST(large_scratch_is_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Which memory is kept for the next request, and that nothing of the last one is. */
#include "../../unit/support.h"

#include "network/workspace.h"

enum { ARENA_LIMIT = 64 << 20, ARENA_KEPT = 256 << 10, RESPONSES_KEPT = 512 << 10, MOST_SPARE = 16 };

static struct workspaces spare;

static int set_up(void **state)
{
    (void)state;
    memset(&spare, 0, sizeof spare);
    spare.usual_input = RECEIVE_BUFFER_BUSY;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    workspaces_finish(&spare);
    return spare.first == NULL && spare.count == 0 ? 0 : -1;
}

static struct workspace *lend(void)
{
    struct workspace *w = workspace_lend(&spare);
    assert_non_null(w);
    assert_int_equal(w->input.size, 0);
    assert_int_equal(w->done, 0);
    assert_int_equal(responses_size(&w->responses), 0);
    return w;
}

static void the_last_one_is_lent_first(void **state)
{
    (void)state;
    struct workspace *a = lend(), *b = lend();
    assert_true(a != b);
    assert_int_equal(spare.count, 0);
    workspace_return(&spare, a);
    workspace_return(&spare, b);
    assert_int_equal(spare.count, 2);
    assert_ptr_equal(lend(), b);
    assert_int_equal(spare.count, 1);
    assert_ptr_equal(lend(), a);
    assert_int_equal(spare.count, 0);
    workspace_return(&spare, a);
    workspace_return(&spare, b);
}

static void so_many_are_kept(void **state)
{
    (void)state;
    struct workspace *lent[MOST_SPARE + 2];
    for (size_t i = 0; i < COUNT_OF(lent); i++)
        lent[i] = lend();
    for (size_t i = 0; i < COUNT_OF(lent); i++) {
        workspace_return(&spare, lent[i]);
        assert_int_equal(spare.count, i < MOST_SPARE ? i + 1 : MOST_SPARE);
    }
    workspaces_finish(&spare);
    assert_int_equal(spare.count, 0);
    assert_null(spare.first);
}

/* The capacity of the input that is kept of one of so many bytes. */
static size_t kept_input(size_t capacity)
{
    struct workspace *w = lend();
    assert_true(receive_buffer_resize(&w->input, capacity));
    w->input.size = w->done = capacity;
    workspace_return(&spare, w);
    assert_ptr_equal(lend(), w);
    size_t kept = w->input.capacity;
    workspace_return(&spare, w);
    return kept;
}

static void input_is_kept_up_to_a_size(void **state)
{
    (void)state;
    assert_int_equal(kept_input(RECEIVE_BUFFER_SMALL), RECEIVE_BUFFER_SMALL);
    assert_int_equal(kept_input(RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_BUSY);
    assert_int_equal(kept_input(RECEIVE_BUFFER_BUSY + 1), 0);
}

/* An arena with one block of so many bytes. */
static struct workspace *with_arena(size_t held)
{
    struct workspace *w = lend();
    assert_non_null(kw_arena_alloc(&w->arena, held));
    return w;
}

static void arenas_are_kept_up_to_a_size(void **state)
{
    (void)state;
    for (size_t size = ARENA_KEPT - 1000; size < ARENA_KEPT + 1000; size += 8) {
        struct workspace *w = with_arena(size);
        size_t held = kw_arena_held(&w->arena);
        workspace_return(&spare, w);
        assert_int_equal(kw_arena_held(&w->arena), held <= ARENA_KEPT ? held : 0);
        workspaces_finish(&spare);
    }
}

static void one_request_takes_so_much(void **state)
{
    (void)state;
    for (int turn = 0; turn < 2; turn++) { /* new, and after it was given back */
        struct workspace *w = lend();
        assert_null(kw_arena_alloc(&w->arena, ARENA_LIMIT + 1));
        assert_int_equal(kw_arena_status(&w->arena), KW_ERR_MEMORY_LIMIT);
        kw_arena_reset(&w->arena);
        assert_non_null(kw_arena_alloc(&w->arena, ARENA_LIMIT - 1024));
        workspace_return(&spare, w);
    }
}

/* The memory for responses that is kept of so much. */
static size_t kept_responses(size_t size, bool are_sent)
{
    struct workspace *w = lend();
    uint8_t *bytes = calloc(1, size);
    assert_non_null(bytes);
    kw_write_bytes(&w->responses.writer, kw_bytes_of(bytes, size - 4));
    free(bytes);
    assert_int_equal(responses_size(&w->responses), size);
    if (are_sent)
        kw_writer_reset(&w->responses.writer);
    workspace_return(&spare, w);
    assert_ptr_equal(lend(), w);
    size_t kept = responses_memory(&w->responses);
    workspace_return(&spare, w);
    workspaces_finish(&spare);
    return kept;
}

static void responses_are_kept_up_to_a_size(void **state)
{
    (void)state;
    assert_int_equal(kept_responses(100, false), 0); /* what was not sent is for nobody else */
    assert_true(kept_responses(100, true) >= 100);
    assert_int_equal(kept_responses(RESPONSES_KEPT, true), RESPONSES_KEPT);
    assert_int_equal(kept_responses(RESPONSES_KEPT + 1, true), 0);
}

#define WORKSPACE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORKSPACE_TEST(the_last_one_is_lent_first), WORKSPACE_TEST(so_many_are_kept),
        WORKSPACE_TEST(input_is_kept_up_to_a_size), WORKSPACE_TEST(arenas_are_kept_up_to_a_size),
        WORKSPACE_TEST(one_request_takes_so_much),  WORKSPACE_TEST(responses_are_kept_up_to_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

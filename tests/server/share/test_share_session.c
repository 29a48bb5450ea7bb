/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions of members of share groups. */
#include "../../unit/support.h"

#include <kwire/error.h>

#include "share/share_session.h"

static struct share_sessions sessions;
static struct coordinator_budget budget;
static kw_arena arena;
static struct partition_set listed;

static int set_up(void **state)
{
    (void)state;
    atomic_init(&budget.used, 0);
    budget.limit = SIZE_MAX;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    return share_sessions_init(&sessions, &budget, 2) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    share_sessions_finish(&sessions);
    kw_arena_finish(&arena);
    return atomic_load(&budget.used) == 0 ? 0 : -1;
}

/* A bit of `added` and `forgotten` for each partition. */
static int16_t use_on(const char *connection, const char *group, const char *member, int32_t epoch, unsigned added,
                      unsigned forgotten)
{
    struct set_partition a[8], f[8];
    struct share_session_request r = {
        .group = kw_string_of(group), .member = kw_string_of(member), .epoch = epoch, .connection = connection};
    size_t a_count = 0, f_count = 0;
    for (int32_t i = 0; i < 8; i++) {
        const struct set_partition p = {{{1}}, i, 0};
        if ((added >> i & 1) != 0)
            a[a_count++] = p;
        if ((forgotten >> i & 1) != 0)
            f[f_count++] = p;
    }
    r.added = (struct partition_set){a, a_count};
    r.forgotten = (struct partition_set){f, f_count};
    kw_arena_reset(&arena);
    return share_session_use(&sessions, &r, &arena, &listed);
}

static int16_t use(const char *member, int32_t epoch, unsigned added, unsigned forgotten)
{
    return use_on("", "g", member, epoch, added, forgotten);
}

static void assert_listed(const char *expected)
{
    char text[64] = "";
    for (size_t i = 0; i < listed.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%d", listed.items[i].index);
    assert_string_equal(text, expected);
}

static void from_opening_to_closing(void **state)
{
    (void)state;
    assert_int_equal(use("m", 1, 0, 0), KW_ERROR_SHARE_SESSION_NOT_FOUND);
    assert_int_equal(use("m", -1, 0, 0), KW_ERROR_SHARE_SESSION_NOT_FOUND);
    assert_int_equal(use("m", 0, 7, 0), KW_ERROR_NONE);
    assert_listed("012");
    assert_int_equal(use("m", 2, 0, 0), KW_ERROR_INVALID_SHARE_SESSION_EPOCH);
    assert_int_equal(use("m", 1, 8, 2), KW_ERROR_NONE);
    assert_listed("230"); /* starting at another one each time */
    assert_int_equal(use("m", 2, 1, 0), KW_ERROR_NONE);
    assert_listed("302");
    assert_int_equal(use("m", 0, 2, 0), KW_ERROR_NONE); /* a new one */
    assert_listed("1");
    assert_int_equal(use("m", -1, 0, 0), KW_ERROR_NONE);
    assert_listed("1");
    share_session_close(&sessions, kw_string_of("g"), kw_string_of("m"));
    share_session_close(&sessions, kw_string_of("g"), kw_string_of("m"));
    assert_int_equal(use("m", 1, 0, 0), KW_ERROR_SHARE_SESSION_NOT_FOUND);
}

static void no_more_than_allowed(void **state)
{
    (void)state;
    assert_int_equal(use("a", 0, 1, 0), KW_ERROR_NONE);
    assert_int_equal(use("b", 0, 1, 0), KW_ERROR_NONE);
    assert_int_equal(use("c", 0, 1, 0), KW_ERROR_SHARE_SESSION_LIMIT_REACHED);
    assert_int_equal(use("b", 0, 1, 0), KW_ERROR_NONE); /* in place of its own */
    assert_int_equal(use("b", -1, 0, 0), KW_ERROR_NONE);
    share_session_close(&sessions, kw_string_of("g"), kw_string_of("b"));
    assert_int_equal(use("c", 0, 1, 0), KW_ERROR_NONE);
}

/* Partitions that a session gets are to be listed once, those with which it is opened are not. */
static void marks(void **state)
{
    (void)state;
    assert_int_equal(use("m", 0, 1, 0), KW_ERROR_NONE);
    assert_int_equal(listed.items[0].epoch, 0);
    assert_int_equal(use("m", 1, 3, 0), KW_ERROR_NONE);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(listed.items[i].epoch, listed.items[i].index == 1 ? SHARE_TO_BE_LISTED : 0);
    share_session_mark(&sessions, kw_string_of("g"), kw_string_of("m"), listed.items[0].topic, 1, false);
    share_session_mark(&sessions, kw_string_of("g"), kw_string_of("m"), listed.items[0].topic, 0, true);
    share_session_mark(&sessions, kw_string_of("g"), kw_string_of("m"), listed.items[0].topic, 7, true);
    share_session_mark(&sessions, kw_string_of("g"), kw_string_of("x"), listed.items[0].topic, 0, false);
    assert_int_equal(use("m", 2, 0, 0), KW_ERROR_NONE);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(listed.items[i].epoch, listed.items[i].index == 0 ? SHARE_TO_BE_LISTED : 0);
}

/* ---- connections that go ---- */

static char told[256];

static void tell_session(void *context, kw_string group, kw_string member, struct partition_set partitions)
{
    assert_ptr_equal(context, &sessions);
    snprintf(told + strlen(told), sizeof told - strlen(told), "%.*s/%.*s:%zu ", KW_FMT(group), KW_FMT(member),
             partitions.count);
}

static void tell_group(void *context, kw_string group)
{
    assert_ptr_equal(context, &sessions);
    snprintf(told + strlen(told), sizeof told - strlen(told), "end of %.*s", KW_FMT(group));
}

static const char *leave(const char *connection)
{
    const struct share_session_listener listener = {&sessions, tell_session, tell_group};
    told[0] = '\0';
    share_sessions_leave(&sessions, connection, &listener);
    return told;
}

static void with_their_connection(void **state)
{
    (void)state;
    static const char first[] = "first", second[] = "second";
    assert_int_equal(use_on(first, "g", "a", 0, 3, 0), KW_ERROR_NONE);
    assert_int_equal(use_on(second, "g", "b", 0, 1, 0), KW_ERROR_NONE);
    assert_string_equal(leave(first), "g/a:2 ");
    assert_int_equal(use("a", 1, 0, 0), KW_ERROR_SHARE_SESSION_NOT_FOUND);
    assert_string_equal(leave(first), "");
    assert_int_equal(use_on(first, "g", "b", 1, 2, 0), KW_ERROR_NONE); /* it belongs to the other one */
    assert_string_equal(leave(first), "");
    assert_string_equal(leave(second), "g/b:2 end of g");

    assert_int_equal(use_on(first, "g", "a", 0, 1, 0), KW_ERROR_NONE);
    assert_int_equal(use_on(first, "g", "a", -1, 0, 0), KW_ERROR_NONE);
    share_session_close(&sessions, kw_string_of("g"), kw_string_of("a"));
    assert_string_equal(leave(first), "end of g"); /* though its session was closed */

    assert_int_equal(use_on(first, "g", "a", 0, 1, 0), KW_ERROR_NONE);
    assert_int_equal(use_on(first, "h", "a", 0, 1, 0), KW_ERROR_NONE);
    assert_int_equal(use_on(second, "g", "a", 0, 7, 0), KW_ERROR_NONE); /* it has moved */
    assert_string_equal(leave(first), "h/a:1 end of h");
    assert_string_equal(leave(second), "g/a:3 end of g");
}

static void none_allowed(void **state)
{
    (void)state;
    static const char connection[] = "connection";
    assert_int_equal(use_on(connection, "g", "a", 0, 1, 0), KW_ERROR_NONE);
    share_sessions_allow(&sessions, false);
    assert_int_equal(use_on(connection, "g", "a", 1, 1, 0), KW_ERROR_SHARE_SESSION_NOT_FOUND);
    assert_int_equal(use_on(connection, "g", "a", 0, 1, 0), KW_ERROR_UNSUPPORTED_VERSION);
    share_sessions_allow(&sessions, true);
    assert_int_equal(use_on(connection, "g", "a", 1, 1, 0), KW_ERROR_SHARE_SESSION_NOT_FOUND);
    assert_int_equal(use_on(connection, "g", "a", 0, 3, 0), KW_ERROR_NONE);
    assert_string_equal(leave(connection), "g/a:2 end of g");
}

static void memory_is_short(void **state)
{
    (void)state;
    budget.limit = 0;
    assert_int_equal(use("a", 0, 1, 0), KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    budget.limit = SIZE_MAX;
    assert_int_equal(use("a", 0, 1, 0), KW_ERROR_NONE);
    budget.limit = 0;
    assert_int_equal(use("a", 1, 6, 0), KW_ERROR_COORDINATOR_NOT_AVAILABLE);
    assert_int_equal(use("a", 1, 1, 0), KW_ERROR_NONE);
    assert_listed("0");
}

/* A session is not opened unless the end of its connection is going to be noticed. */
static void no_connection_is_forgotten(void **state)
{
    (void)state;
    static const char connection[] = "connection";
    size_t refused = 0;
    for (budget.limit = 0; use_on(connection, "g", "m", 0, 1, 0) != KW_ERROR_NONE; budget.limit += 8)
        refused++;
    assert_true(refused > 5);
    budget.limit = SIZE_MAX;
    assert_string_equal(leave(connection), "g/m:1 end of g");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(from_opening_to_closing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_more_than_allowed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(marks, set_up, tear_down),
        cmocka_unit_test_setup_teardown(with_their_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_connection_is_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(none_allowed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_is_short, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What is sent arrives byte for byte, however little of it the socket takes at once, and memory that responses refer to
 * is held as long as that. */
#include "../../unit/support.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "network/responses.h"

enum { FIELDS = 700, FIELD_SIZE = 600, MOST = 1 << 20 };

/* A peer that takes at most `portion` bytes at once and `space` in all. */
struct peer {
    struct transport transport;
    size_t portion;
    size_t space;
    int error; /* then */
    uint8_t *taken;
    size_t size;
    int calls;
    int most_pieces;
};

static ssize_t receive(struct transport *transport, void *to, size_t size)
{
    (void)transport;
    (void)to;
    (void)size;
    return 0;
}

static ssize_t take(struct transport *transport, struct iovec *pieces, int count)
{
    struct peer *peer = (struct peer *)(void *)transport; /* its first member */
    size_t left = peer->portion < peer->space ? peer->portion : peer->space, before = left;
    peer->calls++;
    peer->most_pieces = count > peer->most_pieces ? count : peer->most_pieces;
    assert_true(count > 0);
    if (left == 0) {
        errno = peer->error;
        return -1;
    }
    for (int i = 0; i < count && left != 0; i++) {
        size_t n = pieces[i].iov_len < left ? pieces[i].iov_len : left;
        assert_true(pieces[i].iov_len != 0);
        assert_true(peer->size + n <= MOST);
        memcpy(peer->taken + peer->size, pieces[i].iov_base, n);
        peer->size += n;
        left -= n;
    }
    peer->space -= before - left;
    return (ssize_t)(before - left);
}

static int end(struct transport *transport)
{
    (void)transport;
    return 0;
}

static const struct transport_calls calls = {receive, take, end};

static int released;

static void release(void *object)
{
    assert_non_null(object);
    released++;
}

struct fixture {
    struct responses responses;
    struct peer peer;
    uint8_t *expected;
    size_t expected_size;
    uint8_t *records; /* of all fields */
};

static int set_up(void **state)
{
    static struct fixture f;
    memset(&f, 0, sizeof f);
    responses_init(&f.responses);
    f.peer = (struct peer){.transport = {&calls, -1}, .portion = SIZE_MAX, .space = SIZE_MAX, .error = EAGAIN};
    f.peer.taken = malloc(MOST);
    f.expected = malloc(MOST);
    f.records = malloc(FIELDS * FIELD_SIZE);
    for (size_t i = 0; i < FIELDS * FIELD_SIZE; i++)
        f.records[i] = (uint8_t)(i * 7 + i / 251);
    released = 0;
    *state = &f;
    return f.peer.taken != NULL && f.expected != NULL && f.records != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    responses_finish(&f->responses);
    free(f->peer.taken);
    free(f->expected);
    free(f->records);
    return 0;
}

static void expect(struct fixture *f, const void *data, size_t size)
{
    memcpy(f->expected + f->expected_size, data, size);
    f->expected_size += size;
}

/* A response of `count` fields, each after a number of four bytes. */
static void add_response(struct fixture *f, size_t count, size_t size)
{
    assert_true(responses_expect_records(&f->responses, count));
    for (size_t i = 0; i < count; i++) {
        uint8_t number[4] = {0, 0, (uint8_t)(size >> 8), (uint8_t)size};
        const kw_bytes records = {f->records + i * FIELD_SIZE, (int32_t)size};
        responses_hold(&f->responses, release, f->records + i);
        kw_write_bytes(&f->responses.writer, records);
        expect(f, number, sizeof number);
        expect(f, records.data, size);
    }
    responses_end_one(&f->responses);
}

static void assert_arrived(struct fixture *f)
{
    assert_int_equal(f->peer.size, f->expected_size);
    assert_memory_equal(f->peer.taken, f->expected, f->expected_size);
    assert_int_equal(responses_size(&f->responses), 0);
}

static void many_pieces_in_every_portion(void **state)
{
    struct fixture *f = *state;
    static const size_t portions[] = {1, 3, 4, 603, 604, 605, 10000, SIZE_MAX};
    for (size_t i = 0; i < sizeof portions / sizeof portions[0]; i++) {
        size_t count = portions[i] < 100 ? 10 : FIELDS;
        released = 0;
        f->expected_size = f->peer.size = 0;
        f->peer.portion = portions[i];
        add_response(f, count, FIELD_SIZE);
        assert_int_equal(responses_size(&f->responses), f->expected_size);
        assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_SENT);
        assert_arrived(f);
        assert_int_equal(released, count);
    }
    assert_true(f->peer.most_pieces > 32); /* they do not leave one by one */
}

static void a_blocked_peer_goes_on_where_it_was(void **state)
{
    struct fixture *f = *state;
    add_response(f, 200, FIELD_SIZE);
    for (size_t space = 1; responses_size(&f->responses) != 0; space = space * 2 + 13) {
        size_t before = responses_size(&f->responses), had = f->peer.size;
        f->peer.space = space;
        enum responses_outcome outcome = responses_send(&f->responses, &f->peer.transport);
        assert_int_equal(outcome, space < before ? RESPONSES_BLOCKED : RESPONSES_SENT);
        assert_int_equal(before - responses_size(&f->responses), f->peer.size - had);
        assert_int_equal(released, outcome == RESPONSES_SENT ? 200 : 0);
    }
    assert_arrived(f);
}

/* Responses that come while others wait are sent after them, with all that both hold. */
static void responses_follow_those_that_wait(void **state)
{
    struct fixture *f = *state;
    add_response(f, 40, FIELD_SIZE);
    f->peer.space = 10000;
    assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_BLOCKED);
    add_response(f, 300, FIELD_SIZE);
    kw_write_int32(&f->responses.writer, 0x01020304);
    expect(f, "\1\2\3\4", 4);
    responses_end_one(&f->responses);
    assert_int_equal(responses_held(&f->responses), 340);
    f->peer.space = SIZE_MAX;
    assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_SENT);
    assert_arrived(f);
    assert_int_equal(released, 340);
}

static void short_fields_are_copied(void **state)
{
    struct fixture *f = *state;
    add_response(f, 100, 511);
    assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_SENT);
    assert_arrived(f);
    assert_int_equal(f->peer.calls, 1);
    assert_int_equal(f->peer.most_pieces, 1);
    add_response(f, 100, 512);
    assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_SENT);
    assert_true(f->peer.most_pieces > 1);
}

static void a_response_without_records_copies_all(void **state)
{
    struct fixture *f = *state;
    const kw_bytes field = {f->records, FIELD_SIZE};
    add_response(f, 1, FIELD_SIZE);
    kw_write_bytes(&f->responses.writer, field); /* of the next response, which has announced nothing */
    memset(f->records, 0, FIELD_SIZE);
    assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_SENT);
    assert_int_not_equal(f->peer.taken[f->peer.size - 1], 0);
}

/* A handler that reads again lets go what it had. */
static void references_can_be_given_up(void **state)
{
    struct fixture *f = *state;
    add_response(f, 3, FIELD_SIZE);
    assert_true(responses_expect_records(&f->responses, 40));
    for (size_t i = 0; i < 40; i++)
        responses_hold(&f->responses, release, f->records + i);
    responses_release(&f->responses, 3);
    assert_int_equal(released, 40);
    assert_int_equal(responses_held(&f->responses), 3);
    assert_true(responses_expect_records(&f->responses, 2));
    responses_hold(&f->responses, release, f->records);
    assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_SENT);
    assert_arrived(f);
    assert_int_equal(released, 44);
}

static void a_broken_connection_is_reported(void **state)
{
    struct fixture *f = *state;
    add_response(f, 2, FIELD_SIZE);
    f->peer.space = 0;
    f->peer.error = ECONNRESET;
    assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_BROKEN);
    assert_int_equal(errno, ECONNRESET);
    assert_int_equal(released, 0);
    responses_finish(&f->responses);
    assert_int_equal(released, 2);
    responses_init(&f->responses);
}

static void nothing_to_send_is_sent(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(responses_send(&f->responses, &f->peer.transport), RESPONSES_SENT);
    assert_int_equal(f->peer.calls, 0);
    assert_int_equal(responses_memory(&f->responses), 0);
    add_response(f, 1, FIELD_SIZE);
    assert_true(responses_memory(&f->responses) > 0);
}

/* Places for records are made ready for several responses, and count. */
static void memory_is_counted(void **state)
{
    struct fixture *f = *state;
    const size_t slot = sizeof(kw_gathered) + sizeof(struct responses_hold) + 2 * sizeof(kw_span);
    assert_true(responses_expect_records(&f->responses, 1));
    assert_int_equal(responses_memory(&f->responses), 32 * slot);
    assert_true(responses_expect_records(&f->responses, 40));
    assert_int_equal(responses_memory(&f->responses), 41 * slot);
}

#define RESPONSES_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RESPONSES_TEST(many_pieces_in_every_portion),
        RESPONSES_TEST(a_blocked_peer_goes_on_where_it_was),
        RESPONSES_TEST(responses_follow_those_that_wait),
        RESPONSES_TEST(short_fields_are_copied),
        RESPONSES_TEST(a_response_without_records_copies_all),
        RESPONSES_TEST(references_can_be_given_up),
        RESPONSES_TEST(a_broken_connection_is_reported),
        RESPONSES_TEST(nothing_to_send_is_sent),
        RESPONSES_TEST(memory_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The buffer grows with what arrives, never by what is announced. */
#include "../../unit/support.h"

#include <string.h>

#include "network/receive_buffer.h"

static size_t most; /* that the peer sends at once */

static ssize_t fill(struct transport *transport, void *to, size_t size)
{
    (void)transport;
    size = size < most ? size : most;
    memset(to, 'x', size);
    return (ssize_t)size;
}

static const struct transport_calls calls = {fill, NULL, NULL};
static struct transport endless = {&calls, -1};

static struct receive_buffer buffer;

static int set_up(void **state)
{
    (void)state;
    memset(&buffer, 0, sizeof buffer);
    most = SIZE_MAX;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    receive_buffer_finish(&buffer);
    return buffer.data == NULL && buffer.capacity == 0 ? 0 : -1;
}

static void it_starts_small(void **state)
{
    (void)state;
    assert_int_equal(receive_buffer_wanted(&buffer, 0, RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_SMALL);
    assert_int_equal(receive_buffer_wanted(&buffer, 100 << 20, RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_SMALL);
}

static void it_doubles_when_it_is_full(void **state)
{
    (void)state;
    assert_true(receive_buffer_resize(&buffer, 4096));
    buffer.size = 4095;
    assert_int_equal(receive_buffer_wanted(&buffer, 100 << 20, RECEIVE_BUFFER_BUSY), 4096);
    buffer.size = 4096;
    assert_int_equal(receive_buffer_wanted(&buffer, 0, RECEIVE_BUFFER_BUSY), 8192);
    assert_int_equal(receive_buffer_wanted(&buffer, 100 << 20, RECEIVE_BUFFER_BUSY), 8192);
}

/* Though what it has is answered by then: the next receipt is to find more of what the peer has sent. */
static void it_doubles_after_it_was_filled(void **state)
{
    (void)state;
    assert_true(receive_buffer_resize(&buffer, RECEIVE_BUFFER_BUSY / 4));
    assert_true(receive_buffer_receive(&buffer, &endless) > 0);
    receive_buffer_drop(&buffer, buffer.size - 1);
    assert_int_equal(receive_buffer_wanted(&buffer, 10, RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_BUSY / 2);
    assert_true(receive_buffer_resize(&buffer, RECEIVE_BUFFER_BUSY - 1));
    assert_int_equal(receive_buffer_wanted(&buffer, 100 << 20, RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_BUSY);
    assert_true(receive_buffer_resize(&buffer, RECEIVE_BUFFER_BUSY));
    assert_int_equal(receive_buffer_wanted(&buffer, 100 << 20, RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_BUSY);
}

/* Where memory is not limited it may be larger. */
static void it_doubles_up_to_what_is_usual(void **state)
{
    (void)state;
    const size_t usual = RECEIVE_BUFFER_FAST;
    assert_true(receive_buffer_resize(&buffer, RECEIVE_BUFFER_BUSY));
    assert_true(receive_buffer_receive(&buffer, &endless) > 0);
    receive_buffer_drop(&buffer, buffer.size - 1);
    assert_int_equal(receive_buffer_wanted(&buffer, 10, RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_BUSY);
    assert_int_equal(receive_buffer_wanted(&buffer, 10, usual), 2 * RECEIVE_BUFFER_BUSY);
    assert_true(receive_buffer_resize(&buffer, usual));
    assert_int_equal(receive_buffer_wanted(&buffer, 100 << 20, usual), usual);
    buffer.size = usual;
    assert_int_equal(receive_buffer_wanted(&buffer, 10, usual), usual + RECEIVE_BUFFER_SMALL);
}

static void it_stays_after_it_was_not_filled(void **state)
{
    (void)state;
    assert_true(receive_buffer_resize(&buffer, 4096));
    assert_true(receive_buffer_receive(&buffer, &endless) > 0);
    receive_buffer_drop(&buffer, 4096);
    most = 4095;
    assert_int_equal(receive_buffer_receive(&buffer, &endless), 4095);
    assert_int_equal(receive_buffer_wanted(&buffer, 10, RECEIVE_BUFFER_BUSY), 4096);
    receive_buffer_drop(&buffer, 4095);
    assert_int_equal(receive_buffer_wanted(&buffer, 10, RECEIVE_BUFFER_BUSY), 4096);
}

/* Never more than twice what has arrived, and at the end no more than the frame. */
static void it_grows_to_the_frame_and_no_further(void **state)
{
    (void)state;
    const size_t frame = 1000001;
    size_t wanted;
    while ((wanted = receive_buffer_wanted(&buffer, frame, RECEIVE_BUFFER_BUSY)) != buffer.capacity) {
        assert_true(wanted <= 2 * buffer.size || wanted == RECEIVE_BUFFER_SMALL);
        assert_true(wanted <= frame);
        assert_true(receive_buffer_resize(&buffer, wanted));
        assert_true(receive_buffer_receive(&buffer, &endless) > 0);
        assert_int_equal(buffer.size, wanted);
        if (buffer.size == frame)
            break;
    }
    assert_int_equal(buffer.capacity, frame);
}

static void small_frames_stop_at_the_busy_size(void **state)
{
    (void)state;
    assert_true(receive_buffer_resize(&buffer, RECEIVE_BUFFER_BUSY / 2));
    buffer.size = buffer.capacity;
    assert_int_equal(receive_buffer_wanted(&buffer, 10, RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_BUSY);
    assert_true(receive_buffer_resize(&buffer, RECEIVE_BUFFER_BUSY / 2 + 1));
    buffer.size = buffer.capacity;
    assert_int_equal(receive_buffer_wanted(&buffer, 10, RECEIVE_BUFFER_BUSY), RECEIVE_BUFFER_BUSY);
}

static void bytes_are_received_behind_those_that_wait(void **state)
{
    (void)state;
    assert_true(receive_buffer_resize(&buffer, 10));
    memcpy(buffer.data, "abc", 3);
    buffer.size = 3;
    assert_int_equal(receive_buffer_receive(&buffer, &endless), 7);
    assert_int_equal(buffer.size, 10);
    assert_memory_equal(buffer.data, "abcxxxxxxx", 10);
    receive_buffer_drop(&buffer, 2);
    assert_int_equal(buffer.size, 8);
    assert_memory_equal(buffer.data, "cxxxxxxx", 8);
    receive_buffer_drop(&buffer, 0);
    assert_int_equal(buffer.size, 8);
    receive_buffer_drop(&buffer, 8);
    assert_int_equal(buffer.size, 0);
}

static void it_shrinks_to_what_it_has(void **state)
{
    (void)state;
    assert_true(receive_buffer_resize(&buffer, 100000));
    buffer.size = 50000;
    receive_buffer_shrink(&buffer);
    assert_int_equal(buffer.capacity, 50000);
    buffer.size = 10;
    receive_buffer_shrink(&buffer);
    assert_int_equal(buffer.capacity, RECEIVE_BUFFER_SMALL);
    receive_buffer_shrink(&buffer);
    assert_int_equal(buffer.capacity, RECEIVE_BUFFER_SMALL);
}

#define BUFFER_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BUFFER_TEST(it_starts_small),
        BUFFER_TEST(it_doubles_when_it_is_full),
        BUFFER_TEST(it_doubles_after_it_was_filled),
        BUFFER_TEST(it_doubles_up_to_what_is_usual),
        BUFFER_TEST(it_stays_after_it_was_not_filled),
        BUFFER_TEST(it_grows_to_the_frame_and_no_further),
        BUFFER_TEST(small_frames_stop_at_the_busy_size),
        BUFFER_TEST(bytes_are_received_behind_those_that_wait),
        BUFFER_TEST(it_shrinks_to_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* usage: test_server_slow_produce FOLDER   in which it makes a data directory of its own
 *
 * Produce to a partition whose disk is slow, by a clock that the test sets, on the executor of the tests. */
#include "../log/slow_disk.h"
#include "produce_support.h"

static struct log_dir *fast_dir; /* of partition 1 */

/* Partitions 0 and 2 are on the slow disk. */
static int set_up_slow(void **state)
{
    slow_disk_start();
    int failed = set_up(state);
    fast_dir = log_dir_create("fast");
    for (int32_t i = 0; i < PARTITIONS; i++)
        slow_disk_has(i == 1 ? fast_dir : broker.logs.dirs[0], log_of(i));
    slow_disk_set(SLOW_DISK_WRITE_MS);
    assert_int_equal(send_one(9, 1, 0, made(1, 0)), EXCHANGE_ANSWERED);
    assert_int_equal(take(9, 1)->base_offset, 0);
    slow_disk_set(0);
    return failed;
}

static int tear_down_slow(void **state)
{
    log_of(1)->dir = broker.logs.dirs[0];
    log_dir_destroy(fast_dir);
    int failed = tear_down(state);
    slow_disk_stop();
    return failed;
}

static void settle(void)
{
    while (slow_disk_append())
        ;
    sim_settle(&sim);
}

/* Only those who want something of the slow disk wait, and not with the thread that serves them. */
static void others_do_not_wait(void **state)
{
    (void)state;
    struct sim_client slow;
    sim_client_init(&slow, &sim, &service, ARENA_LIMIT);
    const struct asked asked = {0, made(2, 0)};
    assert_int_equal(sim_client_send(&slow, frame_of(9, 1, &asked, 1)), EXCHANGE_PENDING);
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(send_one(9, 1, 1, made(1, 0)), EXCHANGE_ANSWERED);
        assert_int_equal(take(9, 1)->base_offset, i);
    }
    assert_int_equal(send_one(9, 1, 2, made(1, 0)), EXCHANGE_PENDING); /* it is of the directory */
    settle();
    assert_int_equal(take(9, 1)->base_offset, 0);
    assert_int_equal(slow.outcome, EXCHANGE_ANSWERED);
    assert_int_equal(log_end(0), 3);
    sim_client_finish(&slow);
}

static void several_partitions(void **state)
{
    (void)state;
    const struct asked asked[] = {{0, made(1, 0)}, {1, made(2, 0)}, {2, made(3, 0)}};
    assert_int_equal(sim_client_send(&client, frame_of(9, -1, asked, 3)), EXCHANGE_PENDING);
    assert_int_equal(log_end(1), 2);
    assert_true(slow_disk_append());
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    settle();
    const kw_produce_response_partition_produce_response *p = take(9, 3);
    assert_int_equal(p[0].base_offset, 1);
    assert_int_equal(p[1].base_offset, 0);
    assert_int_equal(p[2].base_offset, 0);
    assert_int_equal(log_end(2), 3);
}

static void no_response(void **state)
{
    (void)state;
    uint8_t byte;
    assert_int_equal(send_one(9, 0, 0, made(1, 0)), EXCHANGE_PENDING);
    settle();
    assert_int_equal(client.outcome, EXCHANGE_ANSWERED);
    assert_int_equal(sim_client_take(&client, &byte, 1), 0);
    assert_int_equal(log_end(0), 2);
}

/* What a client that has gone has sent is appended, from memory that lasts as long. */
static void client_goes_while_it_waits(void **state)
{
    (void)state;
    config.keep_codec = false;
    config.codec = KW_CODEC_GZIP;
    assert_int_equal(send_one(9, 1, 0, made(2, 0)), EXCHANGE_PENDING);
    sim_client_leave(&client);
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    assert_true(slow_disk_append());
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    sim_run_posted(&sim);
    assert_int_equal(client.outcome, EXCHANGE_CLOSE);
    assert_int_equal(log_end(0), 3);
}

static void peer_sends_nothing_more(void **state)
{
    (void)state;
    assert_int_equal(send_one(9, 1, 0, made(2, 0)), EXCHANGE_PENDING);
    sim_client_hurry(&client);
    sim_settle(&sim);
    assert_int_equal(client.outcome, EXCHANGE_PENDING);
    settle();
    assert_int_equal(take(9, 1)->base_offset, 1);
}

/* However short memory is, the connection ends or the records are appended, and nothing else happens. */
static void memory_is_short(void **state)
{
    (void)state;
    int refused = 0;
    config.keep_codec = false;
    config.codec = KW_CODEC_GZIP;
    const struct asked asked[] = {{0, made(1, 0)}, {1, made(2, 0)}, {2, made(1, 0)}};
    kw_bytes frame = frame_of(9, 1, asked, 3);
    for (size_t memory = 0;; memory += 64, refused++) {
        assert_true(memory < 1 << 16);
        sim_client_finish(&client);
        sim_client_init(&client, &sim, &service, memory);
        if (sim_client_send(&client, frame) == EXCHANGE_PENDING)
            break;
        assert_int_equal(client.outcome, EXCHANGE_CLOSE);
        assert_int_equal(log_end(0), 1);
        assert_int_equal(log_end(1), 0);
    }
    settle();
    assert_true(refused > 10);
    assert_int_equal(take(9, 3)[2].error_code, KW_ERROR_NONE);
    assert_int_equal(log_end(0), 2);
    assert_int_equal(log_end(1), 2);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up_slow, tear_down_slow)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(others_do_not_wait),         CASE(several_partitions),      CASE(no_response),
        CASE(client_goes_while_it_waits), CASE(peer_sends_nothing_more), CASE(memory_is_short),
    };
    if (argc != 2)
        return 2;
    make_data_dir(argv[1], "slow-produced");
    return cmocka_run_group_tests_name("slow_produce", tests, NULL, NULL);
}

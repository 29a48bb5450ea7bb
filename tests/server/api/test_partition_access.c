/* SPDX-License-Identifier: Apache-2.0 */
/* Epochs of a partition, as its leader answers for them. */
#include "../../unit/support.h"

#include <kwire/error.h>

#include "api/partition_access.h"

/* Epoch 2 from offset 5 on, 4 from 9, 7 from 15; the log ends at 20. */
static kw_leader_epoch items[] = {{2, 5}, {4, 9}, {7, 15}};
static struct log_contents contents = {.epochs = {items, 3}};
static struct log_contents nothing;

static void check_end(const struct log_contents *log, int32_t leader, int32_t asked, int32_t epoch, int64_t offset)
{
    const struct metadata_partition partition = {.leader_epoch = leader};
    const struct log_snapshot snapshot = {.contents = log, .log_end_offset = 20, .high_watermark = 18};
    kw_leader_epoch end = partition_epoch_end(&partition, &snapshot, asked);
    assert_int_equal(end.epoch, epoch);
    assert_int_equal(end.start_offset, offset);
}

static void test_ends(void **state)
{
    (void)state;
    check_end(&contents, 9, 2, 2, 9);
    check_end(&contents, 9, 3, 2, 9);
    check_end(&contents, 9, 4, 4, 15);
    check_end(&contents, 9, 7, 7, 20);
    check_end(&contents, 9, 8, 7, 20);   /* no record is of it: the one before it ends with the log */
    check_end(&contents, 9, 9, 9, 20);   /* the leader's own, which begins at the end of the log */
    check_end(&contents, 9, 10, -1, -1); /* is to come */
    check_end(&contents, 7, 7, 7, 20);
    check_end(&contents, 7, 8, -1, -1);
    check_end(&contents, 9, 1, 1, 5); /* before all of these */
    check_end(&contents, 9, -1, -1, -1);
    check_end(&nothing, 9, 9, 9, 20); /* the log knows nothing of epochs: the leader's begins at its end */
    check_end(&nothing, 9, 8, 8, 20);
    check_end(&nothing, 9, 10, -1, -1);
    check_end(&nothing, 9, -1, -1, -1);
}

static void check_at(int32_t leader, int64_t offset, int32_t epoch)
{
    const struct metadata_partition partition = {.leader_epoch = leader};
    const struct log_snapshot snapshot = {.contents = &contents, .log_end_offset = 20, .high_watermark = 20};
    assert_int_equal(partition_epoch_at(&partition, &snapshot, offset), epoch);
}

static void test_offsets(void **state)
{
    (void)state;
    check_at(9, 4, -1);
    check_at(9, 5, 2);
    check_at(9, 8, 2);
    check_at(9, 9, 4);
    check_at(9, 19, 7);
    check_at(9, 20, 9); /* at the end of the log begins the leader's */
    check_at(9, 21, 9);
    check_at(5, 19, -1); /* of a leader that is to come: the metadata is behind the log */
}

static void test_access(void **state)
{
    (void)state;
    static struct broker broker;
    struct partition_log *log;
    struct log_snapshot snapshot;
    const struct metadata_topic topic = {.name = kw_string_of("t")};
    struct metadata_partition p = {.leader_id = 1, .leader_epoch = 5};
    broker.identity.node_id = 1;
    assert_int_equal(partition_access(&broker, &topic, &p, 4, false, &log, &snapshot), KW_ERROR_FENCED_LEADER_EPOCH);
    assert_int_equal(partition_access(&broker, &topic, &p, 6, false, &log, &snapshot), KW_ERROR_UNKNOWN_LEADER_EPOCH);
    /* There is no log directory. */
    assert_int_equal(partition_access(&broker, &topic, &p, 5, false, &log, &snapshot), KW_ERROR_KAFKA_STORAGE_ERROR);
    p.leader_id = 2;
    assert_int_equal(partition_access(&broker, &topic, &p, -1, false, &log, &snapshot),
                     KW_ERROR_NOT_LEADER_OR_FOLLOWER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_ends), TEST(test_offsets), TEST(test_access)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Records of __consumer_offsets are, byte for byte, those of Kafka's group coordinator, and read back; what other
 * releases write is read or reported. */
#include "group_support.h"

#include <kwire/messages/consumer_group_metadata_key.h>
#include <kwire/messages/consumer_group_metadata_value.h>
#include <kwire/messages/consumer_group_target_assignment_metadata_key.h>
#include <kwire/messages/consumer_group_target_assignment_metadata_value.h>
#include <kwire/messages/group_metadata_key.h>
#include <kwire/messages/group_metadata_value.h>
#include <kwire/messages/legacy_offset_commit_key.h>
#include <kwire/messages/legacy_offset_commit_value.h>
#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/offset_commit_value.h>

enum { LINE = 4096, MOST_FIELDS = 16 };

static FILE *open_vectors(const char *name)
{
    char path[LINE];
    const char *directory = getenv("KAFKA_VECTORS");
    assert_non_null(directory);
    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    return file;
}

static size_t split(char *line, char **fields)
{
    size_t count = 0;
    for (char *field = strtok(line, " \n"); field != NULL; field = strtok(NULL, " \n")) {
        assert_true(count < MOST_FIELDS);
        fields[count++] = field;
    }
    return count;
}

/* Without its quotes. */
static kw_string text_of(const char *field)
{
    size_t size = strlen(field);
    assert_true(size >= 2 && field[0] == '"' && field[size - 1] == '"');
    return (kw_string){field + 1, (int32_t)size - 2};
}

static void assert_hex(kw_bytes bytes, const char *expected)
{
    static char hex[LINE];
    if (bytes.len < 0) {
        assert_string_equal("-", expected);
        return;
    }
    for (int32_t i = 0; i < bytes.len; i++)
        (void)sprintf(hex + 2 * i, "%02x", bytes.data[i]);
    hex[2 * bytes.len] = '\0';
    assert_string_equal(hex, expected);
}

/* ---- as Kafka writes ---- */

static struct offset_value value_in(char **fields)
{
    return (struct offset_value){
        .offset = strtoll(fields[0], NULL, 10),
        .leader_epoch = (int32_t)strtol(fields[1], NULL, 10),
        .metadata = text_of(fields[2]),
        .commit_ms = strtoll(fields[3], NULL, 10),
        .expire_ms = strtoll(fields[4], NULL, 10),
        .topic_id = {{(uint8_t)strtol(fields[5], NULL, 10)}},
        .record_offset = 77,
    };
}

static void write_offset(char **fields)
{
    const struct offset_value value = value_in(fields + 4);
    group_records_add_offset(&records, text_of(fields[1]), text_of(fields[2]), (int32_t)strtol(fields[3], NULL, 10),
                             &value);
}

static void write_removal(char **fields, size_t count)
{
    int16_t type = (int16_t)strtol(fields[1], NULL, 10);
    if (count == 3)
        group_records_remove_group(&records, type, text_of(fields[2]));
    else
        group_records_remove_member(&records, type, text_of(fields[2]), text_of(fields[3]));
}

static void write_epoch(char **fields)
{
    kw_consumer_group_metadata_key key;
    kw_consumer_group_metadata_value value;
    kw_consumer_group_metadata_key_init(&key);
    kw_consumer_group_metadata_value_init(&value);
    key.group_id = text_of(fields[1]);
    value.epoch = (int32_t)strtol(fields[2], NULL, 10);
    value.metadata_hash = strtoll(fields[3], NULL, 10);
    group_records_add(&records, KW_CONSUMER_GROUP_METADATA_KEY_TYPE, &key, &value);
}

static void write_target(char **fields)
{
    kw_consumer_group_target_assignment_metadata_key key;
    kw_consumer_group_target_assignment_metadata_value value;
    kw_consumer_group_target_assignment_metadata_key_init(&key);
    kw_consumer_group_target_assignment_metadata_value_init(&value);
    key.group_id = text_of(fields[1]);
    value.assignment_epoch = (int32_t)strtol(fields[2], NULL, 10);
    value.assignment_timestamp = strtoll(fields[3], NULL, 10);
    group_records_add(&records, KW_CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_TYPE, &key, &value);
}

static void write_line(char **fields, size_t count)
{
    if (strcmp(fields[0], "offset") == 0)
        write_offset(fields);
    else if (strcmp(fields[0], "remove-offset") == 0)
        group_records_remove_offset(&records, text_of(fields[1]), text_of(fields[2]),
                                    (int32_t)strtol(fields[3], NULL, 10));
    else if (strcmp(fields[0], "remove") == 0)
        write_removal(fields, count);
    else if (strcmp(fields[0], "epoch") == 0)
        write_epoch(fields);
    else
        write_target(fields);
}

/* An offset that is replayed is what the line says. */
static void assert_replayed(char **fields)
{
    const struct coordinator_record record = {records.items[0].key, records.items[0].value, 77, KW_NO_PRODUCER_ID, -1};
    assert_int_equal(group_machine_calls.replay(machine, &record, NULL), KW_OK);
    const struct offset_value expected = value_in(fields + 4);
    const struct group *group = group_find(machine, text_of(fields[1]));
    assert_non_null(group);
    const struct topic_offsets *table = offsets_find(machine, group, text_of(fields[2]));
    const struct offset_slot *slot = offset_slots_find(&table->slots, (int32_t)strtol(fields[3], NULL, 10));
    assert_non_null(slot);
    const struct offset_value found = offset_value_of(table, slot);
    assert_int_equal(found.offset, expected.offset);
    assert_int_equal(found.commit_ms, expected.commit_ms);
    assert_int_equal(found.expire_ms, expected.expire_ms);
    assert_int_equal(found.record_offset, 77);
    assert_true(kw_string_equal(found.metadata, expected.metadata));
    bool is_old = expected.expire_ms != -1; /* version 1 has neither */
    assert_int_equal(found.leader_epoch, is_old ? -1 : expected.leader_epoch);
    assert_int_equal(found.topic_id.bytes[0], is_old ? 0 : expected.topic_id.bytes[0]);
}

static void as_kafka_writes(void **state)
{
    (void)state;
    static char line[LINE];
    size_t lines = 0;
    FILE *file = open_vectors("group-records.txt");
    while (fgets(line, sizeof line, file) != NULL) {
        char *fields[MOST_FIELDS];
        size_t count = line[0] != '#' ? split(line, fields) : 0;
        if (count == 0)
            continue;
        write_line(fields, count - 2);
        assert_int_equal(records.status, KW_OK);
        assert_int_equal(records.count, 1);
        assert_hex(records.items[0].key, fields[count - 2]);
        assert_hex(records.items[0].value, fields[count - 1]);
        if (strcmp(fields[0], "offset") == 0)
            assert_replayed(fields);
        kw_arena_reset(&record_arena);
        record_out_init(&records, &record_arena);
        lines++;
    }
    (void)fclose(file);
    assert_in_range(lines, 400, 1000);
}

/* The group of a rolling upgrade: Kafka 4.4 reads version 4, but writes 3. */
static void classic_groups_in_version_3(void **state)
{
    (void)state;
    kw_group_metadata_key key;
    kw_group_metadata_value value;
    kw_group_metadata_key_init(&key);
    kw_group_metadata_value_init(&value);
    key.group = kw_string_of("g");
    group_records_add(&records, KW_GROUP_METADATA_KEY_TYPE, &key, &value);
    assert_int_equal(records.status, KW_OK);
    assert_int_equal(records.items[0].value.data[1], 3);
}

/* ---- reading ---- */

static kw_status replay_bytes(kw_bytes key, kw_bytes value)
{
    const struct coordinator_record record = {key, value, 5, KW_NO_PRODUCER_ID, -1};
    return group_machine_calls.replay(machine, &record, NULL);
}

static const uint8_t offset_key_bytes[] = {0, 1, 0, 1, 'g', 0, 1, 't', 0, 0, 0, 3};

static void older_versions(void **state)
{
    (void)state;
    for (int16_t version = 0; version <= 4; version++) {
        kw_offset_commit_key key;
        kw_offset_commit_value value;
        kw_offset_commit_key_init(&key);
        kw_offset_commit_value_init(&value);
        key.group = kw_string_of("g");
        key.topic = kw_string_of("t");
        key.partition = version;
        value.offset = 100 + version;
        value.metadata = kw_string_of("m");
        record_out_add(&records, &kw_offset_commit_key_message, &key, &kw_offset_commit_value_message, version, &value);
        assert_int_equal(replay_records(machine, version, KW_NO_PRODUCER_ID, NULL), KW_OK);
    }
    const struct group *group = group_find(machine, kw_string_of("g"));
    const struct topic_offsets *table = offsets_find(machine, group, kw_string_of("t"));
    assert_int_equal(group->offsets.committed, 5);
    for (int32_t partition = 0; partition <= 4; partition++)
        assert_int_equal(offset_slots_find(&table->slots, partition)->offset, 100 + partition);
}

/* Those of Kafka 0.8.1 have the type 0. */
static void legacy_offsets(void **state)
{
    (void)state;
    kw_legacy_offset_commit_key key;
    kw_legacy_offset_commit_value value;
    kw_legacy_offset_commit_key_init(&key);
    kw_legacy_offset_commit_value_init(&value);
    key.group = kw_string_of("g");
    key.topic = kw_string_of("t");
    key.partition = 1;
    value.offset = 42;
    value.metadata = kw_string_of("m");
    value.commit_timestamp = 7;
    group_records_add(&records, KW_LEGACY_OFFSET_COMMIT_KEY_TYPE, &key, &value);
    assert_int_equal(replay_records(machine, 0, KW_NO_PRODUCER_ID, NULL), KW_OK);
    const struct group *group = group_find(machine, kw_string_of("g"));
    const struct topic_offsets *table = offsets_find(machine, group, kw_string_of("t"));
    const struct offset_value found = offset_value_of(table, offset_slots_find(&table->slots, 1));
    assert_int_equal(found.offset, 42);
    assert_int_equal(found.commit_ms, 7);
    assert_int_equal(found.leader_epoch, -1);
    assert_true(kw_string_equal(found.metadata, kw_string_of("m")));
    group_records_add_tombstone(&records, KW_LEGACY_OFFSET_COMMIT_KEY_TYPE, &key);
    assert_int_equal(replay_records(machine, 1, KW_NO_PRODUCER_ID, NULL), KW_OK);
    assert_null(group->offsets.first);
}

/* A later release may write other types; but what cannot be understood of a known one must not be left out. */
static void what_is_not_known(void **state)
{
    (void)state;
    static const uint8_t types[][2] = {{0, 24}, {0, 63}, {0, 99}, {0x7f, 0xff}, {0xff, 0xff}};
    static const uint8_t later[] = {0, 9, 1, 2, 3}, cut[] = {0, 4, 0}, short_key[] = {0, 1, 0, 9, 'g'};
    const kw_bytes key = kw_bytes_of(offset_key_bytes, sizeof offset_key_bytes), none = {NULL, -1};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        assert_int_equal(replay_bytes(kw_bytes_of(types[i], 2), kw_bytes_of(later, sizeof later)), KW_OK);
        assert_int_equal(replay_bytes(kw_bytes_of(types[i], 2), none), KW_OK);
    }
    assert_int_equal(replay_bytes(key, kw_bytes_of(later, sizeof later)), KW_ERR_VERSION);
    assert_int_equal(replay_bytes(key, kw_bytes_of(cut, sizeof cut)), KW_ERR_TRUNCATED);
    assert_int_equal(replay_bytes(kw_bytes_of(short_key, sizeof short_key), none), KW_ERR_LENGTH);
    assert_int_equal(replay_bytes(kw_bytes_of(short_key, 1), none), KW_ERR_TRUNCATED);
    assert_int_equal(replay_bytes(none, none), KW_ERR_NULL);
    assert_int_equal(machine->groups.by_id.count, 0);
}

static int set_up(void **state)
{
    (void)state;
    start_machine();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    end_machine();
    return 0;
}

#define RECORD_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RECORD_TEST(as_kafka_writes), RECORD_TEST(classic_groups_in_version_3), RECORD_TEST(older_versions),
        RECORD_TEST(legacy_offsets),  RECORD_TEST(what_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

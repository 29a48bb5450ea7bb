/* SPDX-License-Identifier: Apache-2.0 */
/* The framed bytes are those of Kafka's MetadataRecordSerde and CoordinatorRecordSerdes. */
#include "support.h"

#include <kwire/messages/metadata_request.h>
#include <kwire/messages/no_op_record.h>
#include <kwire/messages/offset_commit_key.h>
#include <kwire/messages/offset_commit_value.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/share_update_key.h>
#include <kwire/messages/share_update_value.h>
#include <kwire/messages/topic_record.h>
#include <kwire/messages/transaction_log_key.h>
#include <kwire/messages/transaction_log_value.h>
#include <kwire/persisted.h>

#define TOPIC_RECORD "010200 03 6162 00000000000000010000000000000002 00"
#define COMMIT_KEY "0001 0001 67 0001 74 00000007"
#define COMMIT_VALUE "0003 0000000000000009 ffffffff 0001 6d 000000000000000a"

static const kw_bytes null_bytes = {NULL, -1};

static kw_status open_record(kw_persisted *out, kw_internal_topic topic, kw_bytes key, kw_bytes value)
{
    memset(out, 0xee, sizeof *out);
    return kw_persisted_decode_header(out, topic, key, value);
}

static void assert_view(kw_bytes view, kw_bytes whole, int32_t from)
{
    assert_ptr_equal(view.data, whole.data + from);
    assert_int_equal(view.len, whole.len - from);
}

/* ---- metadata records ---- */

static void a_metadata_record_is_all_value(void **state)
{
    (void)state;
    uint8_t block[64];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    kw_bytes value = given(TOPIC_RECORD);
    kw_persisted found;
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_CLUSTER_METADATA, null_bytes, value), KW_OK);
    assert_int_equal(found.kind, KW_PERSISTED_KNOWN);
    assert_int_equal(found.type, KW_TOPIC_RECORD_TYPE);
    assert_int_equal(found.version, 0);
    assert_string_equal(found.record->name, "TopicRecord");
    assert_ptr_equal(found.record->value, &kw_topic_record_message);
    assert_null(found.record->key);
    assert_int_equal(found.key.len, -1);
    assert_view(found.value, value, 3);

    kw_topic_record topic;
    kw_reader in = reader_of(found.value);
    assert_status(kw_topic_record_decode(&topic, found.version, &in, &arena), KW_OK);
    assert_status(kw_reader_end(&in), KW_OK);
    assert_text(topic.name, "ab");
    assert_int_equal(topic.topic_id.bytes[15], 2);
}

static void the_same_type_in_another_topic_is_another_record(void **state)
{
    (void)state;
    kw_persisted found;
    kw_bytes value = given("010200 00");
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_REMOTE_LOG_METADATA, null_bytes, value), KW_OK);
    assert_string_equal(found.record->value->name, "RemotePartitionDeleteMetadataRecord");
    assert_ptr_equal(kw_record_type_find(KW_INTERNAL_TOPIC_TRANSACTION_STATE, 0)->key, &kw_transaction_log_key_message);
    assert_string_equal(kw_record_type_find(KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, 0)->name, "LegacyOffsetCommit");
    assert_string_equal(kw_record_type_find(KW_INTERNAL_TOPIC_SHARE_GROUP_STATE, 0)->name, "ShareSnapshot");
}

static void unknown_metadata_records_are_a_kind(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        kw_persisted_kind kind;
        int16_t type, version;
        int32_t value_at;
    } cases[] = {
        {"00020003", KW_PERSISTED_UNKNOWN_FRAME, -1, -1, 1}, /* of the preview in Kafka 2.8 */
        {"02020003", KW_PERSISTED_UNKNOWN_FRAME, -1, -1, 1},
        {"80000000", KW_PERSISTED_UNKNOWN_FRAME, -1, -1, 2},
        {"01c801000063", KW_PERSISTED_UNKNOWN_TYPE, 200, 0, 4},
        {"01ffff010000", KW_PERSISTED_UNKNOWN_TYPE, 32767, 0, 5},
        {"010100", KW_PERSISTED_KNOWN, 1, 0, 3},
        {"010300", KW_PERSISTED_KNOWN, 3, 0, 3},
        {"010302", KW_PERSISTED_KNOWN, 3, 2, 3},
        {"010303", KW_PERSISTED_UNKNOWN_VERSION, 3, 3, 3},
        {"0103ffff01", KW_PERSISTED_UNKNOWN_VERSION, 3, 32767, 5},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes value = given(cases[i].hex);
        kw_persisted found;
        assert_status(open_record(&found, KW_INTERNAL_TOPIC_CLUSTER_METADATA, null_bytes, value), KW_OK);
        assert_int_equal(found.kind, cases[i].kind);
        assert_int_equal(found.type, cases[i].type);
        assert_int_equal(found.version, cases[i].version);
        assert_view(found.value, value, cases[i].value_at);
        bool known_type = cases[i].kind == KW_PERSISTED_KNOWN || cases[i].kind == KW_PERSISTED_UNKNOWN_VERSION;
        assert_int_equal(found.record != NULL, known_type);
    }
}

static void a_metadata_record_that_ends_early_says_where(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        kw_status status;
        size_t at;
        int16_t type;
    } cases[] = {
        {"", KW_ERR_TRUNCATED, 0, -1},
        {"80", KW_ERR_TRUNCATED, 0, -1},
        {"01", KW_ERR_TRUNCATED, 1, -1},
        {"0182", KW_ERR_TRUNCATED, 1, -1},
        {"0102", KW_ERR_TRUNCATED, 2, 2},
        {"010280", KW_ERR_TRUNCATED, 2, 2},
        {"01808002", KW_ERR_VARINT, 1, -1}, /* 32768 */
        {"010280800200", KW_ERR_VARINT, 2, 2},
        {"ffffffff0f", KW_ERR_VARINT, 0, -1},
        {"0180808080800200", KW_ERR_VARINT, 1, -1}, /* longer than any varint */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_bytes value = given(cases[i].hex);
        kw_persisted found;
        kw_status status = open_record(&found, KW_INTERNAL_TOPIC_CLUSTER_METADATA, null_bytes, value);
        check_refused(status, found.error_at, value, cases[i].status, cases[i].at, __FILE__, __LINE__);
        assert_int_equal(found.type, cases[i].type);
        assert_int_equal(found.version, -1);
        assert_null(found.record);
        assert_int_equal(found.value.len, -1);
    }
    kw_persisted found;
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_CLUSTER_METADATA, given("00"), null_bytes), KW_ERR_NULL);
}

/* ---- coordinators' records ---- */

static void a_coordinator_record_has_key_and_value(void **state)
{
    (void)state;
    kw_bytes key = given(COMMIT_KEY), value = given(COMMIT_VALUE);
    kw_persisted found;
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, key, value), KW_OK);
    assert_int_equal(found.kind, KW_PERSISTED_KNOWN);
    assert_int_equal(found.type, KW_OFFSET_COMMIT_KEY_TYPE);
    assert_int_equal(found.version, 3);
    assert_string_equal(found.record->name, "OffsetCommit");
    assert_view(found.key, key, 2);
    assert_view(found.value, value, 2);

    uint8_t block[64];
    kw_arena arena;
    kw_arena_init(&arena, block, sizeof block);
    kw_offset_commit_key k;
    kw_reader in = reader_of(found.key);
    assert_status(kw_offset_commit_key_decode(&k, 0, &in, &arena), KW_OK);
    assert_status(kw_reader_end(&in), KW_OK);
    assert_text(k.group, "g");
    assert_int_equal(k.partition, 7);
    kw_offset_commit_value v;
    in = reader_of(found.value);
    assert_status(kw_offset_commit_value_decode(&v, found.version, &in, &arena), KW_OK);
    assert_status(kw_reader_end(&in), KW_OK);
    assert_int_equal(v.offset, 9);
    assert_int_equal(v.leader_epoch, -1);
    assert_text(v.metadata, "m");
}

static void each_coordinator_has_its_own_types(void **state)
{
    (void)state;
    kw_persisted found;
    kw_bytes key = given("0000 0001 78");
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_TRANSACTION_STATE, key, given("0001 00")), KW_OK);
    assert_ptr_equal(found.record->value, &kw_transaction_log_value_message);
    assert_int_equal(found.kind, KW_PERSISTED_KNOWN);
    key = given("0001 0001 67 00000000000000010000000000000002 00000003");
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_SHARE_GROUP_STATE, key, given("0000")), KW_OK);
    assert_ptr_equal(found.record->key, &kw_share_update_key_message);
    assert_ptr_equal(found.record->value, &kw_share_update_value_message);
}

static void a_null_value_is_a_tombstone(void **state)
{
    (void)state;
    kw_bytes key = given(COMMIT_KEY);
    kw_persisted found;
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, key, null_bytes), KW_OK);
    assert_int_equal(found.kind, KW_PERSISTED_TOMBSTONE);
    assert_int_equal(found.version, -1);
    assert_int_equal(found.value.len, -1);
    assert_view(found.key, key, 2);
    assert_non_null(found.record);
}

static void unknown_coordinator_records_are_a_kind(void **state)
{
    (void)state;
    kw_persisted found;
    kw_bytes value = given("0005 01");
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, given(COMMIT_KEY), value), KW_OK);
    assert_int_equal(found.kind, KW_PERSISTED_UNKNOWN_VERSION);
    assert_int_equal(found.version, 5);
    assert_view(found.value, value, 2);
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, given(COMMIT_KEY), given("ffff")), KW_OK);
    assert_int_equal(found.kind, KW_PERSISTED_UNKNOWN_VERSION);

    static const struct {
        const char *key;
        int16_t type;
    } unknown[] = {{"0063 01", 99}, {"0012", 18}, {"ffff", -1}, {"8000", INT16_MIN}};
    for (size_t i = 0; i < COUNT_OF(unknown); i++) {
        kw_bytes key = given(unknown[i].key);
        assert_status(open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, key, value), KW_OK);
        assert_int_equal(found.kind, KW_PERSISTED_UNKNOWN_TYPE);
        assert_int_equal(found.type, unknown[i].type);
        assert_int_equal(found.version, -1);
        assert_view(found.key, key, 2);
        assert_view(found.value, value, 0);
        assert_status(open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, key, null_bytes), KW_OK);
        assert_int_equal(found.value.len, -1);
    }
}

static void a_coordinator_record_that_ends_early_says_where(void **state)
{
    (void)state;
    kw_persisted found;
    static const char *const keys[] = {"", "00"};
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        kw_bytes key = given(keys[i]);
        kw_status status = open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, key, given(COMMIT_VALUE));
        check_refused(status, found.error_at, key, KW_ERR_TRUNCATED, 0, __FILE__, __LINE__);
        assert_int_equal(found.type, -1);
        assert_int_equal(found.key.len, -1);

        kw_bytes value = given(keys[i]);
        status = open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, given(COMMIT_KEY), value);
        check_refused(status, found.error_at, value, KW_ERR_TRUNCATED, 0, __FILE__, __LINE__);
        assert_int_equal(found.type, 1);
        assert_int_equal(found.value.len, -1);
    }
    assert_status(open_record(&found, KW_INTERNAL_TOPIC_CONSUMER_OFFSETS, null_bytes, given(COMMIT_VALUE)),
                  KW_ERR_NULL);
    assert_int_equal(found.type, -1);
}

static void an_unknown_topic_is_refused(void **state)
{
    (void)state;
    kw_persisted found;
    assert_status(open_record(&found, (kw_internal_topic)5, given(COMMIT_KEY), given(COMMIT_VALUE)), KW_ERR_ARGUMENT);
    assert_int_equal(found.value.len, -1);
    assert_null(kw_record_type_find((kw_internal_topic)5, 0));
}

/* ---- writing ---- */

static void what_is_written_is_what_kafka_writes(void **state)
{
    (void)state;
    uint8_t buffer[128];
    kw_writer out;
    kw_topic_record topic;
    kw_topic_record_init(&topic);
    topic.name = kw_string_of("ab");
    topic.topic_id.bytes[7] = 1;
    topic.topic_id.bytes[15] = 2;
    kw_writer_init(&out, buffer, sizeof buffer);
    kw_persisted_encode_header(&out, &kw_topic_record_message, 0);
    assert_status(kw_topic_record_encode(&topic, 0, &out), KW_OK);
    assert_written(&out, TOPIC_RECORD);

    kw_no_op_record nothing;
    kw_no_op_record_init(&nothing);
    kw_writer_init(&out, buffer, sizeof buffer);
    kw_persisted_encode_header(&out, &kw_no_op_record_message, 0);
    assert_status(kw_no_op_record_encode(&nothing, 0, &out), KW_OK);
    assert_written(&out, "01140000");

    kw_offset_commit_key key;
    kw_offset_commit_key_init(&key);
    key.group = kw_string_of("g");
    key.topic = kw_string_of("t");
    key.partition = 7;
    kw_writer_init(&out, buffer, sizeof buffer);
    kw_persisted_encode_header(&out, &kw_offset_commit_key_message, 0);
    assert_status(kw_offset_commit_key_encode(&key, 0, &out), KW_OK);
    assert_written(&out, COMMIT_KEY);

    kw_offset_commit_value value;
    kw_offset_commit_value_init(&value);
    value.offset = 9;
    value.metadata = kw_string_of("m");
    value.commit_timestamp = 10;
    kw_writer_init(&out, buffer, sizeof buffer);
    kw_persisted_encode_header(&out, &kw_offset_commit_value_message, 3);
    assert_status(kw_offset_commit_value_encode(&value, 3, &out), KW_OK);
    assert_written(&out, COMMIT_VALUE);
}

static void only_persisted_messages_have_such_a_header(void **state)
{
    (void)state;
    uint8_t buffer[16];
    static const struct {
        const kw_message *message;
        int16_t version;
        kw_status status;
    } cases[] = {
        {&kw_metadata_request_message, 0, KW_ERR_ARGUMENT},   {&kw_partition_record_message, 3, KW_ERR_VERSION},
        {&kw_partition_record_message, -1, KW_ERR_VERSION},   {&kw_offset_commit_key_message, 1, KW_ERR_VERSION},
        {&kw_offset_commit_value_message, 5, KW_ERR_VERSION}, {&kw_offset_commit_value_message, 4, KW_OK},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        kw_writer out;
        kw_writer_init(&out, buffer, sizeof buffer);
        kw_persisted_encode_header(&out, cases[i].message, cases[i].version);
        assert_status(out.status, cases[i].status);
    }
}

static void every_type_is_read_as_it_was_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < kw_record_type_count(); i++) {
        const kw_record_type *record = kw_record_type_at(i);
        for (int16_t v = record->value->versions.first; v <= record->value->versions.last; v++) {
            uint8_t keys[8], values[8];
            kw_writer key, value;
            kw_writer_init(&key, keys, sizeof keys);
            kw_writer_init(&value, values, sizeof values);
            if (record->key != NULL)
                kw_persisted_encode_header(&key, record->key, 0);
            kw_persisted_encode_header(&value, record->value, v);
            kw_bytes k = {keys, (int32_t)kw_writer_data(&key).size};
            kw_bytes b = {values, (int32_t)kw_writer_data(&value).size};
            kw_persisted found;
            assert_status(open_record(&found, record->topic, k, b), KW_OK);
            assert_int_equal(found.kind, KW_PERSISTED_KNOWN);
            assert_ptr_equal(found.record, record);
            assert_int_equal(found.version, v);
            assert_int_equal(found.value.len, 0);
        }
    }
}

/* ---- lookups ---- */

static void every_type_of_record_is_found(void **state)
{
    (void)state;
    size_t metadata = 0, keyed = 0;
    for (size_t i = 0; i < kw_record_type_count(); i++) {
        const kw_record_type *record = kw_record_type_at(i);
        assert_ptr_equal(kw_record_type_find(record->topic, record->type), record);
        assert_int_equal(record->value->api_key, record->type);
        assert_null(record->value->releases);
        assert_ptr_equal(kw_message_by_name(kw_string_of(record->value->name)), record->value);
        if (record->key != NULL) {
            keyed++;
            assert_int_equal(record->key->kind, KW_MESSAGE_COORDINATOR_KEY);
            assert_int_equal(record->value->kind, KW_MESSAGE_COORDINATOR_VALUE);
            assert_int_equal(record->key->api_key, record->type);
        } else {
            metadata++;
            assert_int_equal(record->value->kind, KW_MESSAGE_METADATA_RECORD);
        }
        if (i > 0) {
            const kw_record_type *before = kw_record_type_at(i - 1);
            assert_true(before->topic < record->topic ||
                        (before->topic == record->topic && before->type < record->type));
        }
    }
    assert_true(metadata > 30);
    assert_true(keyed >= 25);
    assert_int_equal(metadata + keyed, kw_record_type_count());
    assert_null(kw_record_type_at(kw_record_type_count()));
    assert_null(kw_record_type_find(KW_INTERNAL_TOPIC_CLUSTER_METADATA, 6)); /* between two existing ones */
    assert_null(kw_record_type_find(KW_INTERNAL_TOPIC_CLUSTER_METADATA, -1));
    assert_null(kw_record_type_find(KW_INTERNAL_TOPIC_SHARE_GROUP_STATE, INT16_MAX));
}

static void topics_have_names(void **state)
{
    (void)state;
    static const char *const names[] = {"__cluster_metadata", "__remote_log_metadata", "__consumer_offsets",
                                        "__transaction_state", "__share_group_state"};
    kw_internal_topic found;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_string_equal(kw_internal_topic_name((kw_internal_topic)i), names[i]);
        assert_true(kw_internal_topic_find(kw_string_of(names[i]), &found));
        assert_int_equal(found, i);
    }
    assert_null(kw_internal_topic_name((kw_internal_topic)5));
    static const char *const others[] = {"", "orders", "__consumer_offset", "__consumer_offsets2", NULL};
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(kw_internal_topic_find(kw_string_of(others[i]), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_metadata_record_is_all_value),
        TEST(the_same_type_in_another_topic_is_another_record),
        TEST(unknown_metadata_records_are_a_kind),
        TEST(a_metadata_record_that_ends_early_says_where),
        TEST(a_coordinator_record_has_key_and_value),
        TEST(each_coordinator_has_its_own_types),
        TEST(a_null_value_is_a_tombstone),
        TEST(unknown_coordinator_records_are_a_kind),
        TEST(a_coordinator_record_that_ends_early_says_where),
        TEST(an_unknown_topic_is_refused),
        TEST(what_is_written_is_what_kafka_writes),
        TEST(only_persisted_messages_have_such_a_header),
        TEST(every_type_is_read_as_it_was_written),
        TEST(every_type_of_record_is_found),
        TEST(topics_have_names),
    };
    return cmocka_run_group_tests_name("persisted", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever records a metadata log has, those of brokers that came and went included: the broker stops as it should,
 * and a later start takes the log over, or says why not. */
#include "lifecycle_support.h"

#include <kwire/error.h>
#include <kwire/messages/abort_transaction_record.h>
#include <kwire/messages/begin_transaction_record.h>
#include <kwire/messages/broker_registration_change_record.h>
#include <kwire/messages/clear_elr_record.h>
#include <kwire/messages/config_record.h>
#include <kwire/messages/end_transaction_record.h>
#include <kwire/messages/feature_level_record.h>
#include <kwire/messages/fence_broker_record.h>
#include <kwire/messages/partition_change_record.h>
#include <kwire/messages/partition_record.h>
#include <kwire/messages/producer_ids_record.h>
#include <kwire/messages/register_broker_record.h>
#include <kwire/messages/remove_topic_record.h>
#include <kwire/messages/topic_record.h>
#include <kwire/messages/unfence_broker_record.h>
#include <kwire/messages/unregister_broker_record.h>

#include "metadata/image_records.h"

#include "../support/captured.h"
#include "image_text.h"

enum { ROUNDS = 400, RECORDS = 60, MOST_IDS = 4, NEWEST = 33 /* metadata.version */ };

static struct random_test dice;
static struct captured captured; /* what is reported about records that do not fit */

static size_t below(size_t limit)
{
    return random_below(&dice, limit);
}

static bool often(void)
{
    return below(4) != 0;
}

/* ---- values, of which most are in use ---- */

static int32_t broker_id(void)
{
    static const int32_t others[] = {0, 2, 3, -1, INT32_MAX, INT32_MIN};
    return often() ? NODE : others[below(COUNT_OF(others))];
}

/* The epoch that it is registered with, if it is. */
static int64_t broker_epoch(const struct decision *decision, int32_t id)
{
    const struct metadata_broker *broker = metadata_find_broker(decision->image, id);
    return broker != NULL && often() ? broker->epoch : (int64_t)below(40) - 1;
}

static kw_uuid some_id(void)
{
    return (kw_uuid){{(uint8_t)(1 + below(4))}};
}

static kw_string some_name(void)
{
    static const char *const names[] = {"t", "u", "__consumer_offsets", "__transaction_state", "a b", "", "."};
    return kw_string_of(names[often() ? below(3) : below(COUNT_OF(names))]);
}

static int32_t some_partition(void)
{
    static const int32_t rare[] = {7, 100000, INT32_MAX, -1};
    return often() ? (int32_t)below(3) : rare[below(COUNT_OF(rare))];
}

static int32_t some_epoch(void)
{
    static const int32_t rare[] = {-1, INT32_MAX, INT32_MIN};
    return often() ? (int32_t)below(5) : rare[below(COUNT_OF(rare))];
}

static kw_int32_array some_brokers(int32_t *memory)
{
    kw_int32_array ids = {memory, (int32_t)below(MOST_IDS)};
    for (int32_t i = 0; i < ids.len; i++)
        memory[i] = broker_id();
    return ids;
}

static kw_int32_array brokers_or_null(int32_t *memory)
{
    return often() ? some_brokers(memory) : (kw_int32_array){NULL, -1};
}

static kw_uuid_array some_directories(kw_uuid *memory)
{
    kw_uuid_array ids = {memory, (int32_t)below(MOST_IDS)};
    for (int32_t i = 0; i < ids.len; i++)
        memory[i] = often() ? directory : some_id();
    return ids;
}

/* ---- records ---- */

static void add_register(struct decision *decision)
{
    kw_register_broker_record m;
    kw_uuid ids[MOST_IDS];
    kw_register_broker_record_broker_endpoint endpoint;
    kw_register_broker_record_init(&m);
    kw_register_broker_record_broker_endpoint_init(&endpoint);
    m.broker_id = broker_id();
    m.broker_epoch = broker_epoch(decision, m.broker_id);
    m.fenced = often();
    m.in_controlled_shutdown = often();
    m.log_dirs = some_directories(ids);
    endpoint.name = some_name();
    endpoint.host = some_name();
    m.end_points = (kw_register_broker_record_broker_endpoint_array){&endpoint, (int32_t)below(2)};
    record_list_add(&decision->records, &kw_register_broker_record_message, 4, &m);
}

static void add_unregister(struct decision *decision)
{
    kw_unregister_broker_record m;
    kw_unregister_broker_record_init(&m);
    m.broker_id = broker_id();
    m.broker_epoch = broker_epoch(decision, m.broker_id);
    record_list_add(&decision->records, &kw_unregister_broker_record_message, 0, &m);
}

static void add_fence(struct decision *decision)
{
    kw_fence_broker_record m;
    kw_fence_broker_record_init(&m);
    m.id = broker_id();
    m.epoch = broker_epoch(decision, m.id);
    record_list_add(&decision->records, &kw_fence_broker_record_message, 0, &m);
}

static void add_unfence(struct decision *decision)
{
    kw_unfence_broker_record m;
    kw_unfence_broker_record_init(&m);
    m.id = broker_id();
    m.epoch = broker_epoch(decision, m.id);
    record_list_add(&decision->records, &kw_unfence_broker_record_message, 0, &m);
}

static void add_registration_change(struct decision *decision)
{
    kw_broker_registration_change_record m;
    kw_uuid ids[MOST_IDS];
    kw_broker_registration_change_record_init(&m);
    m.broker_id = broker_id();
    m.broker_epoch = broker_epoch(decision, m.broker_id);
    m.fenced = (int8_t)(below(3) - 1);
    m.in_controlled_shutdown = (int8_t)(below(3) - 1);
    m.log_dirs = some_directories(ids);
    record_list_add(&decision->records, &kw_broker_registration_change_record_message, 3, &m);
}

static void add_topic(struct decision *decision)
{
    kw_topic_record m;
    kw_topic_record_init(&m);
    m.name = some_name();
    m.topic_id = some_id();
    record_list_add(&decision->records, &kw_topic_record_message, 0, &m);
}

static void add_partition(struct decision *decision)
{
    kw_partition_record m;
    int32_t ids[6][MOST_IDS];
    kw_uuid directories[MOST_IDS];
    kw_partition_record_init(&m);
    m.topic_id = some_id();
    m.partition_id = some_partition();
    m.leader = broker_id();
    m.leader_epoch = some_epoch();
    m.partition_epoch = some_epoch();
    m.leader_recovery_state = (int8_t)below(2);
    m.replicas = some_brokers(ids[0]);
    m.isr = some_brokers(ids[1]);
    m.eligible_leader_replicas = brokers_or_null(ids[2]);
    m.last_known_elr = brokers_or_null(ids[3]);
    m.removing_replicas = some_brokers(ids[4]);
    m.adding_replicas = some_brokers(ids[5]);
    m.directories = some_directories(directories);
    record_list_add(&decision->records, &kw_partition_record_message, 2, &m);
}

static void add_partition_change(struct decision *decision)
{
    kw_partition_change_record m;
    int32_t ids[6][MOST_IDS];
    kw_uuid directories[MOST_IDS];
    kw_partition_change_record_init(&m);
    m.topic_id = some_id();
    m.partition_id = some_partition();
    m.leader = often() ? -2 : broker_id();
    m.leader_recovery_state = (int8_t)(below(3) - 1);
    m.replicas = brokers_or_null(ids[0]);
    m.isr = brokers_or_null(ids[1]);
    m.eligible_leader_replicas = brokers_or_null(ids[2]);
    m.last_known_elr = brokers_or_null(ids[3]);
    m.removing_replicas = brokers_or_null(ids[4]);
    m.adding_replicas = brokers_or_null(ids[5]);
    if (often())
        m.directories = some_directories(directories);
    record_list_add(&decision->records, &kw_partition_change_record_message, 2, &m);
}

static void add_remove_topic(struct decision *decision)
{
    kw_remove_topic_record m;
    kw_remove_topic_record_init(&m);
    m.topic_id = some_id();
    record_list_add(&decision->records, &kw_remove_topic_record_message, 0, &m);
}

static void add_config(struct decision *decision)
{
    static const char *const names[] = {"min.insync.replicas", "unclean.leader.election.enable", "max.connections",
                                        "of.a.plugin", ""};
    static const char *const values[] = {"1", "true", "-1", "", "99999999999999999999", "x"};
    static const int8_t types[] = {RESOURCE_TOPIC, RESOURCE_BROKER, RESOURCE_GROUP, RESOURCE_CLIENT_METRICS, 0, -1};
    kw_config_record m;
    kw_config_record_init(&m);
    m.resource_type = types[below(COUNT_OF(types))];
    m.resource_name = m.resource_type == RESOURCE_BROKER ? kw_string_of(often() ? "1" : "") : some_name();
    m.name = kw_string_of(names[below(COUNT_OF(names))]);
    m.value = kw_string_of(often() ? values[below(COUNT_OF(values))] : NULL);
    record_list_add(&decision->records, &kw_config_record_message, 0, &m);
}

static void add_feature(struct decision *decision)
{
    static const char *const names[] = {"metadata.version", "eligible.leader.replicas.version", "kraft.version",
                                        "group.version", "of.the.future"};
    static const int16_t levels[] = {0, 1, 2, 7, 17, 33, 34, -1, INT16_MAX};
    kw_feature_level_record m;
    kw_feature_level_record_init(&m);
    m.name = kw_string_of(names[below(COUNT_OF(names))]);
    m.feature_level = levels[below(COUNT_OF(levels))];
    record_list_add(&decision->records, &kw_feature_level_record_message, 0, &m);
}

static void add_producer_ids(struct decision *decision)
{
    kw_producer_ids_record m;
    kw_producer_ids_record_init(&m);
    m.broker_id = broker_id();
    m.broker_epoch = broker_epoch(decision, m.broker_id);
    m.next_producer_id = often() ? (int64_t)below(5000) : INT64_MAX;
    record_list_add(&decision->records, &kw_producer_ids_record_message, 0, &m);
}

static void add_clear_elr(struct decision *decision)
{
    kw_clear_elr_record m;
    kw_clear_elr_record_init(&m);
    m.topic_name = some_name();
    record_list_add(&decision->records, &kw_clear_elr_record_message, 0, &m);
}

static void add_transaction_mark(struct decision *decision)
{
    kw_begin_transaction_record begin;
    kw_end_transaction_record end;
    kw_abort_transaction_record abort;
    kw_begin_transaction_record_init(&begin);
    kw_end_transaction_record_init(&end);
    kw_abort_transaction_record_init(&abort);
    begin.name = abort.reason = (kw_string){NULL, -1};
    switch (below(3)) {
    case 0:
        record_list_add(&decision->records, &kw_begin_transaction_record_message, 0, &begin);
        break;
    case 1:
        record_list_add(&decision->records, &kw_end_transaction_record_message, 0, &end);
        break;
    default:
        record_list_add(&decision->records, &kw_abort_transaction_record_message, 0, &abort);
    }
}

/* Any bytes behind a frame that could be one. */
static void add_noise(struct decision *decision)
{
    size_t size = 1 + below(40);
    uint8_t *bytes = kw_arena_alloc(decision->records.arena, size);
    assert_non_null(bytes);
    (void)random_fill(&dice.source, bytes, size);
    bytes[0] = 1;
    if (size > 2) {
        bytes[1] = (uint8_t)below(30);
        bytes[2] = (uint8_t)below(5);
    }
    record_list_add_value(&decision->records, kw_bytes_of(bytes, size));
}

/* The first ones make what the others are about. */
static void (*const adders[])(struct decision *) = {
    add_topic,    add_topic,   add_partition,           add_partition, add_partition_change, add_partition_change,
    add_register, add_fence,   add_registration_change, add_unfence,   add_unregister,       add_remove_topic,
    add_config,   add_feature, add_producer_ids,        add_clear_elr, add_transaction_mark, add_noise};

struct disturbance {
    struct controller_event event;
    size_t kinds;
    int16_t error;
};

static void disturb(struct controller_event *event, struct decision *decision)
{
    const struct disturbance *d = (const struct disturbance *)(const void *)event;
    for (size_t i = 1 + below(2); i > 0; i--)
        adders[below(d->kinds)](decision);
}

static void disturbed(struct controller_event *event, int16_t error)
{
    ((struct disturbance *)(void *)event)->error = error;
}

/* As if a broker of a foreign version had written them. How many decisions were carried out. */
static size_t add_records(size_t count, size_t kinds)
{
    size_t carried_out = 0;
    for (size_t i = 0; i < count; i++) {
        struct disturbance d = {.event = {.decide = disturb, .complete = disturbed}, .kinds = kinds};
        controller_submit(&lifecycle.controller, &d.event);
        controller_run(&lifecycle.controller);
        carried_out += d.error == KW_ERROR_NONE;
    }
    return carried_out;
}

/* ---- what is done with an image ---- */

static kw_status replay_all(void *context, const struct record_list *records)
{
    struct metadata_delta *delta = context;
    for (size_t i = 0; i < records->count; i++)
        assert_status(metadata_delta_replay(delta, records->values[i]), KW_OK);
    return KW_OK;
}

/* A snapshot of it gives it again, if its features have a place for everything. */
static void assert_snapshot(const struct metadata_image *image)
{
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta delta;
    kw_arena walk;
    kw_arena_init_growing(&walk, NULL, 0, kw_allocator_libc(), LIMIT);
    assert_status(metadata_delta_init(&delta, empty, kw_allocator_libc(), LIMIT), KW_OK);
    assert_status(image_records(image, &walk, replay_all, &delta), KW_OK);
    struct metadata_image *again = metadata_delta_apply(&delta, image->parts.offset, image->parts.epoch);
    assert_non_null(again);
    if (metadata_feature_level(image, kw_string_of("metadata.version")) == NEWEST && metadata_has_elr(image))
        assert_same_image(again, image);
    metadata_image_release(again);
    metadata_delta_finish(&delta);
    metadata_image_release(empty);
    kw_arena_finish(&walk);
}

/* Served for reading: who leads is this node or nobody. */
static void assert_readable(const struct metadata_image *image)
{
    struct metadata_image *up = metadata_come_up(image, NODE);
    assert_non_null(up);
    for (size_t i = 0; i < metadata_topic_count(up); i++)
        for (int32_t p = 0; p < metadata_topic_at(up, i)->partition_count; p++)
            assert_true(metadata_topic_at(up, i)->partitions[p].leader_id == NODE ||
                        metadata_topic_at(up, i)->partitions[p].leader_id == -1);
    metadata_image_release(up);
}

/* ---- tests ---- */

static bool may_start(int64_t clean_epoch)
{
    struct metadata_log log;
    char reason[TAKEOVER_REASON_SIZE];
    struct metadata_image *image = read_all(&log);
    const struct takeover_facts facts = {.log = &log, .image = image, .node_id = NODE, .directory_id = directory};
    bool possible = takeover_is_possible(&facts, reason);
    assert_true(possible || strlen(reason) > 0);
    assert_snapshot(image);
    assert_readable(image);
    metadata_image_release(image);
    if (possible)
        assert_true(start(clean_epoch));
    return possible;
}

/* Only who is registered can hand over. */
static void assert_stop(size_t *stopped)
{
    const struct metadata_broker *self = metadata_find_broker(controller_image(&lifecycle.controller), NODE);
    bool registered = self != NULL;
    int64_t expected = registered ? self->epoch : -1;
    assert_int_equal(lifecycle_stop(&lifecycle, &epoch), registered);
    assert_int_equal(epoch, expected);
    *stopped += registered;
}

static void any_records(void **state)
{
    size_t stopped = 0, started_again = 0, carried_out = 0;
    for (uint64_t seed = 0; seed < ROUNDS; seed++) {
        if (seed != 0)
            assert_int_equal(set_up(state), 0);
        random_test_init(&dice, seed);
        capture_start(&captured);
        assert_true(start(-1));
        /* In some rounds brokers stay as they are, so that a later start is possible. */
        carried_out += add_records(RECORDS, seed % 3 == 0 ? 6 : COUNT_OF(adders));
        assert_snapshot(controller_image(&lifecycle.controller));
        assert_stop(&stopped);
        lifecycle_finish(&lifecycle);
        if (may_start(often() ? epoch : -1)) {
            started_again++;
            (void)add_records(RECORDS, 6);
            assert_stop(&stopped);
        }
        (void)capture_end(&captured);
        if (seed + 1 < ROUNDS)
            assert_int_equal(tear_down(state), 0);
    }
    /* It is about something. */
    assert_in_range(stopped, ROUNDS / 3, 2 * ROUNDS - 1);
    assert_in_range(started_again, ROUNDS / 10, ROUNDS - 1);
    assert_in_range(carried_out, (size_t)ROUNDS * RECORDS / 4, (size_t)ROUNDS * RECORDS - 1);
}

static void decide_unregistration(struct controller_event *event, struct decision *decision)
{
    kw_unregister_broker_record m;
    (void)event;
    kw_unregister_broker_record_init(&m);
    m.broker_id = NODE;
    m.broker_epoch = metadata_find_broker(decision->image, NODE)->epoch;
    record_list_add(&decision->records, &kw_unregister_broker_record_message, 0, &m);
}

/* The log says that this broker is none: it cannot hand anything over, and registers at the next start. */
static void the_broker_is_unregistered(void **state)
{
    (void)state;
    assert_true(start(-1));
    struct disturbance d = {.event = {.decide = decide_unregistration, .complete = disturbed}};
    controller_submit(&lifecycle.controller, &d.event);
    controller_run(&lifecycle.controller);
    assert_int_equal(d.error, KW_ERROR_NONE);
    assert_null(metadata_find_broker(cell.current, NODE));
    assert_false(lifecycle_stop(&lifecycle, &epoch));
    assert_int_equal(epoch, -1);
    lifecycle_finish(&lifecycle);
    assert_true(start(-1));
    assert_non_null(metadata_find_broker(cell.current, NODE));
    assert_true(lifecycle_stop(&lifecycle, &epoch));
    assert_true(epoch > 0);
}

#define FOREIGN_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOREIGN_TEST(any_records),
        FOREIGN_TEST(the_broker_is_unregistered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the metadata log, on top of an empty image or of another one. */
#include "replay_support.h"

static int32_t replicas_4567[] = {4, 5, 6, 7};

static void test_empty(void **state)
{
    (void)state;
    maker m;
    start(&m);
    (void)look(&m);
    assert_null(metadata_topic_by_name(m.image, kw_string_of("t")));
    assert_null(metadata_topic_by_id(m.image, id_of(1)));
    assert_null(metadata_find_broker(m.image, 1));
    assert_int_equal(metadata_find_config(m.image, 2, kw_string_of("t"), kw_string_of("c")).len, -1);
    assert_int_equal(metadata_feature_level(m.image, kw_string_of("metadata.version")), 0);
    release(&m);
}

static void test_topics(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "beta", 1);
    add_topic(&m, "alpha", 2);
    add_topic(&m, "gamma", 3);
    static const int32_t order[] = {2, 0, 3, 1};
    for (size_t i = 0; i < COUNT_OF(order); i++)
        add_partition(&m, 2, order[i]);
    remove_topic(&m, 1);
    assert_status(m.status, KW_OK);
    remove_topic(&m, 1);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    add_topic(&m, "beta", 4);
    (void)look(&m);
    assert_int_equal(m.image->parts.topic_count, 3);
    assert_int_equal(m.delta.damaged, 1);
    assert_int_equal(m.delta.records, 10);
    assert_true(kw_string_equal(m.image->parts.topics[0]->name, kw_string_of("alpha")));
    assert_true(kw_uuid_equal(metadata_topic_by_name(m.image, kw_string_of("beta"))->id, id_of(4)));
    assert_null(metadata_topic_by_id(m.image, id_of(1)));
    const struct metadata_topic *alpha = metadata_topic_by_id(m.image, id_of(2));
    assert_int_equal(alpha->partition_count, 4);
    for (int32_t p = 0; p < 4; p++)
        assert_int_equal(metadata_topic_partition(alpha, p)->index, p);
    assert_null(metadata_topic_partition(alpha, 4));
    assert_null(metadata_topic_partition(alpha, -1));
    release(&m);
}

static void test_many_topics(void **state)
{
    (void)state;
    maker m;
    start(&m);
    for (int i = 0; i < 2000; i++) {
        char name[16];
        kw_topic_record t;
        kw_topic_record_init(&t);
        (void)snprintf(name, sizeof name, "t%d", i);
        t.name = kw_string_of(name);
        t.topic_id.bytes[0] = (uint8_t)(i >> 8);
        t.topic_id.bytes[15] = 1; /* zero is no id */
        t.topic_id.bytes[9] = (uint8_t)i;
        REPLAY(&m, topic_record, 0, &t);
        set_config(&m, 2, name, "segment.bytes", "1");
        set_config(&m, 2, name, "segment.bytes", "2");
    }
    (void)look(&m);
    assert_int_equal(m.image->parts.topic_count, 2000);
    assert_int_equal(m.image->parts.resource_count, 2000);
    for (int i = 0; i < 2000; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "t%d", i);
        const struct metadata_topic *t = metadata_topic_by_name(m.image, kw_string_of(name));
        assert_non_null(t);
        assert_ptr_equal(metadata_topic_by_id(m.image, t->id), t);
        kw_string value = metadata_find_config(m.image, 2, kw_string_of(name), kw_string_of("segment.bytes"));
        assert_true(kw_string_equal(value, kw_string_of("2")));
    }
    release(&m);
}

static void test_partition_changes(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    add_partition(&m, 1, 0);
    kw_partition_change_record c;
    kw_partition_change_record_init(&c);
    c.topic_id = id_of(1);
    c.partition_id = 0;
    c.isr.items = replicas_123;
    c.isr.len = 1;
    REPLAY(&m, partition_change_record, 2, &c);
    assert_status(m.status, KW_OK);
    const struct metadata_partition *p = &look(&m)->topics[0]->partitions[0];
    assert_int_equal(p->leader_id, 1);
    assert_int_equal(p->leader_epoch, 5);
    assert_int_equal(p->partition_epoch, 10);
    assert_int_equal(p->isr.len, 1);
    assert_int_equal(p->elr.len, 3);
    assert_int_equal(p->directories.len, 3);

    c.leader = -1;
    c.isr.len = 0;
    c.leader_recovery_state = 1;
    c.replicas.items = replicas_4567;
    c.replicas.len = 4;
    c.eligible_leader_replicas.items = replicas_4567;
    c.eligible_leader_replicas.len = 2;
    c.adding_replicas = c.replicas;
    REPLAY(&m, partition_change_record, 2, &c);
    (void)look(&m);
    p = metadata_topic_partition(m.image->parts.topics[0], 0);
    assert_int_equal(p->leader_id, -1);
    assert_int_equal(p->leader_epoch, 6);
    assert_int_equal(p->partition_epoch, 11);
    assert_int_equal(p->leader_recovery_state, 1);
    assert_int_equal(p->isr.len, 0);
    assert_int_equal(p->replicas.len, 4);
    assert_int_equal(p->replicas.items[3], 7);
    assert_int_equal(p->elr.len, 2);
    assert_int_equal(p->elr.items[1], 5);
    assert_int_equal(p->last_known_elr.len, 1);
    assert_int_equal(p->adding.len, 4);
    release(&m);
}

static void test_changes_of_nothing(void **state)
{
    (void)state;
    maker m;
    start(&m);
    kw_partition_change_record c;
    kw_partition_change_record_init(&c);
    c.topic_id = id_of(1);
    c.partition_id = 0;
    REPLAY(&m, partition_change_record, 0, &c);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    add_partition(&m, 1, 0);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    add_topic(&m, "t", 1);
    add_partition(&m, 1, -1);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    REPLAY(&m, partition_change_record, 0, &c);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    (void)look(&m);
    assert_int_equal(m.delta.damaged, 4);
    release(&m);
}

static void test_clear_elr(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "a", 1);
    add_partition(&m, 1, 0);
    add_topic(&m, "b", 2);
    add_partition(&m, 2, 0);
    kw_clear_elr_record c;
    kw_clear_elr_record_init(&c);
    c.topic_name = kw_string_of("a");
    REPLAY(&m, clear_elr_record, 0, &c);
    assert_int_equal(look(&m)->topics[0]->partitions[0].elr.len, 0);
    assert_int_equal(m.image->parts.topics[1]->partitions[0].elr.len, 3);
    c.topic_name = kw_string_of("c");
    REPLAY(&m, clear_elr_record, 0, &c);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    c.topic_name = kw_string_of("");
    REPLAY(&m, clear_elr_record, 0, &c);
    assert_status(m.status, KW_OK);
    assert_int_equal(look(&m)->topics[1]->partitions[0].elr.len, 0);
    assert_int_equal(m.image->parts.topics[1]->partitions[0].last_known_elr.len, 0);
    (void)look(&m);
    release(&m);
}

static void test_brokers(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_broker(&m, 3, 30);
    add_broker(&m, 1, 10);
    add_broker(&m, 2, 20);
    add_broker(&m, 1, 11);
    kw_unfence_broker_record u = {.id = 1, .epoch = 11};
    REPLAY(&m, unfence_broker_record, 0, &u);
    kw_fence_broker_record f = {.id = 1, .epoch = 10};
    REPLAY(&m, fence_broker_record, 0, &f);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    kw_uuid directory = id_of(7);
    kw_broker_registration_change_record c;
    kw_broker_registration_change_record_init(&c);
    c.broker_id = 2;
    c.broker_epoch = 20;
    c.fenced = -1;
    c.in_controlled_shutdown = 1;
    c.log_dirs.items = &directory;
    c.log_dirs.len = 1;
    REPLAY(&m, broker_registration_change_record, 3, &c);
    kw_unregister_broker_record r = {.broker_id = 3, .broker_epoch = 30};
    REPLAY(&m, unregister_broker_record, 0, &r);
    REPLAY(&m, unregister_broker_record, 0, &r);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    (void)look(&m);
    assert_int_equal(m.image->parts.broker_count, 2);
    const struct metadata_broker *b = metadata_find_broker(m.image, 1);
    assert_int_equal(b->epoch, 11);
    assert_false(b->fenced);
    assert_int_equal(b->rack.len, -1);
    assert_int_equal(b->endpoint_count, 1);
    assert_int_equal(b->endpoints[0].port, 65535);
    assert_true(kw_string_equal(b->endpoints[0].host, kw_string_of("host")));
    b = metadata_find_broker(m.image, 2);
    assert_false(b->fenced);
    assert_true(b->in_controlled_shutdown);
    assert_int_equal(b->directories.len, 1);
    release(&m);
}

static void test_settings(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    set_config(&m, 2, "t", "a", "1");
    set_config(&m, 2, "t", "a", "2");
    set_config(&m, 2, "t", "b", "3");
    set_config(&m, 2, "t", "b", NULL);
    set_config(&m, 2, "t", "never", NULL);
    set_config(&m, 4, "", "a", "");
    set_feature(&m, "metadata.version", 20);
    set_feature(&m, "metadata.version", 30);
    set_feature(&m, "gone", 1);
    set_feature(&m, "gone", 0);
    kw_producer_ids_record p = {.next_producer_id = 2000};
    REPLAY(&m, producer_ids_record, 0, &p);
    kw_no_op_record none = {NULL};
    REPLAY(&m, no_op_record, 0, &none);
    assert_status(m.status, KW_OK);
    (void)look(&m);
    assert_int_equal(m.image->parts.resource_count, 2);
    assert_true(
        kw_string_equal(metadata_find_config(m.image, 2, kw_string_of("t"), kw_string_of("a")), kw_string_of("2")));
    assert_int_equal(metadata_find_config(m.image, 2, kw_string_of("t"), kw_string_of("b")).len, -1);
    assert_int_equal(metadata_find_config(m.image, 4, kw_string_of(""), kw_string_of("a")).len, 0);
    assert_int_equal(m.image->parts.feature_count, 1);
    assert_int_equal(metadata_feature_level(m.image, kw_string_of("metadata.version")), 30);
    assert_int_equal(m.image->parts.next_producer_id, 2000);
    assert_int_equal(m.delta.damaged, 0);
    release(&m);
}

/* They would come twice, or be negative. */
static void test_producer_ids_that_do_not_ascend(void **state)
{
    (void)state;
    static const int64_t ids[] = {-1, 0, 2000, 2000, 1000, 3000};
    maker m;
    start(&m);
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        kw_producer_ids_record p = {.next_producer_id = ids[i]};
        REPLAY(&m, producer_ids_record, 0, &p);
        assert_status(m.status, i == 2 || i == 5 ? KW_OK : KW_ERR_ARGUMENT);
    }
    (void)look(&m);
    assert_int_equal(m.image->parts.next_producer_id, 3000);
    assert_int_equal(m.delta.damaged, 4);
    release(&m);
}

static void test_removed_topic_forgets_configs(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    set_config(&m, 2, "t", "a", "1");
    set_config(&m, 2, "u", "a", "1");
    remove_topic(&m, 1);
    add_topic(&m, "t", 2);
    (void)look(&m);
    assert_int_equal(m.image->parts.resource_count, 1);
    assert_true(kw_string_equal(m.image->parts.resources[0]->name, kw_string_of("u")));
    release(&m);
}

static void test_transactions(void **state)
{
    (void)state;
    kw_begin_transaction_record b;
    kw_abort_transaction_record a;
    kw_end_transaction_record e = {NULL};
    kw_begin_transaction_record_init(&b);
    kw_abort_transaction_record_init(&a);
    maker m;
    start(&m);
    REPLAY(&m, begin_transaction_record, 0, &b);
    add_topic(&m, "committed", 1);
    add_partition(&m, 1, 0);
    remove_topic(&m, 9);
    assert_int_equal(look(&m)->topic_count, 0);
    REPLAY(&m, end_transaction_record, 0, &e);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    assert_int_equal(look(&m)->topic_count, 1);
    REPLAY(&m, begin_transaction_record, 0, &b);
    add_topic(&m, "aborted", 2);
    REPLAY(&m, abort_transaction_record, 0, &a);
    add_topic(&m, "outside", 3);
    REPLAY(&m, begin_transaction_record, 0, &b);
    add_topic(&m, "open", 4);
    (void)look(&m);
    assert_int_equal(m.image->parts.topic_count, 2);
    assert_int_equal(metadata_topic_by_id(m.image, id_of(1))->partition_count, 1);
    assert_non_null(metadata_topic_by_id(m.image, id_of(3)));
    release(&m);
}

static void check_value(const char *hex, kw_status status, uint64_t unknown, uint64_t damaged)
{
    maker m;
    start(&m);
    assert_status(metadata_delta_replay(&m.delta, given(hex)), status);
    assert_int_equal(look(&m)->feature_count, 0);
    assert_int_equal(m.delta.unknown, unknown);
    assert_int_equal(m.delta.damaged, damaged);
    release(&m);
}

static void test_unknown_and_damaged(void **state)
{
    (void)state;
    check_value("01 7f 00 00", KW_OK, 1, 0); /* type 127 */
    check_value("01 02 63 00", KW_OK, 1, 0); /* TopicRecord version 99 */
    check_value("02 02 00 00", KW_OK, 1, 0); /* frame version 2 */
    check_value("", KW_ERR_TRUNCATED, 0, 1);
    check_value("01 02", KW_ERR_TRUNCATED, 0, 1);
    check_value("01 02 00 02 74", KW_ERR_TRUNCATED, 0, 1);
    check_value("01 0c 00 02 66 0001 00 ff", KW_ERR_TRAILING, 0, 1);
}

/* Every record of the tests above, cut and with each bit flipped: only errors. */
static void test_damaged_records(void **state)
{
    (void)state;
    kw_partition_record p;
    kw_partition_record_init(&p);
    p.topic_id = id_of(1);
    p.partition_id = 0;
    p.replicas.items = replicas_4567;
    p.replicas.len = 4;
    p.eligible_leader_replicas = p.replicas;
    kw_bytes good = encoded(&kw_partition_record_message, 2, &p);
    for (size_t bit = 0; bit < (size_t)good.len * 8; bit++) {
        maker m;
        start(&m);
        add_topic(&m, "t", 1);
        uint8_t *flipped = (uint8_t *)(uintptr_t)given_prefix(good, (size_t)good.len).data;
        flipped[bit / 8] ^= (uint8_t)(1 << bit % 8);
        kw_bytes bad = {flipped, good.len};
        kw_status status = metadata_delta_replay(&m.delta, bad);
        assert_int_equal(m.delta.damaged, status != KW_OK);
        (void)metadata_delta_replay(&m.delta, given_prefix(good, bit / 8));
        (void)look(&m);
        release(&m);
    }
}

static kw_status replay_with(const kw_allocator *allocator)
{
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta d;
    kw_begin_transaction_record b;
    kw_end_transaction_record e = {NULL};
    kw_topic_record t;
    kw_begin_transaction_record_init(&b);
    kw_topic_record_init(&t);
    kw_status status = metadata_delta_init(&d, empty, allocator, REPLAY_LIMIT);
    if (status == KW_OK)
        status = metadata_delta_replay(&d, encoded(&kw_begin_transaction_record_message, 0, &b));
    for (uint8_t i = 1; status == KW_OK && i < 200; i++) {
        t.name = kw_string_of("a topic with a name that takes some memory");
        t.topic_id = id_of(i);
        status = metadata_delta_replay(&d, encoded(&kw_topic_record_message, 0, &t));
    }
    if (status == KW_OK)
        status = metadata_delta_replay(&d, encoded(&kw_end_transaction_record_message, 0, &e));
    metadata_delta_finish(&d);
    metadata_image_release(empty);
    return status;
}

static void test_without_memory(void **state)
{
    (void)state;
    struct test_memory memory;
    const kw_allocator *allocator = test_memory_init(&memory);
    assert_status(replay_with(allocator), KW_OK);
    size_t calls = memory.calls;
    assert_true(calls > 4);
    size_t done_without = 0; /* the block that an arena tries to get after a reset, and can do without */
    for (size_t n = 1; n <= calls; n++) {
        test_memory_init(&memory);
        memory.fail_at = n;
        memory.fail_on = true;
        kw_status status = replay_with(&memory.allocator);
        done_without += status == KW_OK;
        assert_true(status == KW_OK || status == KW_ERR_NO_MEMORY);
        assert_int_equal(memory.blocks, 0);
    }
    assert_true(done_without <= 1);
}

/* Brokers with many endpoints, which take most of the memory. */
static kw_status replay_brokers_with(const kw_allocator *allocator)
{
    enum { BROKERS = 30, ENDPOINTS = 40 };
    static kw_register_broker_record_broker_endpoint endpoints[ENDPOINTS];
    const struct metadata_parts nothing = {.epoch = -1};
    struct metadata_image *empty = metadata_image_create(&nothing);
    struct metadata_delta d;
    kw_register_broker_record b;
    for (size_t i = 0; i < ENDPOINTS; i++) {
        kw_register_broker_record_broker_endpoint_init(&endpoints[i]);
        endpoints[i].name = kw_string_of("n");
        endpoints[i].host = kw_string_of("h");
    }
    kw_register_broker_record_init(&b);
    b.rack = kw_string_of(NULL);
    b.end_points.items = endpoints;
    b.end_points.len = ENDPOINTS;
    kw_status status = metadata_delta_init(&d, empty, allocator, REPLAY_LIMIT);
    for (b.broker_id = 1; status == KW_OK && b.broker_id < BROKERS; b.broker_id++)
        status = metadata_delta_replay(&d, encoded(&kw_register_broker_record_message, 0, &b));
    metadata_delta_finish(&d);
    metadata_image_release(empty);
    return status;
}

static void test_brokers_without_memory(void **state)
{
    (void)state;
    struct test_memory memory;
    const kw_allocator *allocator = test_memory_init(&memory);
    assert_status(replay_brokers_with(allocator), KW_OK);
    size_t calls = memory.calls, done_without = 0;
    assert_true(calls > 4);
    for (size_t n = 1; n <= calls; n++) {
        test_memory_init(&memory);
        memory.fail_at = n;
        memory.fail_on = true;
        done_without += replay_brokers_with(&memory.allocator) == KW_OK;
        assert_int_equal(memory.blocks, 0);
    }
    assert_int_equal(done_without, 0);
}

/* ---- records of every type, cut and with little memory ---- */

enum { FEATURES = 40 };

/* A story with a record of every type that changes something; `end_at`: the end of a transaction. */
static size_t tell(kw_bytes *story, size_t *end_at)
{
    static char names[FEATURES][8];
    kw_uuid directories[] = {{{1}}, {{2}}, {{3}}, {{4}}};
    size_t n = 0;
    kw_begin_transaction_record begin;
    kw_end_transaction_record end = {NULL};
    kw_topic_record topic;
    kw_partition_record part;
    kw_partition_change_record change;
    kw_register_broker_record broker;
    kw_broker_registration_change_record broker_change;
    kw_fence_broker_record fence;
    kw_unfence_broker_record unfence;
    kw_unregister_broker_record unregister;
    kw_config_record config;
    kw_feature_level_record feature;
    kw_remove_topic_record removal;
    kw_producer_ids_record ids = {.broker_id = 1, .next_producer_id = 3000};
#define TELL(type, version, value) story[n++] = encoded(&kw_##type##_message, (version), (value))

    for (int i = 0; i < FEATURES; i++) {
        (void)snprintf(names[i], sizeof names[i], "f%d", i);
        kw_feature_level_record_init(&feature);
        feature.name = kw_string_of(names[i]);
        feature.feature_level = (int16_t)(i + 1);
        TELL(feature_level_record, 0, &feature);
    }
    kw_begin_transaction_record_init(&begin);
    TELL(begin_transaction_record, 0, &begin);
    for (uint8_t i = 1; i <= 2; i++) {
        kw_topic_record_init(&topic);
        topic.name = kw_string_of(i == 1 ? "one" : "two");
        topic.topic_id = id_of(i);
        TELL(topic_record, 0, &topic);
    }
    *end_at = n;
    TELL(end_transaction_record, 0, &end);
    kw_partition_record_init(&part);
    part.topic_id = id_of(1);
    part.partition_id = 0;
    part.replicas.items = part.isr.items = replicas_123;
    part.replicas.len = part.isr.len = 3;
    TELL(partition_record, 2, &part);
    kw_partition_change_record_init(&change);
    change.topic_id = id_of(1);
    change.partition_id = 0;
    change.replicas.items = change.isr.items = change.removing_replicas.items = replicas_4567;
    change.adding_replicas.items = change.eligible_leader_replicas.items = change.last_known_elr.items = replicas_4567;
    change.replicas.len = change.isr.len = change.removing_replicas.len = 4;
    change.adding_replicas.len = change.eligible_leader_replicas.len = change.last_known_elr.len = 4;
    change.directories.items = directories;
    change.directories.len = 4;
    TELL(partition_change_record, 2, &change);
    for (int32_t id = 1; id <= 2; id++) {
        kw_register_broker_record_broker_endpoint endpoint;
        kw_register_broker_record_broker_endpoint_init(&endpoint);
        endpoint.name = kw_string_of("PLAINTEXT");
        endpoint.host = kw_string_of("host");
        kw_register_broker_record_init(&broker);
        broker.broker_id = id;
        broker.broker_epoch = 10 + id;
        broker.rack = kw_string_of("rack");
        broker.end_points.items = &endpoint;
        broker.end_points.len = 1;
        broker.log_dirs.items = directories;
        broker.log_dirs.len = 2;
        TELL(register_broker_record, 4, &broker);
    }
    kw_unfence_broker_record_init(&unfence);
    unfence.id = 1;
    unfence.epoch = 11;
    TELL(unfence_broker_record, 0, &unfence);
    kw_fence_broker_record_init(&fence);
    fence.id = 1;
    fence.epoch = 11;
    TELL(fence_broker_record, 0, &fence);
    kw_broker_registration_change_record_init(&broker_change);
    broker_change.broker_id = 1;
    broker_change.broker_epoch = 11;
    broker_change.in_controlled_shutdown = 1;
    broker_change.log_dirs.items = directories + 1;
    broker_change.log_dirs.len = 3;
    TELL(broker_registration_change_record, 2, &broker_change);
    kw_unregister_broker_record_init(&unregister);
    unregister.broker_id = 2;
    unregister.broker_epoch = 12;
    TELL(unregister_broker_record, 0, &unregister);
    for (int i = 0; i < 2; i++) {
        kw_config_record_init(&config);
        config.resource_type = 2;
        config.resource_name = kw_string_of("one");
        config.name = kw_string_of(i == 0 ? "retention.ms" : "segment.bytes");
        config.value = kw_string_of("12345");
        TELL(config_record, 0, &config);
    }
    kw_remove_topic_record_init(&removal);
    removal.topic_id = id_of(2);
    TELL(remove_topic_record, 0, &removal);
    TELL(producer_ids_record, 0, &ids);
#undef TELL
    return n;
}

/* What the story leads to. */
static void assert_told(const struct metadata_image *image)
{
    const struct metadata_parts *is = &image->parts;
    assert_int_equal(is->feature_count, FEATURES);
    assert_int_equal(metadata_feature_level(image, kw_string_of("f39")), 40);
    assert_int_equal(metadata_feature_level(image, kw_string_of("f0")), 1);
    assert_int_equal(is->topic_count, 1);
    assert_int_equal(is->topics[0]->partition_count, 1);
    const struct metadata_partition *p = &is->topics[0]->partitions[0];
    const kw_int32_array lists[] = {p->replicas, p->isr, p->elr, p->last_known_elr, p->removing, p->adding};
    for (size_t i = 0; i < COUNT_OF(lists); i++) {
        assert_int_equal(lists[i].len, 4);
        assert_int_equal(lists[i].items[3], 7);
    }
    assert_int_equal(p->directories.len, 4);
    assert_int_equal(p->directories.items[3].bytes[0], 4);
    assert_int_equal(is->broker_count, 1);
    assert_true(kw_string_equal(is->brokers[0].rack, kw_string_of("rack")));
    assert_int_equal(is->brokers[0].endpoint_count, 1);
    assert_true(kw_string_equal(is->brokers[0].endpoints[0].host, kw_string_of("host")));
    assert_true(is->brokers[0].fenced);
    assert_true(is->brokers[0].in_controlled_shutdown);
    assert_int_equal(is->brokers[0].directories.len, 3);
    assert_int_equal(is->resource_count, 1);
    assert_int_equal(is->resources[0]->config_count, 2);
    assert_int_equal(is->next_producer_id, 3000);
}

/* Memory that does not suffice is always reported: what was replayed without an error is there. */
static void test_story_with_little_memory(void **state)
{
    (void)state;
    kw_bytes story[FEATURES + 32];
    size_t end_at, count = tell(story, &end_at);
    int short_of_memory = 0;
    for (size_t limit = 64;; limit += 16) {
        maker m;
        const struct metadata_parts nothing = {.epoch = -1};
        struct metadata_image *empty = metadata_image_create(&nothing);
        assert_true(limit < REPLAY_LIMIT);
        kw_status status = metadata_delta_init(&m.delta, empty, kw_allocator_libc(), limit);
        metadata_image_release(empty);
        for (size_t i = 0; i < count && status == KW_OK; i++)
            status = metadata_delta_replay(&m.delta, story[i]);
        m.image = NULL;
        if (status == KW_OK) {
            m.image = metadata_delta_apply(&m.delta, 7, 1); /* may be short of it, too */
            if (m.image != NULL)
                assert_told(m.image);
        } else
            assert_status(status, KW_ERR_MEMORY_LIMIT);
        bool told = m.image != NULL;
        short_of_memory += !told;
        release(&m);
        if (told)
            break;
    }
    assert_true(short_of_memory > 20);
}

static void test_story_with_a_cut_record(void **state)
{
    (void)state;
    kw_bytes story[FEATURES + 32];
    size_t end_at, count = tell(story, &end_at);
    for (size_t cut = FEATURES - 1; cut < count; cut++)
        for (size_t size = 2; size < (size_t)story[cut].len; size++) {
            maker m;
            start(&m);
            size_t i = 0;
            for (; i < cut; i++)
                assert_status(metadata_delta_replay(&m.delta, story[i]), KW_OK);
            kw_status status = metadata_delta_replay(&m.delta, given_prefix(story[cut], size));
            if (!m.delta.in_transaction && cut != end_at) /* a transaction keeps it, and its end has no fields */
                assert_true(status != KW_OK);
            release(&m);
        }
}

/* ---- on top of another image ---- */

static void start_with_topics(maker *m)
{
    maker first;
    start(&first);
    add_topic(&first, "a", 1);
    add_partition(&first, 1, 0);
    add_partition(&first, 1, 1);
    add_topic(&first, "b", 2);
    add_partition(&first, 2, 0);
    add_topic(&first, "c", 3);
    set_config(&first, 2, "a", "x", "1");
    set_config(&first, 2, "a", "y", "2");
    set_config(&first, 2, "b", "x", "3");
    set_feature(&first, "f", 1);
    add_broker(&first, 1, 10);
    (void)look(&first);
    start_from(m, first.image, REPLAY_LIMIT);
    release(&first);
}

static void test_what_is_not_touched_is_shared(void **state)
{
    (void)state;
    maker m;
    start_with_topics(&m);
    const struct metadata_image *base = m.delta.base;
    kw_partition_change_record c;
    kw_partition_change_record_init(&c);
    c.topic_id = id_of(1);
    c.partition_id = 1;
    c.isr.items = replicas_123;
    c.isr.len = 1;
    REPLAY(&m, partition_change_record, 2, &c);
    assert_status(m.status, KW_OK);
    set_config(&m, 2, "a", "y", NULL);
    (void)look(&m);
    assert_int_equal(m.image->parts.topic_count, 3);
    assert_int_equal(m.image->parts.offset, 7);
    assert_int_equal(m.image->parts.epoch, 1);
    assert_ptr_equal(metadata_topic_by_id(m.image, id_of(2)), metadata_topic_by_id(base, id_of(2)));
    assert_ptr_equal(metadata_topic_by_id(m.image, id_of(3)), metadata_topic_by_id(base, id_of(3)));
    assert_ptr_equal(metadata_find_resource(m.image, 2, kw_string_of("b")),
                     metadata_find_resource(base, 2, kw_string_of("b")));
    const struct metadata_topic *a = metadata_topic_by_id(m.image, id_of(1));
    assert_int_equal(a->partition_count, 2);
    assert_int_equal(a->partitions[0].isr.len, 2);
    assert_int_equal(a->partitions[1].isr.len, 1);
    assert_int_equal(metadata_topic_by_id(base, id_of(1))->partitions[1].isr.len, 2);
    assert_int_equal(metadata_find_config(m.image, 2, kw_string_of("a"), kw_string_of("y")).len, -1);
    assert_int_equal(metadata_find_config(m.image, 2, kw_string_of("a"), kw_string_of("x")).len, 1);
    assert_int_equal(metadata_feature_level(m.image, kw_string_of("f")), 1);
    assert_non_null(metadata_find_broker(m.image, 1));
    release(&m);
}

static void test_removal_from_another_image(void **state)
{
    (void)state;
    maker m;
    start_with_topics(&m);
    remove_topic(&m, 1);
    assert_status(m.status, KW_OK);
    add_topic(&m, "c", 4); /* the name of another topic, which is removed by that */
    add_topic(&m, "a", 5);
    set_config(&m, 2, "a", "z", "9");
    (void)look(&m);
    assert_int_equal(m.image->parts.topic_count, 3);
    assert_null(metadata_topic_by_id(m.image, id_of(1)));
    assert_null(metadata_topic_by_id(m.image, id_of(3)));
    assert_true(kw_uuid_equal(metadata_topic_by_name(m.image, kw_string_of("c"))->id, id_of(4)));
    const struct metadata_resource *a = metadata_find_resource(m.image, 2, kw_string_of("a"));
    assert_int_equal(a->config_count, 1);
    assert_true(kw_string_equal(a->configs[0].name, kw_string_of("z")));
    release(&m);
}

static void test_elr_of_another_image_is_cleared(void **state)
{
    (void)state;
    kw_clear_elr_record c;
    kw_clear_elr_record_init(&c);
    c.topic_name = kw_string_of("a");
    maker m;
    start_with_topics(&m);
    REPLAY(&m, clear_elr_record, 0, &c);
    assert_status(m.status, KW_OK);
    assert_int_equal(look(&m)->topics[0]->partitions[1].elr.len, 0);
    assert_int_equal(m.image->parts.topics[1]->partitions[0].elr.len, 3);
    release(&m);

    start_with_topics(&m);
    c.topic_name = kw_string_of("");
    REPLAY(&m, clear_elr_record, 0, &c);
    add_partition(&m, 2, 0); /* has an ELR again */
    assert_int_equal(look(&m)->topics[0]->partitions[1].elr.len, 0);
    assert_int_equal(m.image->parts.topics[1]->partitions[0].elr.len, 3);
    assert_ptr_equal(m.image->parts.topics[2], m.delta.base->parts.topics[2]); /* has no partitions */
    release(&m);
}

/* ---- the amount of work ---- */

/* The number of steps for topics with five configs each, created and removed; every other one with the same name,
 * and each time all ELRs are cleared. */
static uint64_t steps_for(int topics)
{
    maker m;
    kw_clear_elr_record c;
    kw_clear_elr_record_init(&c);
    start(&m);
    for (int i = 1; i <= topics; i++) {
        static const char *const configs[] = {"a", "b", "c", "d", "e"};
        char name[16] = "again";
        kw_topic_record t;
        kw_remove_topic_record r;
        kw_topic_record_init(&t);
        kw_remove_topic_record_init(&r);
        if (i % 2 == 0)
            (void)snprintf(name, sizeof name, "t%d", i);
        t.name = kw_string_of(name);
        t.topic_id.bytes[14] = (uint8_t)(i >> 8);
        t.topic_id.bytes[15] = (uint8_t)i;
        r.topic_id = t.topic_id;
        REPLAY(&m, topic_record, 0, &t);
        for (size_t k = 0; k < COUNT_OF(configs); k++)
            set_config(&m, 2, name, configs[k], "1");
        REPLAY(&m, clear_elr_record, 0, &c);
        REPLAY(&m, remove_topic_record, 0, &r);
        assert_status(m.status, KW_OK);
        (void)forget_given(NULL);
    }
    assert_int_equal(look(&m)->topic_count, 0);
    assert_int_equal(m.image->parts.resource_count, 0);
    uint64_t steps = m.delta.steps;
    release(&m);
    return steps;
}

static void test_work_is_linear(void **state)
{
    (void)state;
    uint64_t few = steps_for(1000), many = steps_for(8000);
    assert_true(few > 1000);
    assert_true(many < few * 8 * 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),
        TEST(test_topics),
        TEST(test_many_topics),
        TEST(test_partition_changes),
        TEST(test_changes_of_nothing),
        TEST(test_clear_elr),
        TEST(test_brokers),
        TEST(test_settings),
        TEST(test_producer_ids_that_do_not_ascend),
        TEST(test_removed_topic_forgets_configs),
        TEST(test_transactions),
        TEST(test_unknown_and_damaged),
        TEST(test_damaged_records),
        TEST(test_what_is_not_touched_is_shared),
        TEST(test_removal_from_another_image),
        TEST(test_elr_of_another_image_is_cleared),
        TEST(test_work_is_linear),
        TEST(test_without_memory),
        TEST(test_brokers_without_memory),
        TEST(test_story_with_little_memory),
        TEST(test_story_with_a_cut_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

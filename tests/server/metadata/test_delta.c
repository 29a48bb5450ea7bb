/* SPDX-License-Identifier: Apache-2.0 */
/* What single records change of what was there before, field by field, and the memory and work that they take. */
#include "replay_support.h"

enum { MANY = 20, SMALL = 64 * 1024 };

/* The result becomes the base. */
static void go_on(maker *m)
{
    maker next;
    (void)look(m);
    start_from(&next, m->image, REPLAY_LIMIT);
    release(m);
    *m = next;
}

/* ---- partitions ---- */

static int32_t numbers[] = {10, 11, 12, 13, 14, 15, 16, 17};

static kw_int32_array list(int32_t first, int32_t count)
{
    return (kw_int32_array){numbers + first, count};
}

static void assert_list(kw_int32_array is, int32_t first, int32_t count)
{
    assert_int_equal(is.len, count);
    for (int32_t i = 0; i < count; i++)
        assert_int_equal(is.items[i], 10 + first + i);
}

static void add_full_partition(maker *m)
{
    kw_uuid directories[] = {{{1}}, {{2}}};
    kw_partition_record r;
    kw_partition_record_init(&r);
    r.topic_id = id_of(1);
    r.partition_id = 3;
    r.leader = 10;
    r.leader_epoch = 20;
    r.partition_epoch = 30;
    r.leader_recovery_state = 1;
    r.replicas = list(0, 2);
    r.isr = list(1, 1);
    r.removing_replicas = list(2, 1);
    r.adding_replicas = list(3, 2);
    r.eligible_leader_replicas = list(4, 3);
    r.last_known_elr = list(5, 2);
    r.directories = (kw_uuid_array){directories, 2};
    REPLAY(m, partition_record, 2, &r);
    assert_status(m->status, KW_OK);
}

static const struct metadata_partition *partition(maker *m)
{
    return metadata_topic_partition(metadata_topic_by_id(m->image, id_of(1)), 3);
}

static void every_field_of_a_partition(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    add_full_partition(&m);
    (void)look(&m);
    const struct metadata_partition *p = partition(&m);
    assert_int_equal(p->index, 3);
    assert_int_equal(p->leader_id, 10);
    assert_int_equal(p->leader_epoch, 20);
    assert_int_equal(p->partition_epoch, 30);
    assert_int_equal(p->leader_recovery_state, 1);
    assert_list(p->replicas, 0, 2);
    assert_list(p->isr, 1, 1);
    assert_list(p->removing, 2, 1);
    assert_list(p->adding, 3, 2);
    assert_list(p->elr, 4, 3);
    assert_list(p->last_known_elr, 5, 2);
    assert_int_equal(p->offline.len, 0);
    assert_int_equal(p->directories.len, 2);
    assert_int_equal(p->directories.items[1].bytes[0], 2);
    kw_partition_record r;
    kw_partition_record_init(&r);
    r.topic_id = id_of(1);
    r.partition_id = 3;
    r.leader = -1;
    REPLAY(&m, partition_record, 2, &r); /* again, as good as empty */
    (void)look(&m);
    p = partition(&m);
    assert_int_equal(metadata_topic_by_id(m.image, id_of(1))->partition_count, 1);
    assert_int_equal(p->leader_id, -1);
    assert_int_equal(p->leader_recovery_state, 0);
    assert_int_equal(p->replicas.len | p->isr.len | p->removing.len | p->adding.len | p->directories.len, 0);
    assert_true(p->elr.len <= 0 && p->last_known_elr.len <= 0);
    release(&m);
}

/* Null changes nothing, an empty list does. */
static void every_field_of_a_change(void **state)
{
    (void)state;
    kw_uuid directory = {{7}};
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    add_full_partition(&m);
    kw_partition_change_record c;
    kw_partition_change_record_init(&c);
    c.topic_id = id_of(1);
    c.partition_id = 3;
    REPLAY(&m, partition_change_record, 2, &c);
    (void)look(&m);
    const struct metadata_partition *p = partition(&m);
    assert_int_equal(p->leader_id, 10);
    assert_int_equal(p->leader_epoch, 20);
    assert_int_equal(p->partition_epoch, 31);
    assert_int_equal(p->leader_recovery_state, 1);
    assert_list(p->replicas, 0, 2);
    assert_list(p->isr, 1, 1);
    assert_list(p->removing, 2, 1);
    assert_list(p->adding, 3, 2);
    assert_list(p->elr, 4, 3);
    assert_list(p->last_known_elr, 5, 2);
    assert_int_equal(p->directories.len, 2);
    c.leader = 11;
    c.leader_recovery_state = 0;
    c.replicas = list(1, 3);
    c.isr = list(2, 2);
    c.removing_replicas = list(3, 4);
    c.adding_replicas = list(4, 1);
    c.eligible_leader_replicas = list(5, 2);
    c.last_known_elr = list(6, 1);
    c.directories = (kw_uuid_array){&directory, 1};
    REPLAY(&m, partition_change_record, 2, &c);
    assert_status(m.status, KW_OK);
    (void)look(&m);
    p = partition(&m);
    assert_int_equal(p->leader_id, 11);
    assert_int_equal(p->leader_epoch, 21);
    assert_int_equal(p->leader_recovery_state, 0);
    assert_list(p->replicas, 1, 3);
    assert_list(p->isr, 2, 2);
    assert_list(p->removing, 3, 4);
    assert_list(p->adding, 4, 1);
    assert_list(p->elr, 5, 2);
    assert_list(p->last_known_elr, 6, 1);
    assert_int_equal(p->directories.items[0].bytes[0], 7);
    c.replicas.len = c.isr.len = c.removing_replicas.len = c.adding_replicas.len = 0;
    c.eligible_leader_replicas.len = c.last_known_elr.len = c.directories.len = 0;
    REPLAY(&m, partition_change_record, 2, &c);
    (void)look(&m);
    p = partition(&m);
    assert_int_equal(p->replicas.len | p->isr.len | p->removing.len | p->adding.len | p->elr.len, 0);
    assert_int_equal(p->last_known_elr.len | p->directories.len, 0);
    release(&m);
}

static void partitions_of_a_large_topic(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    for (int32_t i = MANY; i-- > 0;)
        add_partition(&m, 1, 2 * i);
    go_on(&m);
    for (int32_t i = MANY; i-- > 0;)
        add_partition(&m, 1, 2 * i + 1);
    const struct metadata_topic *t = look(&m)->topics[0];
    assert_int_equal(t->partition_count, 2 * MANY);
    for (int32_t i = 0; i < 2 * MANY; i++) {
        assert_int_equal(t->partitions[i].index, i);
        assert_int_equal(t->partitions[i].replicas.len, 3);
        assert_int_equal(t->partitions[i].offline.len, 0);
    }
    release(&m);
}

/* ---- topics ---- */

static void a_topic_that_is_there_starts_anew(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    add_partition(&m, 1, 0);
    add_topic(&m, "t", 1);
    assert_status(m.status, KW_OK);
    assert_int_equal(look(&m)->topic_count, 1);
    assert_int_equal(m.image->parts.topics[0]->partition_count, 0);
    add_partition(&m, 1, 5);
    go_on(&m);
    add_topic(&m, "t", 1); /* of the base */
    assert_int_equal(look(&m)->topic_count, 1);
    assert_int_equal(m.image->parts.topics[0]->partition_count, 0);
    release(&m);
}

static void a_removed_topic_comes_back_with_its_id(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    add_partition(&m, 1, 0);
    remove_topic(&m, 1);
    add_partition(&m, 1, 0);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    add_topic(&m, "t", 1);
    assert_status(m.status, KW_OK);
    add_partition(&m, 1, 8);
    assert_int_equal(look(&m)->topic_count, 1);
    const struct metadata_topic *t = metadata_topic_by_name(m.image, kw_string_of("t"));
    assert_int_equal(t->partition_count, 1);
    assert_int_equal(t->partitions[0].index, 8);
    remove_topic(&m, 1);
    assert_status(m.status, KW_OK);
    assert_int_equal(look(&m)->topic_count, 0);
    release(&m);
}

static void clear_elr_of(maker *m, const char *topic)
{
    kw_clear_elr_record c;
    kw_clear_elr_record_init(&c);
    c.topic_name = kw_string_of(topic);
    REPLAY(m, clear_elr_record, 0, &c);
}

static void names_go_to_the_last_who_took_them(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "x", 1);
    add_topic(&m, "y", 1); /* the same topic, whose first name is free now */
    clear_elr_of(&m, "x");
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    assert_int_equal(look(&m)->topic_count, 1);
    assert_text(m.image->parts.topics[0]->name, "y");
    add_topic(&m, "y", 2); /* takes the name */
    add_topic(&m, "z", 1); /* which stays with it */
    clear_elr_of(&m, "y");
    assert_status(m.status, KW_OK);
    assert_int_equal(look(&m)->topic_count, 2);
    assert_true(kw_uuid_equal(metadata_topic_by_name(m.image, kw_string_of("y"))->id, id_of(2)));
    assert_true(kw_uuid_equal(metadata_topic_by_name(m.image, kw_string_of("z"))->id, id_of(1)));
    assert_int_equal(m.delta.damaged, 1);
    release(&m);
}

static void internal_topics_are_marked(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "__consumer_offsets", 1);
    add_topic(&m, "t", 2);
    (void)look(&m);
    assert_true(metadata_topic_by_id(m.image, id_of(1))->is_internal);
    assert_false(metadata_topic_by_id(m.image, id_of(2))->is_internal);
    release(&m);
}

/* ---- eligible leader replicas ---- */

static void add_partition_with_elr(maker *m, uint8_t topic, int32_t index, int32_t elr, int32_t last_known)
{
    kw_partition_record r;
    kw_partition_record_init(&r);
    r.topic_id = id_of(topic);
    r.partition_id = index;
    r.eligible_leader_replicas = list(0, elr);
    r.last_known_elr = list(0, last_known);
    REPLAY(m, partition_record, 2, &r);
}

static void elr_that_is_set_later_stays(void **state)
{
    (void)state;
    maker m;
    kw_partition_change_record c;
    kw_partition_change_record_init(&c);
    c.topic_id = id_of(1);
    c.partition_id = 3;
    c.eligible_leader_replicas = list(0, 1);
    start(&m);
    add_topic(&m, "t", 1);
    add_partition_with_elr(&m, 1, 3, 2, 2);
    clear_elr_of(&m, "t");
    REPLAY(&m, partition_change_record, 2, &c);
    (void)look(&m);
    assert_list(partition(&m)->elr, 0, 1);
    assert_int_equal(partition(&m)->last_known_elr.len, 0);
    clear_elr_of(&m, "");
    add_topic(&m, "u", 2);
    clear_elr_of(&m, "u"); /* of another one, later */
    (void)look(&m);
    assert_int_equal(partition(&m)->elr.len, 0);
    release(&m);
}

static void all_topics_with_elr_are_cleared(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "elr", 1);
    add_partition_with_elr(&m, 1, 0, 1, 0);
    add_partition_with_elr(&m, 1, 1, 0, 0);
    add_topic(&m, "last", 2);
    add_partition_with_elr(&m, 2, 0, 0, 0);
    add_partition_with_elr(&m, 2, 1, 0, 1);
    add_topic(&m, "none", 3);
    add_partition_with_elr(&m, 3, 0, 0, 0);
    go_on(&m);
    const struct metadata_image *base = m.delta.base;
    clear_elr_of(&m, "");
    assert_int_equal(look(&m)->topic_count, 3);
    assert_int_equal(metadata_topic_by_id(m.image, id_of(1))->partitions[0].elr.len, 0);
    assert_int_equal(metadata_topic_by_id(m.image, id_of(2))->partitions[1].last_known_elr.len, 0);
    assert_ptr_equal(metadata_topic_by_id(m.image, id_of(3)), metadata_topic_by_id(base, id_of(3)));
    release(&m);
}

/* ---- brokers ---- */

static void register_broker(maker *m, int32_t id, int64_t epoch, bool full)
{
    kw_uuid directories[] = {{{1}}, {{2}}};
    kw_register_broker_record_broker_endpoint endpoints[2];
    for (int i = 0; i < 2; i++) {
        kw_register_broker_record_broker_endpoint_init(&endpoints[i]);
        endpoints[i].name = kw_string_of(i == 0 ? "FIRST" : "SECOND");
        endpoints[i].host = kw_string_of(i == 0 ? "host" : "another");
        endpoints[i].port = (uint16_t)(9092 + i);
        endpoints[i].security_protocol = (int16_t)(i + 2);
    }
    kw_register_broker_record b;
    kw_register_broker_record_init(&b);
    b.broker_id = id;
    b.broker_epoch = epoch;
    b.incarnation_id = id_of((uint8_t)epoch);
    b.rack = kw_string_of(full ? "rack" : NULL);
    b.fenced = full;
    b.in_controlled_shutdown = full;
    b.end_points.items = endpoints;
    b.end_points.len = full ? 2 : 0;
    b.log_dirs = (kw_uuid_array){directories, full ? 2 : 0};
    REPLAY(m, register_broker_record, 4, &b);
    assert_status(m->status, KW_OK);
}

static const struct metadata_broker *broker(maker *m, int32_t id)
{
    (void)look(m);
    return metadata_find_broker(m->image, id);
}

static void every_field_of_a_broker(void **state)
{
    (void)state;
    maker m;
    start(&m);
    register_broker(&m, 1, 10, true);
    register_broker(&m, 2, 20, false);
    const struct metadata_broker *b = broker(&m, 1);
    assert_true(kw_uuid_equal(b->incarnation_id, id_of(10)));
    assert_int_equal(b->epoch, 10);
    assert_text(b->rack, "rack");
    assert_true(b->fenced && b->in_controlled_shutdown);
    assert_int_equal(b->directories.len, 2);
    assert_int_equal(b->directories.items[1].bytes[0], 2);
    assert_int_equal(b->endpoint_count, 2);
    for (int i = 0; i < 2; i++) {
        assert_text(b->endpoints[i].name, i == 0 ? "FIRST" : "SECOND");
        assert_text(b->endpoints[i].host, i == 0 ? "host" : "another");
        assert_int_equal(b->endpoints[i].port, 9092 + i);
        assert_int_equal(b->endpoints[i].security_protocol, i + 2);
    }
    register_broker(&m, 1, 11, false); /* again, without all that */
    b = broker(&m, 1);
    assert_true(kw_uuid_equal(b->incarnation_id, id_of(11)));
    assert_int_equal(b->rack.len, -1);
    assert_false(b->fenced || b->in_controlled_shutdown);
    assert_int_equal(b->directories.len, 0);
    assert_int_equal(b->endpoint_count, 0);
    assert_int_equal(m.image->parts.broker_count, 2);
    release(&m);
}

static kw_status change_broker(maker *m, int32_t id, int64_t epoch, int8_t fenced, int8_t shutdown)
{
    kw_broker_registration_change_record c;
    kw_broker_registration_change_record_init(&c);
    c.broker_id = id;
    c.broker_epoch = epoch;
    c.fenced = fenced;
    c.in_controlled_shutdown = shutdown;
    REPLAY(m, broker_registration_change_record, 3, &c);
    return m->status;
}

static void assert_broker(maker *m, bool fenced, bool in_controlled_shutdown)
{
    const struct metadata_broker *b = broker(m, 1);
    assert_int_equal(b->fenced, fenced);
    assert_int_equal(b->in_controlled_shutdown, in_controlled_shutdown);
}

static void registrations_change_in_their_epoch_only(void **state)
{
    (void)state;
    maker m;
    start(&m);
    register_broker(&m, 2, 10, true);
    register_broker(&m, 1, 10, true);
    assert_status(change_broker(&m, 1, 11, -1, 0), KW_ERR_UNKNOWN_MESSAGE);
    assert_status(change_broker(&m, 3, 10, -1, 0), KW_ERR_UNKNOWN_MESSAGE);
    assert_broker(&m, true, true);
    assert_status(change_broker(&m, 1, 10, 0, -1), KW_OK);
    assert_broker(&m, true, false);
    assert_status(change_broker(&m, 1, 10, -1, 1), KW_OK);
    assert_broker(&m, false, true);
    assert_status(change_broker(&m, 1, 10, 1, 0), KW_OK);
    assert_broker(&m, true, true);
    assert_int_equal(broker(&m, 1)->directories.len, 2);
    kw_unfence_broker_record u = {.id = 1, .epoch = 11};
    REPLAY(&m, unfence_broker_record, 0, &u);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    assert_broker(&m, true, true);
    u.epoch = 10;
    REPLAY(&m, unfence_broker_record, 0, &u);
    assert_status(m.status, KW_OK);
    assert_broker(&m, false, true);
    kw_fence_broker_record f = {.id = 1, .epoch = 10};
    REPLAY(&m, fence_broker_record, 0, &f);
    assert_broker(&m, true, true);
    kw_unregister_broker_record r = {.broker_id = 2, .broker_epoch = 11};
    REPLAY(&m, unregister_broker_record, 0, &r);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    assert_non_null(broker(&m, 2));
    r.broker_epoch = 10;
    REPLAY(&m, unregister_broker_record, 0, &r);
    assert_status(m.status, KW_OK);
    assert_null(broker(&m, 2));
    assert_broker(&m, true, true);
    assert_int_equal(m.delta.damaged, 4);
    release(&m);
}

/* ---- settings ---- */

static void configs_belong_to_one_resource(void **state)
{
    (void)state;
    maker m;
    start(&m);
    set_config(&m, 4, "1", "a", "broker");
    set_config(&m, 2, "1", "b", "2");
    set_config(&m, 2, "1", "c", "3");
    set_config(&m, 2, "1", "a", "topic");
    set_config(&m, 4, "", "a", "all");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(look(&m)->resource_count, 3);
        assert_text(metadata_find_config(m.image, 4, kw_string_of("1"), kw_string_of("a")), "broker");
        assert_text(metadata_find_config(m.image, 2, kw_string_of("1"), kw_string_of("a")), "topic");
        assert_text(metadata_find_config(m.image, 2, kw_string_of("1"), kw_string_of("b")), "2");
        assert_text(metadata_find_config(m.image, 2, kw_string_of("1"), kw_string_of("c")), "3");
        assert_text(metadata_find_config(m.image, 4, kw_string_of(""), kw_string_of("a")), "all");
        go_on(&m);
        set_config(&m, 2, "1", "b", "2"); /* on top of what has it */
    }
    set_config(&m, 4, "1", "a", NULL);
    assert_int_equal(look(&m)->resource_count, 2); /* one without configs is none */
    assert_null(metadata_find_resource(m.image, 4, kw_string_of("1")));
    release(&m);
}

/* What there is many of in the base, and one more. */
static void the_base_is_copied_before_it_grows(void **state)
{
    (void)state;
    char name[16];
    maker m;
    kw_producer_ids_record ids = {.next_producer_id = 2000};
    start(&m);
    for (int32_t i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "f%d", i);
        set_feature(&m, name, (int16_t)(i + 1));
        register_broker(&m, i, 100 + i, true);
        (void)snprintf(name, sizeof name, "c%d", i);
        set_config(&m, 2, "t", name, name);
    }
    REPLAY(&m, producer_ids_record, 0, &ids);
    go_on(&m);
    set_feature(&m, "more", 9);
    register_broker(&m, MANY, 200, false);
    set_config(&m, 2, "t", "more", "9");
    set_feature(&m, "f0", 0);
    (void)look(&m);
    assert_int_equal(m.image->parts.next_producer_id, 2000);
    assert_int_equal(m.image->parts.feature_count, MANY);
    assert_int_equal(m.image->parts.broker_count, MANY + 1);
    assert_int_equal(metadata_find_resource(m.image, 2, kw_string_of("t"))->config_count, MANY + 1);
    assert_int_equal(metadata_feature_level(m.image, kw_string_of("more")), 9);
    assert_int_equal(metadata_feature_level(m.image, kw_string_of("f0")), 0);
    assert_int_equal(metadata_feature_level(m.delta.base, kw_string_of("f0")), 1);
    for (int32_t i = 0; i < MANY; i++) {
        (void)snprintf(name, sizeof name, "c%d", i);
        assert_text(metadata_find_config(m.image, 2, kw_string_of("t"), kw_string_of(name)), name);
        name[0] = 'f';
        assert_int_equal(metadata_feature_level(m.image, kw_string_of(name)), i == 0 ? 0 : i + 1);
        assert_int_equal(metadata_find_broker(m.image, i)->epoch, 100 + i);
        assert_int_equal(metadata_find_broker(m.image, i)->endpoint_count, 2);
    }
    release(&m);
}

/* ---- transactions ---- */

static void begin(maker *m)
{
    kw_begin_transaction_record b;
    kw_begin_transaction_record_init(&b);
    REPLAY(m, begin_transaction_record, 0, &b);
}

static void end(maker *m)
{
    kw_end_transaction_record e = {NULL};
    REPLAY(m, end_transaction_record, 0, &e);
}

static void transactions_follow_each_other(void **state)
{
    (void)state;
    maker m;
    char name[16];
    start(&m);
    for (int n = 0; n < MANY; n++) {
        begin(&m);
        for (int i = 0; i <= n; i++) {
            (void)snprintf(name, sizeof name, "%d-%d", n, i);
            set_feature(&m, name, (int16_t)(n + 1));
        }
        end(&m);
        assert_status(m.status, KW_OK);
    }
    begin(&m);
    set_feature(&m, "given-up", 1);
    begin(&m); /* the one before has not ended */
    set_feature(&m, "last", 1);
    end(&m);
    assert_int_equal(look(&m)->feature_count, MANY * (MANY + 1) / 2 + 1);
    assert_int_equal(metadata_feature_level(m.image, kw_string_of("19-19")), 20);
    assert_int_equal(metadata_feature_level(m.image, kw_string_of("given-up")), 0);
    assert_int_equal(metadata_feature_level(m.image, kw_string_of("last")), 1);
    release(&m);
}

static void the_first_error_of_a_transaction_is_returned(void **state)
{
    (void)state;
    maker m;
    start(&m);
    begin(&m);
    set_feature(&m, "before", 1);
    remove_topic(&m, 1);
    (void)metadata_delta_replay(&m.delta, given("01 02 00 02 74")); /* cut */
    set_feature(&m, "after", 1);
    assert_int_equal(m.delta.damaged, 0);
    end(&m);
    assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
    assert_int_equal(m.delta.damaged, 2);
    assert_int_equal(look(&m)->feature_count, 2);
    release(&m);
}

/* ---- hashes ---- */

/* Keys that differ although their hashes are the same. */
static void hashes_may_be_the_same(void **state)
{
    (void)state;
    const int8_t type = RESOURCE_TOPIC;
    const size_t first = 0;
    const uint32_t of_type = hash_bytes(HASH_START, &type, sizeof type);
    const uint32_t of_first = hash_bytes(HASH_START, &first, sizeof first);
    assert_int_equal(hash_bytes(HASH_START, "uxrnfn", 6), hash_bytes(HASH_START, "fngplv", 6));
    assert_int_equal(hash_bytes(of_type, "kqniyb", 6), hash_bytes(of_type, "vcdgug", 6));
    assert_true(sizeof first != 8 || hash_bytes(of_first, "briakh", 6) == hash_bytes(of_first, "dhpfyv", 6));
    maker m;
    start(&m);
    add_topic(&m, "uxrnfn", 1);
    add_topic(&m, "fngplv", 2);
    set_config(&m, type, "kqniyb", "briakh", "1");
    set_config(&m, type, "kqniyb", "dhpfyv", "2");
    set_config(&m, type, "vcdgug", "briakh", "3");
    (void)look(&m);
    assert_true(kw_uuid_equal(metadata_topic_by_name(m.image, kw_string_of("uxrnfn"))->id, id_of(1)));
    assert_true(kw_uuid_equal(metadata_topic_by_name(m.image, kw_string_of("fngplv"))->id, id_of(2)));
    const struct metadata_resource *r = metadata_find_resource(m.image, type, kw_string_of("kqniyb"));
    assert_int_equal(r->config_count, 2);
    assert_text(r->configs[0].value, "1");
    assert_text(r->configs[1].value, "2");
    assert_int_equal(metadata_find_resource(m.image, type, kw_string_of("vcdgug"))->config_count, 1);
    release(&m);
}

/* ---- memory and work ---- */

/* What is only needed while a record is replayed does not add up, nor that of transactions and of images. */
static void memory_is_used_again(void **state)
{
    (void)state;
    maker m;
    start_within(&m, SMALL);
    for (int i = 0; i < 2000; i++) {
        add_partition(&m, 1, 0);
        assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
        (void)forget_given(NULL);
    }
    for (int i = 0; i < 2000; i++) {
        begin(&m);
        remove_topic(&m, 1);
        set_feature(&m, "f", 1);
        end(&m);
        assert_status(m.status, KW_ERR_UNKNOWN_MESSAGE);
        (void)forget_given(NULL);
    }
    add_topic(&m, "t", 1);
    for (int32_t i = 0; i < MANY; i++) {
        add_partition(&m, 1, i);
        set_config(&m, 2, "t", "name", "value");
    }
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(look(&m)->topics[0]->partition_count, MANY);
        assert_int_equal(m.image->parts.resource_count, 1);
    }
    release(&m);
}

static void a_shortage_is_no_damage(void **state)
{
    (void)state;
    for (size_t limit = 64; limit < 8192; limit += 64) {
        maker m;
        char name[16];
        start_within(&m, limit);
        begin(&m);
        for (int i = 0; i < MANY && m.status == KW_OK; i++) {
            (void)snprintf(name, sizeof name, "topic-%d", i);
            add_topic(&m, name, (uint8_t)(i + 1));
        }
        if (m.status == KW_OK)
            end(&m);
        assert_true(m.status == KW_OK || m.status == KW_ERR_MEMORY_LIMIT);
        assert_int_equal(m.delta.damaged, 0);
        if (m.status == KW_OK)
            assert_int_equal(look(&m)->topic_count, MANY);
        release(&m);
    }
}

/* Records of one kind, the last of which is the first to run out of memory at some limit. */
struct ending {
    void (*replay)(maker *m);
    bool (*is_complete)(maker *m);
};

static void end_with_a_partition(maker *m)
{
    kw_uuid directories[] = {{{1}}, {{2}}};
    kw_partition_record r;
    kw_partition_record_init(&r);
    r.topic_id = id_of(1);
    r.partition_id = 3;
    r.replicas = r.isr = r.eligible_leader_replicas = list(0, 8);
    r.last_known_elr = r.removing_replicas = r.adding_replicas = list(0, 8);
    r.directories = (kw_uuid_array){directories, 2};
    add_topic(m, "t", 1);
    if (m->status == KW_OK)
        REPLAY(m, partition_record, 2, &r);
}

static bool has_the_partition(maker *m)
{
    const struct metadata_partition *p = partition(m);
    return p != NULL && p->replicas.len == 8 && p->isr.len == 8 && p->elr.len == 8 && p->last_known_elr.len == 8 &&
           p->removing.len == 8 && p->adding.len == 8 && p->directories.len == 2;
}

static void end_with_a_change(maker *m)
{
    kw_uuid directories[] = {{{1}}, {{2}}};
    kw_partition_record r;
    kw_partition_record_init(&r);
    r.topic_id = id_of(1);
    r.partition_id = 3;
    kw_partition_change_record c;
    kw_partition_change_record_init(&c);
    c.topic_id = id_of(1);
    c.partition_id = 3;
    c.replicas = c.isr = c.eligible_leader_replicas = list(0, 8);
    c.last_known_elr = c.removing_replicas = c.adding_replicas = list(0, 8);
    c.directories = (kw_uuid_array){directories, 2};
    add_topic(m, "t", 1);
    if (m->status == KW_OK)
        REPLAY(m, partition_record, 2, &r);
    if (m->status == KW_OK)
        REPLAY(m, partition_change_record, 2, &c);
}

static void end_with_a_broker(maker *m)
{
    kw_uuid directories[16] = {{{1}}};
    kw_register_broker_record b;
    kw_register_broker_record_init(&b);
    b.broker_id = 1;
    b.rack = kw_string_of("a rack with a name that takes some memory");
    b.log_dirs = (kw_uuid_array){directories, 16};
    REPLAY(m, register_broker_record, 4, &b);
}

static bool has_the_broker(maker *m)
{
    const struct metadata_broker *b = metadata_find_broker(m->image, 1);
    return b != NULL && b->rack.len > 20 && b->directories.len == 16;
}

static void end_with_directories(maker *m)
{
    kw_uuid directories[16] = {{{1}}};
    kw_register_broker_record b;
    kw_register_broker_record_init(&b);
    b.broker_id = 1;
    b.rack = kw_string_of("a rack with a name that takes some memory");
    REPLAY(m, register_broker_record, 4, &b);
    kw_broker_registration_change_record c;
    kw_broker_registration_change_record_init(&c);
    c.broker_id = 1;
    c.broker_epoch = b.broker_epoch;
    c.log_dirs = (kw_uuid_array){directories, 16};
    if (m->status == KW_OK)
        REPLAY(m, broker_registration_change_record, 3, &c);
}

static void end_with_a_config(maker *m)
{
    set_config(m, 2, "t", "name", "a value that takes some memory, so that it may be the one that finds none");
}

static void end_with_an_empty_config(maker *m)
{
    set_config(m, 2, "t", "a name that takes some memory, so that it may be the one that finds none", "");
}

static bool has_the_empty_config(maker *m)
{
    return metadata_find_resource(m->image, 2, kw_string_of("t")) != NULL;
}

static bool has_the_config(maker *m)
{
    return metadata_find_config(m->image, 2, kw_string_of("t"), kw_string_of("name")).len > 20;
}

static void end_with_a_feature(maker *m)
{
    set_feature(m, "a feature with a name that takes some memory", 7);
}

static bool has_the_feature(maker *m)
{
    return metadata_feature_level(m->image, kw_string_of("a feature with a name that takes some memory")) == 7;
}

static void end_with_a_topic(maker *m)
{
    add_topic(m, "a topic with a name that takes some memory", 1);
}

static bool has_the_topic(maker *m)
{
    return metadata_topic_by_name(m->image, kw_string_of("a topic with a name that takes some memory")) != NULL;
}

static void the_last_record_is_complete_or_fails(void **state)
{
    (void)state;
    static const struct ending endings[] = {
        {end_with_a_partition, has_the_partition}, {end_with_a_change, has_the_partition},
        {end_with_a_broker, has_the_broker},       {end_with_directories, has_the_broker},
        {end_with_a_config, has_the_config},       {end_with_a_feature, has_the_feature},
        {end_with_a_topic, has_the_topic},         {end_with_an_empty_config, has_the_empty_config},
    };
    for (size_t i = 0; i < COUNT_OF(endings); i++) {
        size_t short_of_memory = 0, complete = 0;
        for (size_t limit = 16; complete < 10; limit += 8) {
            maker m;
            start_within(&m, limit);
            endings[i].replay(&m);
            short_of_memory += m.status != KW_OK;
            if (m.status != KW_OK)
                assert_status(m.status, KW_ERR_MEMORY_LIMIT);
            else if ((m.image = metadata_delta_apply(&m.delta, 1, 1)) != NULL) {
                assert_true(endings[i].is_complete(&m));
                complete++;
            }
            assert_true(limit < SMALL);
            release(&m);
        }
        assert_true(short_of_memory > 5);
    }
}

static uint64_t steps_of_look(maker *m)
{
    uint64_t before = m->delta.steps;
    (void)look(m);
    return m->delta.steps - before;
}

/* The measure that shows whether work is linear has what is moved and copied in it. */
static void steps_are_counted(void **state)
{
    (void)state;
    maker m;
    start(&m);
    add_topic(&m, "t", 1);
    for (int32_t i = 1; i <= MANY; i++)
        add_partition(&m, 1, i);
    for (int i = 0; i < MANY; i++) {
        char name[2] = {(char)('a' + i), '\0'};
        set_config(&m, 2, "t", name, "1");
    }
    assert_in_range(steps_of_look(&m), MANY, MANY + 5);
    uint64_t before = m.delta.steps;
    add_partition(&m, 1, 0); /* before all others */
    assert_in_range(m.delta.steps - before, MANY, MANY + 5);
    go_on(&m);
    assert_int_equal(m.delta.steps, 0);
    add_partition(&m, 1, MANY); /* the topic is taken from the base */
    assert_in_range(m.delta.steps, MANY + 1, MANY + 6);
    release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_field_of_a_partition),
        TEST(every_field_of_a_change),
        TEST(partitions_of_a_large_topic),
        TEST(a_topic_that_is_there_starts_anew),
        TEST(a_removed_topic_comes_back_with_its_id),
        TEST(names_go_to_the_last_who_took_them),
        TEST(internal_topics_are_marked),
        TEST(elr_that_is_set_later_stays),
        TEST(all_topics_with_elr_are_cleared),
        TEST(every_field_of_a_broker),
        TEST(registrations_change_in_their_epoch_only),
        TEST(configs_belong_to_one_resource),
        TEST(the_base_is_copied_before_it_grows),
        TEST(transactions_follow_each_other),
        TEST(the_first_error_of_a_transaction_is_returned),
        TEST(hashes_may_be_the_same),
        TEST(memory_is_used_again),
        TEST(a_shortage_is_no_damage),
        TEST(the_last_record_is_complete_or_fails),
        TEST(steps_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

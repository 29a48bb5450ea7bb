/* SPDX-License-Identifier: Apache-2.0 */
/* Members of consumer groups: copies own all that they have, in a block of the right size, and two members are the same
 * if each field of their records is. */
#include "../../../../unit/support.h"

#include "coordinator/group/consumer/consumer_member.h"

enum { NAMES = 2, PROTOCOLS = 2, TEXT_SIZE = 64, SLACK = 4 * 7 };

/* What a member refers to, which the test may overwrite. */
struct source {
    char texts[16][TEXT_SIZE];
    size_t text_count;
    size_t text_bytes;
    kw_string names[NAMES];
    struct member_protocol protocols[PROTOCOLS];
    struct set_partition assigned[3];
    struct set_partition revoking[1];
};

static struct source source;

static kw_string text(const char *from)
{
    char *to = source.texts[source.text_count++];
    size_t len = strlen(from);
    assert_true(source.text_count <= COUNT_OF(source.texts) && len < TEXT_SIZE);
    memcpy(to, from, len);
    source.text_bytes += len;
    return (kw_string){to, (int32_t)len};
}

static kw_bytes bytes(const char *from)
{
    kw_string t = text(from);
    return (kw_bytes){(const uint8_t *)t.data, t.len};
}

/* Everything is there. */
static struct consumer_member full(void)
{
    memset(&source, 0, sizeof source);
    struct consumer_member m = consumer_member_new(text("a member"));
    m.instance_id = text("an instance");
    m.rack = text("rack");
    m.client_id = text("client");
    m.client_host = text("/127.0.0.1");
    m.pattern = text("a.*");
    m.assignor = text("uniform");
    source.names[0] = text("first topic");
    source.names[1] = text("second");
    m.names = (kw_string_array){source.names, NAMES};
    m.rebalance_timeout_ms = 45000;
    m.is_classic = true;
    m.classic_session_timeout_ms = 30000;
    source.protocols[0] = (struct member_protocol){text("range"), bytes("forty bytes that JoinGroup had: 12345678")};
    source.protocols[1] = (struct member_protocol){text("sticky"), bytes("others")};
    m.classic_protocols = source.protocols;
    m.classic_protocol_count = PROTOCOLS;
    m.epoch = 7;
    m.previous_epoch = 6;
    m.state = MEMBER_UNREVOKED;
    for (int32_t i = 0; i < 3; i++)
        source.assigned[i] = (struct set_partition){{{1}}, i, 5};
    source.revoking[0] = (struct set_partition){{{2}}, 9, 4};
    m.assigned = (struct partition_set){source.assigned, 3};
    m.revoking = (struct partition_set){source.revoking, 1};
    return m;
}

static struct consumer_member *create(const struct consumer_member *from)
{
    struct consumer_member *m = consumer_member_create(from);
    assert_non_null(m);
    return m;
}

static void copies_own_what_they_have(void **state)
{
    (void)state;
    const struct consumer_member from = full();
    size_t needed = sizeof from + sizeof source.names + sizeof source.protocols + sizeof source.assigned +
                    sizeof source.revoking + source.text_bytes;
    struct consumer_member *first = create(&from), *second = create(first);
    assert_true(first->size >= needed && first->size <= needed + SLACK);
    assert_int_equal(second->size, first->size);
    memset(&source, 'x', sizeof source);
    assert_true(consumer_member_says_same(first, second) && consumer_member_has_same(first, second));
    assert_true(kw_string_equal(first->id, kw_string_of("a member")));
    const struct consumer_member again = full();
    assert_true(consumer_member_says_same(first, &again) && consumer_member_has_same(first, &again));
    consumer_member_release(first);
    assert_true(consumer_member_says_same(second, &again) && consumer_member_has_same(second, &again));
    consumer_member_release(second);
}

static void a_new_member(void **state)
{
    (void)state;
    const struct consumer_member from = consumer_member_new(kw_string_of("id"));
    struct consumer_member *m = create(&from);
    assert_true(m->instance_id.len < 0 && m->rack.len < 0 && m->assignor.len < 0);
    assert_int_equal(m->rebalance_timeout_ms, -1);
    assert_int_equal(m->previous_epoch, -1);
    assert_int_equal(m->epoch, 0);
    assert_int_equal(m->state, MEMBER_STABLE);
    assert_true(m->size >= sizeof from + 2 && m->size <= sizeof from + 2 + SLACK);
    assert_false(consumer_member_has_pattern(m));
    consumer_member_release(m);
    consumer_member_release(NULL);
}

static void several_owners(void **state)
{
    (void)state;
    const struct consumer_member from = full();
    struct consumer_member *m = create(&from);
    assert_ptr_equal(consumer_member_share(m), m);
    consumer_member_release(m);
    assert_true(consumer_member_says_same(m, &from)); /* the other one keeps it */
    assert_true(consumer_member_has_pattern(m));
    consumer_member_release(m);
}

/* ---- comparing ---- */

#define SAYS_OTHER(change)                               \
    do {                                                 \
        struct consumer_member b = a;                    \
        change;                                          \
        assert_false(consumer_member_says_same(&a, &b)); \
        assert_false(consumer_member_says_same(&b, &a)); \
        assert_true(consumer_member_has_same(&a, &b));   \
    } while (0)

#define HAS_OTHER(change)                               \
    do {                                                \
        struct consumer_member b = a;                   \
        change;                                         \
        assert_false(consumer_member_has_same(&a, &b)); \
        assert_true(consumer_member_says_same(&a, &b)); \
    } while (0)

static void each_field_of_what_it_says(void **state)
{
    (void)state;
    const struct consumer_member a = full();
    kw_string other_names[] = {source.names[0], kw_string_of("third")};
    struct member_protocol other_name[] = {source.protocols[0], {kw_string_of("other"), source.protocols[1].metadata}};
    struct member_protocol other_bytes[] = {source.protocols[0],
                                            {source.protocols[1].name, kw_bytes_of((const uint8_t *)"Others", 6)}};
    SAYS_OTHER(b.instance_id.len = -1);
    SAYS_OTHER(b.rack = kw_string_of("rock"));
    SAYS_OTHER(b.client_id = kw_string_of("cliens"));
    SAYS_OTHER(b.client_host = kw_string_of("/127.0.0.2"));
    SAYS_OTHER(b.pattern.len--);
    SAYS_OTHER(b.assignor = kw_string_of("range"));
    SAYS_OTHER(b.names.len--);
    SAYS_OTHER(b.names.items = other_names);
    SAYS_OTHER(b.rebalance_timeout_ms++);
    SAYS_OTHER(b.is_classic = false);
    SAYS_OTHER(b.classic_session_timeout_ms++);
    SAYS_OTHER(b.classic_protocol_count--);
    SAYS_OTHER(b.classic_protocols = other_name);
    SAYS_OTHER(b.classic_protocols = other_bytes);
}

/* Without the classic protocol what belongs to it does not count. */
static void members_without_the_classic_protocol(void **state)
{
    (void)state;
    struct consumer_member a = full(), b;
    a.is_classic = false;
    b = a;
    b.classic_session_timeout_ms++;
    b.classic_protocol_count = 0;
    assert_true(consumer_member_says_same(&a, &b));
}

static void each_field_of_what_it_has(void **state)
{
    (void)state;
    const struct consumer_member a = full();
    struct set_partition other_epoch[] = {{{{2}}, 9, 3}}, other_index[] = {{{{2}}, 8, 4}};
    HAS_OTHER(b.epoch++);
    HAS_OTHER(b.previous_epoch++);
    HAS_OTHER(b.state = MEMBER_STABLE);
    HAS_OTHER(b.assigned.count--);
    HAS_OTHER(b.revoking.items = other_epoch);
    HAS_OTHER(b.revoking.items = other_index);
}

static void names_are_sorted(void **state)
{
    (void)state;
    kw_string names[] = {kw_string_of("b"), kw_string_of("a"), kw_string_of("b"), kw_string_of("aa"),
                         kw_string_of("a")};
    kw_string one[] = {kw_string_of("x")};
    assert_int_equal(sort_names(names, 5), 3);
    assert_true(kw_string_equal(names[0], kw_string_of("a")) && kw_string_equal(names[1], kw_string_of("aa")) &&
                kw_string_equal(names[2], kw_string_of("b")));
    assert_int_equal(sort_names(one, 1), 1);
    assert_int_equal(sort_names(NULL, 0), 0);
    const kw_string_array all = {names, 3}, fewer = {names, 2}, copy = {(kw_string[]){names[0], names[1], names[2]}, 3};
    assert_true(same_names(all, all) && same_names(all, copy));
    assert_false(same_names(all, fewer));
    copy.items[2] = kw_string_of("c");
    assert_false(same_names(all, copy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_own_what_they_have),
        cmocka_unit_test(a_new_member),
        cmocka_unit_test(several_owners),
        cmocka_unit_test(each_field_of_what_it_says),
        cmocka_unit_test(members_without_the_classic_protocol),
        cmocka_unit_test(each_field_of_what_it_has),
        cmocka_unit_test(names_are_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

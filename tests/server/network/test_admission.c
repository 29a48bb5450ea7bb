/* SPDX-License-Identifier: Apache-2.0 */
/* max.connections and max.connections.per.ip hold exactly, and hosts without connections cost nothing. */
#include "../../unit/support.h"

#include <pthread.h>

#include "network/admission.h"

enum { HOSTS = 300 };

static const char *const full = "max.connections is reached";
static const char *const full_for_host = "max.connections.per.ip is reached";

static void name_of(int host, char name[32])
{
    (void)snprintf(name, 32, "%d.0.%d.1", host % 100, host / 100); /* some are in the first place of the table */
}

static struct connection_limits limits;
static struct admission_host *host; /* of who entered last */

static void start(struct admission *admission, int32_t all, int32_t per_host)
{
    limits = (struct connection_limits){all, per_host, INT32_MAX};
    assert_true(admission_init(admission, &limits));
}

static const char *enter(struct admission *admission, const char *name)
{
    return admission_enter(admission, name, &host);
}

static struct admission_host *entered(struct admission *admission, const char *name)
{
    assert_null(enter(admission, name));
    return host;
}

static void all_connections_have_a_limit(void **state)
{
    (void)state;
    struct admission admission;
    start(&admission, 2, INT32_MAX);
    struct admission_host *a = entered(&admission, "a");
    assert_ptr_equal(entered(&admission, "a"), a);
    assert_string_equal(enter(&admission, "b"), full);
    admission_leave(&admission, a);
    struct admission_host *b = entered(&admission, "b");
    assert_string_equal(enter(&admission, "a"), full);
    assert_int_equal(admission.host_count, 2);
    admission_leave(&admission, a);
    admission_leave(&admission, b);
    assert_int_equal(admission.host_count, 0);
    admission_finish(&admission);
}

static void descriptors_are_a_limit(void **state)
{
    (void)state;
    struct admission admission;
    start(&admission, 2, INT32_MAX);
    limits.possible = 1;
    struct admission_host *a = entered(&admission, "a");
    assert_string_equal(enter(&admission, "a"), full);
    admission_leave(&admission, a);
    admission_finish(&admission);
}

static void a_host_has_a_limit(void **state)
{
    (void)state;
    struct admission admission;
    start(&admission, 4, 2);
    struct admission_host *a = entered(&admission, "a");
    assert_ptr_equal(entered(&admission, "a"), a);
    assert_string_equal(enter(&admission, "a"), full_for_host);
    struct admission_host *b = entered(&admission, "b");
    assert_int_equal(admission.count, 3); /* who was refused does not count */
    admission_leave(&admission, a);
    assert_ptr_equal(entered(&admission, "a"), a);
    struct admission_host *c = entered(&admission, "c");
    assert_string_equal(enter(&admission, "d"), full);
    assert_int_equal(admission.host_count, 3);
    for (int i = 0; i < 2; i++)
        admission_leave(&admission, a);
    assert_int_equal(admission.host_count, 2);
    assert_int_equal(admission.count, 2);
    admission_leave(&admission, b);
    admission_leave(&admission, c);
    admission_finish(&admission);
}

/* Who is connected stays, and counts. */
static void limits_change_at_any_time(void **state)
{
    (void)state;
    struct admission admission;
    struct admission_host *hosts[4];
    start(&admission, INT32_MAX, INT32_MAX);
    for (int i = 0; i < 3; i++)
        hosts[i] = entered(&admission, "a");
    atomic_store(&limits.per_host, 3);
    assert_string_equal(enter(&admission, "a"), full_for_host);
    atomic_store(&limits.all, 3);
    assert_string_equal(enter(&admission, "b"), full);
    atomic_store(&limits.all, 4);
    hosts[3] = entered(&admission, "b");
    atomic_store(&limits.all, 2);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(enter(&admission, "b"), full);
        admission_leave(&admission, hosts[i]);
    }
    assert_string_equal(enter(&admission, "b"), full);
    admission_leave(&admission, hosts[2]);
    hosts[2] = entered(&admission, "b");
    admission_leave(&admission, hosts[2]);
    admission_leave(&admission, hosts[3]);
    assert_int_equal(admission.count, 0);
    admission_finish(&admission);
}

static void no_connection_of_a_host_may_be_allowed(void **state)
{
    (void)state;
    struct admission admission;
    start(&admission, 4, 0);
    assert_string_equal(enter(&admission, "a"), full_for_host);
    assert_int_equal(admission.host_count, 0);
    admission_finish(&admission);
}

static void hosts_are_told_apart_as_the_table_grows(void **state)
{
    (void)state;
    struct admission admission;
    static struct admission_host *hosts[HOSTS];
    char name[32];
    start(&admission, INT32_MAX, 2);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < HOSTS; i++) {
            name_of(i, name);
            hosts[i] = entered(&admission, name);
        }
    assert_int_equal(admission.host_count, HOSTS);
    assert_int_equal(admission.count, 2 * HOSTS);
    assert_int_equal(admission.capacity, 512); /* twice 64 until there is a place for each */
    for (int i = 0; i < HOSTS; i++) {
        name_of(i, name);
        assert_string_equal(enter(&admission, name), full_for_host);
    }
    for (int i = 0; i < HOSTS; i += 2) {
        admission_leave(&admission, hosts[i]);
        admission_leave(&admission, hosts[i]);
    }
    assert_int_equal(admission.host_count, HOSTS / 2);
    for (int i = 0; i < HOSTS; i++) {
        name_of(i, name);
        const char *reason = enter(&admission, name);
        assert_true(i % 2 == 0 ? reason == NULL : strcmp(reason, full_for_host) == 0);
        admission_leave(&admission, i % 2 == 0 ? host : hosts[i]);
        if (i % 2 != 0)
            admission_leave(&admission, hosts[i]);
    }
    assert_int_equal(admission.host_count, 0);
    admission_finish(&admission);
}

/* In a table of 64 places 64 hosts meet: the chains hold them apart. */
static void the_table_is_full_before_it_grows(void **state)
{
    (void)state;
    struct admission admission;
    struct admission_host *hosts[65];
    char name[32];
    size_t longest = 0;
    start(&admission, INT32_MAX, 1);
    for (int i = 0; i < 64; i++) {
        name_of(i, name);
        hosts[i] = entered(&admission, name);
    }
    assert_int_equal(admission.capacity, 64);
    size_t used = 0;
    for (size_t i = 0; i < 64; i++)
        used += admission.hosts[i] != NULL;
    assert_true(used > 32); /* addresses that differ in little are spread */
    name_of(64, name);
    hosts[64] = entered(&admission, name);
    assert_int_equal(admission.capacity, 128);
    for (int i = 64; i >= 0; i--)
        admission_leave(&admission, hosts[i]);
    for (size_t i = 0; i < 128; i++)
        longest += admission.hosts[i] != NULL;
    assert_int_equal(longest, 0);
    assert_int_equal(admission.count, 0);
    admission_finish(&admission);
}

static struct admission shared;

static void *come_and_go(void *argument)
{
    struct admission_host *own;
    for (int i = 0; i < 20000; i++)
        if (admission_enter(&shared, argument, &own) == NULL)
            admission_leave(&shared, own);
    return NULL;
}

static void threads_share_the_counts(void **state)
{
    (void)state;
    static char names[] = "a\0b";
    pthread_t threads[4];
    start(&shared, INT32_MAX, INT32_MAX - 1);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, names + i % 2 * 2), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(shared.count, 0);
    assert_int_equal(shared.host_count, 0);
    admission_finish(&shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_connections_have_a_limit),
        cmocka_unit_test(descriptors_are_a_limit),
        cmocka_unit_test(a_host_has_a_limit),
        cmocka_unit_test(limits_change_at_any_time),
        cmocka_unit_test(no_connection_of_a_host_may_be_allowed),
        cmocka_unit_test(hosts_are_told_apart_as_the_table_grows),
        cmocka_unit_test(the_table_is_full_before_it_grows),
        cmocka_unit_test(threads_share_the_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

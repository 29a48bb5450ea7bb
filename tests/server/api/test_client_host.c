/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses of clients as Java writes them. */
#include "../../unit/support.h"

#include "api/client_host.h"

static void assert_host(const char *address, const char *expected)
{
    char text[CLIENT_HOST_SIZE];
    kw_string host = client_host_of(address, text);
    assert_string_equal(host.data, expected);
    assert_int_equal(host.len, strlen(expected));
}

static void addresses(void **state)
{
    (void)state;
    assert_host("127.0.0.1", "/127.0.0.1");
    assert_host("", "/");
    assert_host("::1", "/0:0:0:0:0:0:0:1");
    assert_host("::", "/0:0:0:0:0:0:0:0");
    assert_host("1::", "/1:0:0:0:0:0:0:0");
    assert_host("2001:db8::ff00:42:8329", "/2001:db8:0:0:0:ff00:42:8329");
    assert_host("2001:DB8:0:1:2:3:4:A", "/2001:db8:0:1:2:3:4:a");
    assert_host("1:2:3:4:5:6:7::", "/1:2:3:4:5:6:7:0");
    assert_host("fe80::12%eth0", "/fe80:0:0:0:0:0:0:12%eth0");
    assert_host("::12345", "/::12345");
    assert_host("1:2:3", "/1:2:3");
    assert_host("::1.2.3.4", "/::1.2.3.4");
    assert_host(":", "/:");
}

static void of_a_call(void **state)
{
    char text[CLIENT_HOST_SIZE];
    struct exchange exchange = {.host = "::1"};
    struct call call = {.exchange = &exchange};
    (void)state;
    assert_string_equal(client_host(&call, text).data, "/0:0:0:0:0:0:0:1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(addresses), cmocka_unit_test(of_a_call)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

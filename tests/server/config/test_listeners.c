/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, and the settings that choose them. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/captured.h"
#include "config/listeners.h"

static const struct endpoint start = {.host = "127.0.0.1", .port = 9092};

static void assert_parsed(const char *text, const char *host, int port)
{
    struct endpoint e = {{0}, 0};
    char printed[ENDPOINT_TEXT_SIZE];
    assert_true(endpoint_parse(text, &e));
    assert_string_equal(e.host, host);
    assert_int_equal(e.port, port);
    assert_string_equal(endpoint_format(&e, printed), text);
}

static void endpoints(void **state)
{
    (void)state;
    assert_parsed("localhost:9092", "localhost", 9092);
    assert_parsed("127.0.0.1:0", "127.0.0.1", 0);
    assert_parsed(":65535", "", 65535);
    assert_parsed("[::1]:1", "::1", 1);
    assert_parsed("[fe80::1%eth0]:1", "fe80::1%eth0", 1);
    struct endpoint e;
    assert_true(endpoint_parse("[]:1", &e)); /* as Kafka reads it */
    assert_string_equal(e.host, "");
    assert_true(endpoint_parse("[x]:1", &e));
    assert_string_equal(e.host, "x");
}

static void no_endpoints(void **state)
{
    (void)state;
    static const char *const texts[] = {"",        "host",     "host:",   "host:65536", "host:-1", "host:1x", "::1:9",
                                        "host: 1", "host:0x1", "[::1]9:", "host:+1",    "[::1:9",  "a:b:1",   ":"};
    struct endpoint e = start;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (endpoint_parse(texts[i], &e))
            fail_msg("%s", texts[i]);
    assert_memory_equal(&e, &start, sizeof e);
    char text[300];
    memset(text, 'h', sizeof text);
    strcpy(text + 255, ":1");
    assert_true(endpoint_parse(text, &e));
    strcpy(text + 255, "h:1");
    assert_false(endpoint_parse(text, &e));
}

static void wildcards(void **state)
{
    (void)state;
    static const char *const texts[] = {":1", "0.0.0.0:1", "[::]:1"};
    struct endpoint e;
    for (size_t i = 0; i < 3; i++) {
        assert_true(endpoint_parse(texts[i], &e));
        assert_true(endpoint_is_wildcard(&e));
    }
    assert_false(endpoint_is_wildcard(&start));
}

static void addresses_of_sockets(void **state)
{
    (void)state;
    struct endpoint e;
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(5)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(6)};
    assert_int_equal(inet_pton(AF_INET, "10.1.2.3", &four.sin_addr), 1);
    endpoint_of_address((const struct sockaddr *)&four, sizeof four, &e);
    assert_string_equal(e.host, "10.1.2.3");
    assert_int_equal(e.port, 5);
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr), 1);
    endpoint_of_address((const struct sockaddr *)&six, sizeof six, &e);
    assert_string_equal(e.host, "2001:db8::1");
    assert_int_equal(inet_pton(AF_INET6, "::ffff:10.1.2.3", &six.sin6_addr), 1);
    endpoint_of_address((const struct sockaddr *)&six, sizeof six, &e);
    assert_string_equal(e.host, "10.1.2.3");
    assert_int_equal(e.port, 6);
    assert_int_equal(inet_pton(AF_INET6, "::ffff:0:a01:203", &six.sin6_addr), 1); /* another prefix */
    endpoint_of_address((const struct sockaddr *)&six, sizeof six, &e);
    assert_string_equal(e.host, "::ffff:0:a01:203");
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    endpoint_of_address(&none, sizeof none, &e);
    assert_string_equal(e.host, "");
    assert_int_equal(e.port, 0);
}

static struct endpoint listen_at, advertised;

static bool choose(const struct listeners *l, struct captured *c)
{
    listen_at = start;
    memset(&advertised, 0, sizeof advertised);
    capture_start(c);
    bool fine = listeners_choose(l, "file", &listen_at, &advertised);
    (void)capture_end(c);
    return fine;
}

static void assert_chosen(struct listeners l, const char *at, const char *said)
{
    struct captured c;
    char text[ENDPOINT_TEXT_SIZE];
    if (!choose(&l, &c))
        fail_msg("%s", c.text);
    assert_string_equal(endpoint_format(&listen_at, text), at);
    assert_string_equal(endpoint_format(&advertised, text), said);
}

static void the_one_for_clients(void **state)
{
    (void)state;
    assert_chosen((struct listeners){.listeners = NULL}, "127.0.0.1:9092", ":0");
    assert_chosen((struct listeners){.listeners = "PLAINTEXT://:1"}, ":1", ":0");
    assert_chosen((struct listeners){.listeners = "plaintext://h:1"}, "h:1", ":0");
    assert_chosen((struct listeners){.listeners = "A://h:1,C://:2",
                                     .controller_names = " B , C ",
                                     .protocol_map = "C:SSL, A:plaintext"},
                  "h:1", ":0");
    assert_chosen((struct listeners){.listeners = "\tC://:2\t , \t A://h:1 \t",
                                     .controller_names = ",\tC\t,",
                                     .protocol_map = "\tA1:SSL , A:PLAINTEXT"},
                  "h:1", ":0");
    assert_chosen((struct listeners){.listeners = "SSL://h:1", .protocol_map = "SSL:PLAINTEXT"}, "h:1", ":0");
}

static void what_is_advertised(void **state)
{
    (void)state;
    assert_chosen((struct listeners){.advertised = "PLAINTEXT://a:1"}, "127.0.0.1:9092", "a:1");
    assert_chosen((struct listeners){.advertised = "B://b:2,Plaintext://a:1,SSL://:3"}, "127.0.0.1:9092", "a:1");
    assert_chosen((struct listeners){.listeners = "A://:1", .protocol_map = "A:PLAINTEXT", .advertised = "a://x:5"},
                  ":1", "x:5");
}

static void assert_refused(struct listeners l, const char *reason)
{
    struct captured c;
    char text[1024];
    l.listeners_line = 7;
    l.advertised_line = 8;
    assert_false(choose(&l, &c));
    snprintf(text, sizeof text, "kwire-broker: file:%s\n", reason);
    assert_string_equal(c.text, text);
    assert_memory_equal(&listen_at, &start, sizeof start);
}

static void what_cannot_be_served(void **state)
{
    (void)state;
    assert_refused((struct listeners){.listeners = "h:1"}, "7: listeners: h:1 is not NAME://HOST:PORT");
    assert_refused((struct listeners){.listeners = "://h:1"}, "7: listeners: ://h:1 is not NAME://HOST:PORT");
    assert_refused((struct listeners){.listeners = "SSL://h:1"},
                   "7: listeners: SSL://h:1 does not speak PLAINTEXT, the one protocol that is served");
    assert_refused((struct listeners){.listeners = "PLAINTEXT://h:1", .protocol_map = "PLAINTEXT:SSL"},
                   "7: listeners: PLAINTEXT://h:1 does not speak PLAINTEXT, the one protocol that is served");
    assert_refused((struct listeners){.listeners = "PLAINTEXT://h:1,A://h:2", .protocol_map = "A:PLAINTEXT"},
                   "7: listeners: A://h:2 is a second listener for clients, but one is served");
    assert_refused((struct listeners){.listeners = "PLAINTEXT://h:1,A://h:2", .protocol_map = "A:SASL_SSL"},
                   "7: listeners: A://h:2 does not speak PLAINTEXT, the one protocol that is served");
    assert_refused((struct listeners){.listeners = "C://h:1", .controller_names = "C"},
                   "7: listeners: none is for clients");
    assert_refused((struct listeners){.advertised = "h"}, "8: advertised.listeners: h is not NAME://HOST:PORT");
    assert_refused((struct listeners){.advertised = "PLAINTEXT://0.0.0.0:1"},
                   "8: advertised.listeners: clients cannot connect to PLAINTEXT://0.0.0.0:1");
}

/* No host is as long; what is shown of it ends somewhere. */
static void long_items(void **state)
{
    (void)state;
    struct captured c;
    char text[700], valid[700];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(choose(&(struct listeners){.listeners = text}, &c));
    assert_int_equal(strspn(strchr(c.text, 'x'), "x"), 511);
    (void)snprintf(valid, sizeof valid, "%.*s,PLAINTEXT://h:1", 600, text);
    assert_false(choose(&(struct listeners){.listeners = valid}, &c));
    assert_int_equal(strspn(strchr(c.text, 'x'), "x"), 511);
    text[511] = '\0';
    assert_false(choose(&(struct listeners){.listeners = text}, &c));
    assert_int_equal(strspn(strchr(c.text, 'x'), "x"), 511);
}

static void controllers(void **state)
{
    (void)state;
    struct listeners l = {.controller_names = "A, Bc"};
    assert_true(listeners_is_controller(&l, "a", 1));
    assert_true(listeners_is_controller(&l, "bC.", 2));
    assert_false(listeners_is_controller(&l, "b", 1));
    assert_false(listeners_is_controller(&l, "Bcd", 3));
    l.controller_names = NULL;
    assert_false(listeners_is_controller(&l, "a", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints),
        cmocka_unit_test(no_endpoints),
        cmocka_unit_test(wildcards),
        cmocka_unit_test(addresses_of_sockets),
        cmocka_unit_test(the_one_for_clients),
        cmocka_unit_test(what_is_advertised),
        cmocka_unit_test(what_cannot_be_served),
        cmocka_unit_test(long_items),
        cmocka_unit_test(controllers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

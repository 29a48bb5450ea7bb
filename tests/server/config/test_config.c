/* SPDX-License-Identifier: Apache-2.0 */
/* Properties files, from their text to the members of struct config, or to the complaint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../support/captured.h"
#include "config/config.h"
#include "config/static_config.h"

struct fixture {
    char path[64];
    struct config config;
    struct captured captured;
    const char *said; /* on standard error */
    bool fine;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    strcpy(f->path, "/tmp/kwire-config-XXXXXX");
    *state = f;
    return mkdtemp(f->path) == NULL ? -1 : (strcat(f->path, "/p"), 0);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    config_finish(&f->config);
    unlink(f->path);
    *strrchr(f->path, '/') = '\0';
    rmdir(f->path);
    free(f);
    return 0;
}

static void read_text(struct fixture *f, const char *text)
{
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
    config_finish(&f->config);
    config_init(&f->config);
    capture_start(&f->captured);
    f->fine = config_read(&f->config, f->path);
    f->said = capture_end(&f->captured);
}

static void assert_accepted(struct fixture *f, const char *text)
{
    read_text(f, text);
    if (!f->fine)
        fail_msg("%s: %s", text, f->said);
}

/* Line 2 of the file is refused with one line that ends so. */
static void assert_refused(struct fixture *f, const char *line, const char *reason)
{
    char text[8192], start[128];
    snprintf(text, sizeof text, "# line 1\n%s\n", line);
    read_text(f, text);
    snprintf(start, sizeof start, "kwire-broker: %s:2: ", f->path);
    if (f->fine || strncmp(f->said, start, strlen(start)) != 0 ||
        strncmp(f->said + strlen(start), reason, strlen(reason)) != 0)
        fail_msg("%s: %d %s, not %s", line, f->fine, f->said, reason);
    assert_string_equal(f->said + strlen(start) + strlen(reason), "\n");
}

/* As Kafka does it: what is around a value is not of it, even if it is escaped. */
static void values_are_trimmed(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "log.dirs=/data  \t\\u0020\nnode.id = \\ 7\\t\n");
    assert_string_equal(f->config.log_dirs[0], "/data");
    assert_int_equal(f->config.node_id, 7);
    assert_accepted(f, "log.dirs=\\f\\r\\n\\t\\u0020/data\\t\\u0020\\n\\r\\f\nnode.id = 7\n");
    assert_string_equal(f->config.log_dirs[0], "/data");
    assert_accepted(f, "log.dirs=\\t /a b\n");
    assert_string_equal(f->config.log_dirs[0], "/a b");
}

static void assert_no_properties(struct fixture *f, const char *bytes, size_t size, const char *reason)
{
    char expected[128];
    FILE *file = fopen(f->path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    config_finish(&f->config);
    config_init(&f->config);
    capture_start(&f->captured);
    f->fine = config_read(&f->config, f->path);
    f->said = capture_end(&f->captured);
    assert_false(f->fine);
    (void)snprintf(expected, sizeof expected, "kwire-broker: %s: %s\n", f->path, reason);
    assert_string_equal(f->said, expected);
}

static void files_that_are_no_properties(void **state)
{
    struct fixture *f = *state;
    enum { LARGEST = 1024 * 1024 };
    static char bytes[LARGEST + 1];
    assert_no_properties(f, "node.id=1\0", 10, "not a properties file");
    memset(bytes, '#', sizeof bytes);
    assert_no_properties(f, bytes, LARGEST + 1, "not a properties file");
    bytes[LARGEST - 1] = '\0';
    assert_no_properties(f, bytes, LARGEST, "not a properties file");
    bytes[LARGEST - 1] = '\n';
    bytes[LARGEST] = '\0';
    assert_accepted(f, bytes); /* just small enough */
    for (char *p = bytes; p + 10 < bytes + LARGEST; p += 10)
        memcpy(p, "node.id=7\n", 10);
    assert_accepted(f, bytes); /* as many properties as there can be */
    assert_int_equal(f->config.node_id, 7);
    memset(bytes, 'x', LARGEST); /* one as large as can be, with escapes */
    memcpy(bytes, "\\u002F", 6);
    bytes[LARGEST / 2] = '=';
    memcpy(bytes + LARGEST - 3, "\\n\n", 3);
    read_text(f, bytes);
    assert_true(f->fine);
}

static void lines_that_are_no_properties(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "node.id=1\\u0000", "\\u0000 in a property");
    assert_refused(f, "node.id\\u0000=1", "\\u0000 in a property");
    assert_refused(f, "node.id=\\u00zz", "\\u without four hexadecimal digits");
}

static void defaults(void **state)
{
    struct fixture *f = *state;
    memset(&f->config, 0x5a, sizeof f->config);
    config_init(&f->config);
    struct config *c = &f->config;
    assert_string_equal(c->listen.host, "127.0.0.1");
    assert_int_equal(c->listen.port, 9092);
    assert_string_equal(c->advertised.host, "");
    assert_int_equal(c->node_id, -1);
    assert_int_equal(c->request_max_bytes, 100 * 1024 * 1024);
    assert_int_equal(c->max_connections, INT32_MAX);
    assert_int_equal(c->max_connections_per_ip, INT32_MAX);
    assert_int_equal(c->queued_max_bytes, -1);
    assert_int_equal(c->max_request_partition_size_limit, 2000);
    assert_int_equal(c->fetch_max_bytes, 55 * 1024 * 1024);
    assert_int_equal(c->idle_ms, 600000);
    assert_int_equal(c->log_dir_count, 0);
    assert_accepted(f, "");
    assert_string_equal(f->said, "");
    assert_int_equal(c->fetch_max_bytes, 55 * 1024 * 1024);
}

static void numbers_at_their_edges(void **state)
{
    struct fixture *f = *state;
    struct config *c = &f->config;
    assert_accepted(f, "node.id=0\nsocket.request.max.bytes=1\nmax.connections=0\nmax.connections.per.ip=0\n"
                       "fetch.max.bytes=1024\nmax.request.partition.size.limit=1\nconnections.max.idle.ms=1\n"
                       "queued.max.request.bytes=1\n");
    assert_string_equal(f->said, "");
    assert_int_equal(c->node_id, 0);
    assert_int_equal(c->request_max_bytes, 1);
    assert_int_equal(c->max_connections, 0);
    assert_int_equal(c->max_connections_per_ip, 0);
    assert_int_equal(c->fetch_max_bytes, 1024);
    assert_int_equal(c->max_request_partition_size_limit, 1);
    assert_int_equal(c->idle_ms, 1);
    assert_int_equal(c->queued_max_bytes, 1);
    assert_accepted(f, "node.id=2147483647\nsocket.request.max.bytes=2147483647\nmax.connections=2147483647\n"
                       "max.connections.per.ip=2147483647\nfetch.max.bytes=2147483647\n"
                       "max.request.partition.size.limit=2147483647\nconnections.max.idle.ms=9223372036854775807\n"
                       "queued.max.request.bytes=9223372036854775807\n");
    assert_int_equal(c->node_id, INT32_MAX);
    assert_int_equal(c->request_max_bytes, INT32_MAX);
    assert_int_equal(c->max_connections, INT32_MAX);
    assert_int_equal(c->max_connections_per_ip, INT32_MAX);
    assert_int_equal(c->fetch_max_bytes, INT32_MAX);
    assert_int_equal(c->max_request_partition_size_limit, INT32_MAX);
    assert_true(c->idle_ms == INT64_MAX);
    assert_true(c->queued_max_bytes == INT64_MAX);
}

static void numbers_without_a_limit(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "connections.max.idle.ms=-5\nqueued.max.request.bytes=0\n");
    assert_int_equal(f->config.idle_ms, -1);
    assert_int_equal(f->config.queued_max_bytes, -1);
    assert_accepted(f, "queued.max.request.bytes=-7\n");
    assert_int_equal(f->config.queued_max_bytes, -1);
    assert_refused(f, "connections.max.idle.ms=0", "connections.max.idle.ms=0: not -1 (never) or an integer from 1");
    assert_refused(f, "queued.max.request.bytes=104857599",
                   "queued.max.request.bytes=104857599: less than socket.request.max.bytes");
    assert_accepted(f, "queued.max.request.bytes=104857600\n");
}

/* For what several lines say together. */
static void assert_groups_refused(struct fixture *f, const char *text, const char *reason)
{
    char said[512];
    read_text(f, text);
    snprintf(said, sizeof said, "kwire-broker: %s: %s\n", f->path, reason);
    assert_false(f->fine);
    assert_string_equal(f->said, said);
}

static void settings_of_groups(void **state)
{
    struct fixture *f = *state;
    assert_groups_refused(f, "group.share.min.heartbeat.interval.ms=16000",
                          "group.share.max.heartbeat.interval.ms must be greater than or equal to "
                          "group.share.min.heartbeat.interval.ms");
    assert_groups_refused(f, "group.share.delivery.count.limit=10\ngroup.share.max.delivery.count.limit=9",
                          "group.share.max.delivery.count.limit must be greater than or equal to "
                          "group.share.delivery.count.limit");
    assert_groups_refused(f, "group.share.record.lock.duration.ms=14999",
                          "group.share.record.lock.duration.ms must be greater than or equal to "
                          "group.share.min.record.lock.duration.ms");
    assert_groups_refused(f, "group.share.max.share.sessions=199",
                          "group.share.max.share.sessions must be greater than or equal to group.share.max.size");
    assert_groups_refused(f, "group.share.assignors=uniform", "group.share.assignors: uniform is not simple");
    assert_groups_refused(f, "group.consumer.max.heartbeat.interval.ms=4000",
                          "group.consumer.max.heartbeat.interval.ms must be greater than or equal to "
                          "group.consumer.min.heartbeat.interval.ms");
    assert_groups_refused(f, "group.consumer.heartbeat.interval.ms=4999",
                          "group.consumer.heartbeat.interval.ms must be greater than or equal to "
                          "group.consumer.min.heartbeat.interval.ms");
    assert_groups_refused(f, "group.consumer.session.timeout.ms=60001",
                          "group.consumer.session.timeout.ms must be less than or equal to "
                          "group.consumer.max.session.timeout.ms");
    assert_groups_refused(f,
                          "group.consumer.max.heartbeat.interval.ms=50000\ngroup.consumer.heartbeat.interval.ms=45000",
                          "group.consumer.heartbeat.interval.ms must be less than group.consumer.session.timeout.ms");
    assert_groups_refused(f, "group.consumer.assignment.interval.ms=15001",
                          "group.consumer.assignment.interval.ms must be less than or equal to "
                          "group.consumer.max.assignment.interval.ms");
    assert_groups_refused(f, "group.consumer.assignors=range,com.example.Sticky",
                          "group.consumer.assignors: com.example.Sticky is not one of uniform and range");
    assert_accepted(f, "group.consumer.assignors=range, org.apache.kafka.coordinator.group.assignor.UniformAssignor\n");
    assert_accepted(f, "group.consumer.min.session.timeout.ms=6000\ngroup.consumer.session.timeout.ms=6000\n");
}

static void values_that_kafka_refuses(void **state)
{
    struct fixture *f = *state;
    assert_refused(f, "node.id=-1", "Invalid value -1 for configuration node.id: Value must be at least 0");
    assert_refused(f, "node.id=x", "Invalid value x for configuration node.id: Not a number of type INT");
    assert_refused(f, "socket.request.max.bytes=0",
                   "Invalid value 0 for configuration socket.request.max.bytes: Value must be at least 1");
    assert_refused(f, "max.connections=2147483648",
                   "Invalid value 2147483648 for configuration max.connections: Not a number of type INT");
    assert_refused(f, "max.connections.per.ip=-1",
                   "Invalid value -1 for configuration max.connections.per.ip: Value must be at least 0");
    assert_refused(f, "queued.max.request.bytes=much",
                   "Invalid value much for configuration queued.max.request.bytes: Not a number of type LONG");
    assert_refused(f, "fetch.max.bytes=1023",
                   "Invalid value 1023 for configuration fetch.max.bytes: Value must be at least 1024");
    assert_refused(f, "max.request.partition.size.limit=0",
                   "Invalid value 0 for configuration max.request.partition.size.limit: Value must be at least 1");
    assert_refused(
        f, "log.dirs=", "Configuration 'log.dirs' must not be empty. Valid values include: any non-empty value");
    assert_refused(f, "process.roles=broker,observer",
                   "Invalid value observer for configuration process.roles: String must be one of: broker, controller");
    /* Also where there is no effect. */
    assert_refused(f, "num.io.threads=0", "Invalid value 0 for configuration num.io.threads: Value must be at least 1");
    assert_refused(f, "auto.create.topics.enable=maybe",
                   "Invalid value maybe for configuration auto.create.topics.enable: Expected value to be either true "
                   "or false");
}

static void the_first_line_is_complained_about(void **state)
{
    struct fixture *f = *state;
    read_text(f, "num.io.threads=0\nadvertised.listeners=\n");
    assert_non_null(strstr(f->said, "p:1: Invalid value 0"));
    read_text(f, "unknown\nadvertised.listeners=\nnum.io.threads=0\n");
    assert_non_null(strstr(f->said, "p:2: Configuration 'advertised.listeners'"));
}

static void the_last_of_the_same_counts(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "node.id=x\nlog.dirs=/a,/b\nssl.client.auth=required\nlisteners=SSL://:1\n"
                       "listeners=PLAINTEXT://:2\nnode.id=5\nlog.dirs=/c\nssl.client.auth=none\n");
    assert_int_equal(f->config.node_id, 5);
    assert_int_equal(f->config.listen.port, 2);
    assert_string_equal(f->config.log_dirs[0], "/c");
    assert_refused(f, "fetch.max.bytes=2000\\\nfetch.max.bytes=1\n",
                   "Invalid value 2000fetch.max.bytes=1 for configuration fetch.max.bytes: Not a number of type INT");
}

static void node_id_or_broker_id(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "broker.id=4\n");
    assert_int_equal(f->config.node_id, 4);
    assert_accepted(f, "broker.id=4\nnode.id=4\n");
    assert_accepted(f, "broker.id=0\n");
    assert_int_equal(f->config.node_id, 0);
    assert_accepted(f, "broker.id=19\n");
    assert_int_equal(f->config.node_id, 19);
    assert_refused(f, "broker.id=4\nnode.id=5", "broker.id=4: not the same as node.id");
    assert_refused(f, "broker.id=-1", "broker.id=-1: not an integer from 0 to 2147483647");
}

static void roles(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "process.roles=broker\n");
    assert_accepted(f, "process.roles=controller, broker\n");
    assert_refused(f, "process.roles=controller",
                   "process.roles=controller: a node without the role broker serves no clients");
}

static void data_directory(void **state)
{
    struct fixture *f = *state;
    char text[5000];
    assert_accepted(f, "log.dir=/one\nlog.dirs=/two\n");
    assert_string_equal(f->config.log_dirs[0], "/two");
    assert_accepted(f, "log.dir=/one\n");
    assert_string_equal(f->config.log_dirs[0], "/one");
    assert_int_equal(f->config.log_dir_count, 1);
    assert_accepted(f, "log.dirs=/a, /b c ,/d\n");
    assert_int_equal(f->config.log_dir_count, 3);
    assert_string_equal(f->config.log_dirs[0], "/a");
    assert_string_equal(f->config.log_dirs[1], "/b c");
    assert_string_equal(f->config.log_dirs[2], "/d");
    assert_refused(f, "log.dir=/a,/b,/a/", "log.dir=/a,/b,/a/: a directory is named twice");
    assert_accepted(f, "log.dirs=/a\nlog.dir=/b,/c\n");
    memset(text, 'x', sizeof text);
    memcpy(text, "log.dirs=", 9);
    strcpy(text + 4500, "\n");
    read_text(f, text);
    assert_false(f->fine);
    memcpy(text + 9 + 4096 - 64, "\n", 2);
    read_text(f, text);
    assert_false(f->fine);
    memcpy(text + 9 + 4096 - 65, "\n", 2);
    assert_accepted(f, text);
    assert_int_equal(strlen(f->config.log_dirs[0]), 4096 - 65);
}

static void metadata_directory(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "metadata.log.dir=/a/\nlog.dirs=/a\n");
    assert_accepted(f, "metadata.log.dir=/a\nlog.dirs=/a//\n");
    assert_accepted(f, "metadata.log.dir=/c/\nlog.dirs=/a,/b,/c,/d\n");
    assert_string_equal(f->config.log_dirs[0], "/c");
    assert_string_equal(f->config.log_dirs[1], "/a");
    assert_string_equal(f->config.log_dirs[2], "/b");
    assert_string_equal(f->config.log_dirs[3], "/d");
    assert_refused(f, "metadata.log.dir=/a\nlog.dirs=/b",
                   "metadata.log.dir=/a: not one of log.dirs, but this broker has no other directories");
    assert_accepted(f, "metadata.log.dir=/\nlog.dirs=//\n");
    assert_refused(f, "metadata.log.dir=/a\nlog.dirs=/ab",
                   "metadata.log.dir=/a: not one of log.dirs, but this broker has no other directories");
    assert_refused(f, "metadata.log.dir=/",
                   "metadata.log.dir=/: not one of log.dirs, but this broker has no other directories");
    assert_refused(f, "metadata.log.dir=/a",
                   "metadata.log.dir=/a: not one of log.dirs, but this broker has no other directories");
}

static void options_win(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "listeners=PLAINTEXT://:1\nadvertised.listeners=PLAINTEXT://a:2\nlog.dirs=/a\n");
    assert_true(config_set_listen(&f->config, "b:3"));
    assert_true(config_set_data_dir(&f->config, "/b"));
    assert_string_equal(f->config.listen.host, "b");
    assert_string_equal(f->config.advertised.host, "");
    assert_string_equal(f->config.log_dirs[0], "/b");
    capture_start(&f->captured);
    bool fine = config_set_listen(&f->config, "b") || config_set_data_dir(&f->config, "");
    assert_string_equal(capture_end(&f->captured),
                        "kwire-broker: --listen b: not HOST:PORT (a port is 0 to 65535, an IPv6 address goes in "
                        "brackets)\nkwire-broker: --data-dir: the path is empty\n");
    assert_false(fine);
    char longest[PATH_SIZE];
    memset(longest, 'x', sizeof longest);
    longest[PATH_SIZE - 64] = '\0';
    capture_start(&f->captured);
    fine = config_set_data_dir(&f->config, longest);
    assert_string_equal(capture_end(&f->captured), "kwire-broker: --data-dir: the path is too long\n");
    assert_false(fine);
    longest[PATH_SIZE - 65] = '\0';
    assert_true(config_set_data_dir(&f->config, longest));
    assert_string_equal(f->config.log_dirs[0], longest);
    assert_true(config_set_release(&f->config, "4.3"));
    assert_true(f->config.for_kafka_4_3);
    assert_true(config_set_release(&f->config, "4.4"));
    assert_false(f->config.for_kafka_4_3);
    capture_start(&f->captured);
    fine = config_set_release(&f->config, "4.2");
    assert_string_equal(capture_end(&f->captured), "kwire-broker: --release-version 4.2: expected 4.3 or 4.4\n");
    assert_false(fine);
    assert_true(config_set_memory(&f->config, false));
    assert_int_equal(f->config.log_dir_count, 0);
    capture_start(&f->captured);
    fine = config_set_memory(&f->config, true);
    assert_string_equal(capture_end(&f->captured), "kwire-broker: --memory and --data-dir exclude each other\n");
    assert_false(fine);
}

/* Each would protect something, so it stops the start, and what it is set to is not shown. */
static void protection_is_not_left_out(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users=User:admin",
        "allow.everyone.if.no.acl.found=false",
        "ssl.client.auth=required",
        "ssl.keystore.location=/secret",
        "ssl.keystore.password=secret",
        "ssl.protocol=TLSv1.2",
        "ssl.enabled.protocols=TLSv1.3",
        "ssl.misspelt=secret",
        "sasl.enabled.mechanisms=PLAIN",
        "sasl.jaas.config=secret",
        "sasl.enabled.mechanism=secret",
        "plain.sasl.jaas.config=secret",
        "security.inter.broker.protocol=SSL",
        "security.providers=secret",
        "principal.builder.class=a.B",
        "delegation.token.secret.key=secret",
        "connections.max.reauth.ms=1",
        "max.connections.per.ip.overrides=10.0.0.1:5",
        "max.connection.creation.rate=5",
        "client.quota.callback.class=a.B",
        "create.topic.policy.class.name=a.B",
        "alter.config.policy.class.name=a.B",
        "config.providers=env",
        "listener.name.plaintext.ssl.client.auth=none",
        "listener.name.plaintext.sasl.enabled.mechanisms=secret",
        "listener.name.plaintext.scram-sha-256.sasl.jaas.config=secret",
        "listener.name.plaintext.principal.builder.class=a.B",
        "listener.name.plaintext.max.connections=5",
        "listener.name.plaintext.max.connection.creation.rate=5",
        "listener.name.plaintext.connections.max.reauth.ms=5",
    };
    char reason[256];
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        snprintf(reason, sizeof reason, "%.*s is not implemented: without what it protects the broker does not start",
                 (int)strcspn(lines[i], "="), lines[i]);
        assert_refused(f, lines[i], reason);
    }
}

static void what_asks_for_no_protection_is_accepted(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "authorizer.class.name=\nsuper.users=\nallow.everyone.if.no.acl.found=true\n"
                       "ssl.client.auth=none\nssl.protocol = TLSv1.3\nssl.enabled.protocols=TLSv1.2 , TLSv1.3\n"
                       "ssl.keystore.location=\nssl.keystore.password=\nssl.allow.dn.changes=FALSE\n"
                       "sasl.enabled.mechanisms=GSSAPI\nsasl.login.refresh.window.factor=0.80\n"
                       "security.inter.broker.protocol=PLAINTEXT\nconnections.max.reauth.ms=00\n"
                       "config.providers=\nmax.connection.creation.rate=2147483647\n");
    assert_string_equal(f->said, "");
    assert_accepted(f, "controller.listener.names=A,Controller\nlistener.name.controller.ssl.client.auth=required\n"
                       "listeners=PLAINTEXT://:1,CONTROLLER://:2\n");
    assert_non_null(strstr(f->said, ": without effect on this broker: listener.name.controller.ssl.client.auth\n"));
}

static void what_has_no_effect_is_reported(void **state)
{
    struct fixture *f = *state;
    assert_accepted(f, "num.io.threads=8\nbackground.threads=1\nretention.ms=1\nno.such.name=1\nnode.id=1\n"
                       "leader.replication.throttled.rate=5\nlistener.name.x.num.network.threads=2\n");
    assert_non_null(strstr(f->said, "p: without effect on this broker: background.threads, num.io.threads, "
                                    "listener.name.x.num.network.threads\n"));
    assert_non_null(strstr(f->said, "p: unknown to Kafka: retention.ms, no.such.name, "
                                    "leader.replication.throttled.rate\n"));
    assert_null(strstr(f->said, "node.id"));
    assert_accepted(f, "saslx=1\nsslx=1\nxssl.a=1\nxsasl.a=1\nlistener.name=1\nlistener.names.a.ssl=1\n");
    assert_non_null(strstr(f->said, "p: unknown to Kafka: saslx, sslx, xssl.a, xsasl.a, listener.name, "
                                    "listener.names.a.ssl\n"));
}

static size_t longest_line(const char *text)
{
    size_t longest = 0;
    for (size_t size; *text != '\0'; text += size + 1) {
        size = strcspn(text, "\n");
        longest = size > longest ? size : longest;
    }
    return longest;
}

static void all_of_them_however_many(void **state)
{
    struct fixture *f = *state;
    enum { NAMES = 1000, SIZE = 64 * 1024 };
    char *text = malloc(SIZE), name[64];
    assert_non_null(text);
    size_t size = 0;
    for (int i = 0; i < NAMES; i++)
        size += (size_t)sprintf(text + size, "some.name.that.nobody.knows.%d.=1\n", i);
    for (size_t i = 0; i < setting_count; i++)
        if (settings[i].scope == SETTING_BROKER && settings[i].use == SETTING_NO_EFFECT &&
            settings[i].default_text != NULL && !settings[i].only_dynamic)
            size += (size_t)sprintf(text + size, "%s=%s\n", settings[i].name, settings[i].default_text);
    assert_true(size < SIZE);
    assert_accepted(f, text);
    free(text);
    for (int i = 0; i < NAMES; i++) {
        snprintf(name, sizeof name, " some.name.that.nobody.knows.%d.", i);
        assert_non_null(strstr(f->said, name));
    }
    assert_non_null(strstr(f->said, " alter.log.dirs.replication.quota.window.num,"));
    assert_non_null(strstr(f->said, " unclean.leader.election.interval.ms"));
    assert_true(longest_line(f->said) < 1000);
}

static void a_very_long_name(void **state)
{
    struct fixture *f = *state;
    char text[3000];
    memset(text, 'n', sizeof text - 1);
    strcpy(text + sizeof text - 20, "=1\nanother=1\n");
    assert_accepted(f, text);
    assert_non_null(strstr(f->said, "nnnnnnn\n"));
    assert_non_null(strstr(f->said, ": another\n"));
}

static void files_that_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    config_init(&f->config);
    capture_start(&f->captured);
    bool fine = config_read(&f->config, "/no/such/file");
    assert_non_null(strstr(capture_end(&f->captured), "/no/such/file"));
    assert_false(fine);
    assert_null(f->config.file);
}

static const char *effective(const struct fixture *f, enum setting_scope scope, const char *name,
                             enum setting_source *source)
{
    static char buffer[SETTING_EFFECTIVE_SIZE];
    const struct setting *s = setting_find(scope, name);
    assert_non_null(s);
    return setting_effective(f->config.file, s, buffer, source);
}

static void values_in_effect(void **state)
{
    struct fixture *f = *state;
    enum setting_source source;
    config_init(&f->config);
    assert_string_equal(effective(f, SETTING_TOPIC, "retention.ms", &source), "604800000"); /* 168 hours */
    assert_int_equal(source, SOURCE_DEFAULT);
    assert_string_equal(effective(f, SETTING_TOPIC, "cleanup.policy", &source), "delete");
    assert_string_equal(effective(f, SETTING_TOPIC, "flush.ms", &source), "9223372036854775807");
    assert_string_equal(effective(f, SETTING_TOPIC, "remote.storage.enable", &source), "false");
    source = SOURCE_STATIC_BROKER;
    assert_null(effective(f, SETTING_BROKER, "log.dirs", &source));
    assert_int_equal(source, SOURCE_DEFAULT);
    assert_accepted(f, "log.retention.minutes=5\nlog.retention.hours=7\nlog.roll.hours=2\nlog.cleanup.policy=compact , "
                       "delete\nlog.segment.bytes=01048576\n");
    assert_string_equal(effective(f, SETTING_TOPIC, "retention.ms", &source), "300000");
    assert_int_equal(source, SOURCE_STATIC_BROKER);
    assert_string_equal(effective(f, SETTING_TOPIC, "segment.ms", &source), "7200000");
    assert_string_equal(effective(f, SETTING_TOPIC, "cleanup.policy", &source), "compact,delete");
    assert_string_equal(effective(f, SETTING_BROKER, "log.segment.bytes", &source), "1048576");
    assert_string_equal(effective(f, SETTING_BROKER, "log.retention.ms", &source), "300000");
    assert_string_equal(effective(f, SETTING_BROKER, "log.retention.hours", &source), "7");
    assert_accepted(f, "log.retention.hours=-1\n");
    assert_string_equal(effective(f, SETTING_TOPIC, "retention.ms", &source), "-1");
}

static const char *effective_static(struct fixture *f, const char *name)
{
    enum setting_source source;
    const char *value = effective(f, SETTING_BROKER, name, &source);
    return source == SOURCE_STATIC_BROKER ? value : NULL;
}

static void options_are_shown_as_if_in_the_file(void **state)
{
    struct fixture *f = *state;
    config_init(&f->config);
    assert_true(config_complete(&f->config, 7));
    assert_string_equal(effective_static(f, "node.id"), "7");
    assert_string_equal(effective_static(f, "broker.id"), "7");
    assert_string_equal(effective_static(f, "process.roles"), "broker,controller");
    assert_string_equal(effective_static(f, "listeners"), "PLAINTEXT://127.0.0.1:9092");
    assert_null(effective_static(f, "log.dirs"));
    assert_null(effective_static(f, "advertised.listeners"));
    assert_accepted(f, "node.id=5\nprocess.roles=broker\nlisteners=PLAINTEXT://:1\n"
                       "advertised.listeners=PLAINTEXT://a:2\nlog.dir=/a\n");
    assert_true(config_complete(&f->config, 5));
    assert_string_equal(effective_static(f, "node.id"), "5");
    assert_string_equal(effective_static(f, "process.roles"), "broker");
    assert_string_equal(effective_static(f, "listeners"), "PLAINTEXT://:1");
    assert_string_equal(effective_static(f, "advertised.listeners"), "PLAINTEXT://a:2");
    assert_string_equal(effective_static(f, "log.dir"), "/a");
    assert_null(effective_static(f, "log.dirs"));
}

static void options_are_shown_instead_of_the_file(void **state)
{
    struct fixture *f = *state;
    const char *text = "listeners=PLAINTEXT://:1\nadvertised.listeners=PLAINTEXT://a:2\nlog.dir=/a\n"
                       "log.dirs=/b,/c\nmetadata.log.dir=/c\n";
    assert_accepted(f, text);
    assert_true(config_set_listen(&f->config, "[::1]:3"));
    assert_true(config_set_data_dir(&f->config, "/d"));
    assert_true(config_complete(&f->config, 1));
    assert_string_equal(effective_static(f, "listeners"), "PLAINTEXT://[::1]:3");
    assert_null(effective_static(f, "advertised.listeners"));
    assert_string_equal(effective_static(f, "log.dirs"), "/d");
    assert_null(effective_static(f, "log.dir"));
    assert_null(effective_static(f, "metadata.log.dir"));
    assert_accepted(f, text);
    assert_true(config_set_memory(&f->config, false));
    assert_true(config_complete(&f->config, 1));
    assert_null(effective_static(f, "log.dirs"));
    assert_null(effective_static(f, "log.dir"));
}

static void where_a_value_comes_from(void **state)
{
    struct fixture *f = *state;
    struct setting_entry entries[SETTING_ENTRIES_MAX];
    assert_accepted(f, "log.retention.hours=7\nlog.retention.ms=9\n");
    assert_int_equal(setting_entries(f->config.file, setting_find(SETTING_TOPIC, "retention.ms"), entries), 3);
    assert_string_equal(entries[0].name, "log.retention.ms");
    assert_string_equal(entries[0].value, "9");
    assert_int_equal(entries[0].source, SOURCE_STATIC_BROKER);
    assert_string_equal(entries[1].name, "log.retention.hours");
    assert_string_equal(entries[1].value, "7");
    assert_int_equal(entries[1].source, SOURCE_STATIC_BROKER);
    assert_string_equal(entries[2].name, "log.retention.hours");
    assert_string_equal(entries[2].value, "168");
    assert_int_equal(entries[2].source, SOURCE_DEFAULT);
    assert_int_equal(setting_entries(NULL, setting_find(SETTING_BROKER, "log.dirs"), entries), 0);
    assert_int_equal(setting_entries(NULL, setting_find(SETTING_TOPIC, "remote.storage.enable"), entries), 1);
    assert_string_equal(entries[0].name, "remote.storage.enable");
}

#define WITH_A_FILE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_A_FILE(lines_that_are_no_properties),
        WITH_A_FILE(defaults),
        WITH_A_FILE(values_are_trimmed),
        WITH_A_FILE(files_that_are_no_properties),
        WITH_A_FILE(numbers_at_their_edges),
        WITH_A_FILE(numbers_without_a_limit),
        WITH_A_FILE(settings_of_groups),
        WITH_A_FILE(values_that_kafka_refuses),
        WITH_A_FILE(the_first_line_is_complained_about),
        WITH_A_FILE(the_last_of_the_same_counts),
        WITH_A_FILE(node_id_or_broker_id),
        WITH_A_FILE(roles),
        WITH_A_FILE(data_directory),
        WITH_A_FILE(metadata_directory),
        WITH_A_FILE(options_win),
        WITH_A_FILE(protection_is_not_left_out),
        WITH_A_FILE(what_asks_for_no_protection_is_accepted),
        WITH_A_FILE(what_has_no_effect_is_reported),
        WITH_A_FILE(all_of_them_however_many),
        WITH_A_FILE(a_very_long_name),
        WITH_A_FILE(files_that_cannot_be_read),
        WITH_A_FILE(values_in_effect),
        WITH_A_FILE(options_are_shown_as_if_in_the_file),
        WITH_A_FILE(options_are_shown_instead_of_the_file),
        WITH_A_FILE(where_a_value_comes_from),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

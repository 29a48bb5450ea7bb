/* SPDX-License-Identifier: Apache-2.0 */
/* kwire-rdkafka produce|consume HOST:PORT TOPIC PARTITIONS RECORDS BYTES
 *
 * Writes records with librdkafka's default settings, or reads as many from all partitions, and prints records a second.
 * A Fetch waits no longer than 10 ms. Writing ends with the last acknowledgement; a record that is not acknowledged
 * ends the program. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>

#include "../load/clock.h"
#include "../load/program.h"

enum { QUEUE_MS = 10, SILENCE_MS = 20000, BATCH = 1000 };

struct task {
    const char *address, *topic;
    int32_t partitions;
    size_t records, bytes;
};

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char text[256];
    if (rd_kafka_conf_set(conf, name, value, text, sizeof text) != RD_KAFKA_CONF_OK)
        die("%s", text);
}

static rd_kafka_t *create(rd_kafka_type_t type, rd_kafka_conf_t *conf, const struct task *t)
{
    char text[256];
    set(conf, "bootstrap.servers", t->address);
    rd_kafka_t *rk = rd_kafka_new(type, conf, text, sizeof text);
    if (rk == NULL)
        die("%s", text);
    return rk;
}

/* ---- producing ---- */

static size_t acknowledged;

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    (void)opaque;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("a record is not acknowledged: %s", rd_kafka_err2str(message->err));
    acknowledged++;
}

static void produce_one(rd_kafka_t *rk, rd_kafka_topic_t *topic, int32_t partition, void *value, size_t size)
{
    while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, value, size, NULL, 0, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
            die("producing: %s", rd_kafka_err2str(rd_kafka_last_error()));
        (void)rd_kafka_poll(rk, QUEUE_MS);
    }
}

static double produce(const struct task *t)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_t *rk = create(RD_KAFKA_PRODUCER, conf, t);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, t->topic, NULL);
    uint8_t *value = must_have(malloc(t->bytes));
    memset(value, 'v', t->bytes);
    uint64_t began = clock_now();
    for (size_t i = 0; i < t->records; i++) {
        produce_one(rk, topic, (int32_t)(i / BATCH) % t->partitions, value, t->bytes);
        if (i % BATCH == 0)
            (void)rd_kafka_poll(rk, 0);
    }
    if (rd_kafka_flush(rk, SILENCE_MS) != RD_KAFKA_RESP_ERR_NO_ERROR || acknowledged != t->records)
        die("%zu records of %zu are acknowledged", acknowledged, t->records);
    double seconds = (double)(clock_now() - began) / 1e9;
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(rk);
    free(value);
    return seconds;
}

/* ---- consuming ---- */

static void assign(rd_kafka_t *rk, const struct task *t)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(t->partitions);
    for (int32_t i = 0; i < t->partitions; i++)
        rd_kafka_topic_partition_list_add(list, t->topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (rd_kafka_assign(rk, list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        die("assigning partitions");
    rd_kafka_topic_partition_list_destroy(list);
}

/* Records that are of the expected size. */
static size_t take(rd_kafka_queue_t *queue, const struct task *t)
{
    rd_kafka_message_t *messages[BATCH];
    ssize_t count = rd_kafka_consume_batch_queue(queue, SILENCE_MS, messages, BATCH);
    size_t good = 0;
    if (count <= 0)
        die("no records for %d seconds", SILENCE_MS / 1000);
    for (ssize_t i = 0; i < count; i++) {
        if (messages[i]->err != RD_KAFKA_RESP_ERR_NO_ERROR)
            die("consuming: %s", rd_kafka_message_errstr(messages[i]));
        good += messages[i]->len == t->bytes;
        rd_kafka_message_destroy(messages[i]);
    }
    return good;
}

static double consume(const struct task *t)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "group.id", "none"); /* needed for assign(); it is not joined */
    set(conf, "enable.auto.commit", "false");
    set(conf, "fetch.wait.max.ms", "10"); /* a Fetch for partitions that have ended delays those that start later */
    rd_kafka_t *rk = create(RD_KAFKA_CONSUMER, conf, t);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);
    assign(rk, t);
    size_t seen = take(queue, t);
    uint64_t began =
        clock_now(); /* as rdkafka_performance does, which does not count what is before the first record */
    while (seen < t->records)
        seen += take(queue, t);
    double seconds = (double)(clock_now() - began) / 1e9;
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(rk);
    return seconds;
}

int main(int argc, char **argv)
{
    if (argc != 7)
        die("usage: kwire-rdkafka produce|consume HOST:PORT TOPIC PARTITIONS RECORDS BYTES");
    struct task t = {argv[2], argv[3], (int32_t)option_number(argv[4], 1, 10000),
                     (size_t)option_number(argv[5], 1, 1e12), (size_t)option_number(argv[6], 1, 1e6)};
    double seconds = strcmp(argv[1], "produce") == 0 ? produce(&t) : consume(&t);
    printf("%.0f\n", (double)t.records / seconds);
    return 0;
}

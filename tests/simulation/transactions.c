/* SPDX-License-Identifier: Apache-2.0 */
#include "transactions.h"

#include <stdio.h>
#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/create_topics_request.h>
#include <kwire/messages/create_topics_response.h>

#include "control.h"
#include "transactor.h"
#include "witness.h"

enum { MOST_WRITERS = 6, MOST_IDS = MOST_WRITERS + LEDGER_PARTITIONS, WITNESSES = 3 };

struct ledger_topic ledger_topics[LEDGER_TOPICS];

static struct transactor clients[MOST_IDS][2]; /* chains first; the second one of an id is there now and then */
static size_t id_count;
static int chain_count;
static struct witness witnesses[WITNESSES], last_witness;
static enum { RUNNING, WRITERS_END, CHAINS_END, READ_AGAIN } stage;

/* ---- topics ---- */

size_t ledger_topic_by_name(kw_string name)
{
    for (size_t t = 0; t < LEDGER_TOPICS; t++)
        if (kw_string_equal(name, kw_string_of(ledger_topics[t].name)))
            return t;
    broken("a topic that nobody has asked for: %.*s", name.len, name.data);
}

size_t ledger_topic_by_id(kw_uuid id)
{
    for (size_t t = 0; t < LEDGER_TOPICS; t++)
        if (kw_uuid_equal(id, ledger_topics[t].id))
            return t;
    broken("a topic id that nobody has asked for");
}

static void use_creation(void *context, const void *response)
{
    const kw_create_topics_response *r = response;
    (void)context;
    CHECK(r->topics.len == LEDGER_TOPICS, "%d topics are created", r->topics.len);
    for (int32_t i = 0; i < r->topics.len; i++) {
        CHECK(r->topics.items[i].error_code == KW_ERROR_NONE, "a topic is not created: error %d",
              r->topics.items[i].error_code);
        ledger_topics[ledger_topic_by_name(r->topics.items[i].name)].id = r->topics.items[i].topic_id;
    }
}

bool transactions_create_topics(void)
{
    static const char *const names[LEDGER_TOPICS] = {"ledger", "copies"};
    kw_create_topics_request request;
    kw_create_topics_request_creatable_topic asked[LEDGER_TOPICS];
    kw_create_topics_request_init(&request);
    request.topics.items = asked;
    request.topics.len = LEDGER_TOPICS;
    for (size_t t = 0; t < LEDGER_TOPICS; t++) {
        (void)snprintf(ledger_topics[t].name, sizeof ledger_topics[t].name, "%s", names[t]);
        kw_create_topics_request_creatable_topic_init(&asked[t]);
        asked[t].name = kw_string_of(ledger_topics[t].name);
        asked[t].num_partitions = LEDGER_PARTITIONS;
        asked[t].replication_factor = 1;
    }
    return control_ask(KW_KEY_CREATE_TOPICS, 7, &request, use_creation, NULL);
}

/* ---- clients ---- */

void transactions_start(void)
{
    char id[TRANSACTIONAL_ID];
    size_t writers = (size_t)pick_from(1, MOST_WRITERS);
    stage = RUNNING;
    chain_count = (int)pick_from(1, LEDGER_PARTITIONS);
    id_count = (size_t)chain_count + writers;
    for (size_t i = 0; i < id_count; i++) {
        bool is_chain = (int)i < chain_count;
        (void)snprintf(id, sizeof id, "%s-%zu", is_chain ? "chain" : "writer", i);
        for (size_t j = 0; j < 2; j++)
            transactor_init(&clients[i][j], id, is_chain ? (int)i : NO_SOURCE, &clients[i][1 - j]);
        transactor_start(&clients[i][0]);
    }
    for (size_t i = 0; i < WITNESSES; i++)
        witness_start(&witnesses[i], i != 0, i == WITNESSES - 1);
}

void transactions_disturb(void)
{
    size_t i = pick(id_count), one = pick(2);
    world.counts.faults++;
    if (one_in(3))
        transactor_sleep(&clients[i][one], pick_from(1, 60000));
    else if (one_in(3))
        transactor_die(&clients[i][one]);
    else
        transactor_start(&clients[i][one]);
    if (!clients[i][0].is_alive && !clients[i][1].is_alive && one_in(2))
        transactor_start(&clients[i][one]);
}

/* ---- the end ---- */

static bool is_of_chain(size_t i)
{
    return (int)i < chain_count;
}

static void end_clients(bool of_chains)
{
    for (size_t i = 0; i < id_count; i++)
        if (is_of_chain(i) == of_chains)
            transactor_end(&clients[i][0]);
}

static bool have_clients_ended(bool of_chains)
{
    for (size_t i = 0; i < id_count; i++)
        if (is_of_chain(i) == of_chains && !clients[i][0].has_ended)
            return false;
    return true;
}

void transactions_end(void)
{
    for (size_t i = 0; i < id_count; i++) {
        transactor_die(&clients[i][1]);
        if (!clients[i][0].is_alive)
            transactor_start(&clients[i][0]);
    }
    end_clients(false);
    stage = WRITERS_END;
}

bool transactions_have_ended(const char **why)
{
    if (stage == WRITERS_END && have_clients_ended(false)) {
        end_clients(true);
        stage = CHAINS_END;
    }
    if (stage == CHAINS_END && have_clients_ended(true)) {
        witness_start(&last_witness, true, false);
        stage = READ_AGAIN;
    }
    *why = stage == WRITERS_END  ? "a transaction does not end"
           : stage == CHAINS_END ? "a chain does not come to the end"
                                 : "not all can be read at read_committed";
    if (stage != READ_AGAIN || !witness_has_read_all(&last_witness))
        return false;
    ledger_check_end(chain_count);
    return true;
}

void transactions_delete_groups(void)
{
    for (int c = 0; c < chain_count; c++) {
        struct group group = {0};
        int16_t error = -1;
        (void)snprintf(group.name, sizeof group.name, "%s", clients[c][0].id);
        CHECK(control_delete_group(&group, &error) && (error == KW_ERROR_NONE || error == KW_ERROR_GROUP_ID_NOT_FOUND),
              "%s is not deleted: error %d", group.name, error);
    }
}

void transactions_stop(void)
{
    for (size_t i = 0; i < id_count; i++)
        for (size_t j = 0; j < 2; j++)
            transactor_die(&clients[i][j]);
    for (size_t i = 0; i < WITNESSES; i++)
        witness_stop(&witnesses[i]);
    witness_stop(&last_witness);
    memset(&last_witness, 0, sizeof last_witness);
    id_count = 0;
}

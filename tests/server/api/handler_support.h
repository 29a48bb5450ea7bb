/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_API_HANDLER_SUPPORT_H
#define TESTS_SERVER_API_HANDLER_SUPPORT_H

/* Handlers called without a connection: requests as structs, responses as JSON. Each is asked with no memory first,
 * then with more and more of it until that suffices: shortage must be reported, and nothing written beyond what there
 * is. */

#include "../../unit/support.h"

#include <kwire/json.h>
#include <kwire/message.h>

#include "api/handlers.h"

enum { HANDLER_MEMORY = 64 * 1024, HANDLER_GUARD = 128, HANDLER_STEP = 16 };

struct handler {
    struct broker broker;
    struct endpoint endpoint;
    struct call call;
    kw_arena arena;
    _Alignas(16) uint8_t memory[HANDLER_MEMORY + HANDLER_GUARD];
    char json[HANDLER_MEMORY];
};

/* A broker 7 that clients reach at broker:9092, with an image. */
static inline void handler_init(struct handler *h, const struct metadata_image *image)
{
    memset(h, 0, sizeof *h);
    config_init(&h->broker.config);
    h->broker.identity.node_id = 7;
    strcpy(h->broker.identity.cluster_id, "cluster");
    assert_true(endpoint_parse("broker:9092", &h->endpoint));
    h->call.broker = &h->broker;
    h->call.image = image;
    h->call.endpoint = &h->endpoint;
    h->call.arena = &h->arena;
}

static inline void handler_set_memory(struct handler *h, size_t size)
{
    memset(h->memory, 0x5a, sizeof h->memory);
    kw_arena_init(&h->arena, h->memory, size);
}

static inline void handler_assert_guard(const struct handler *h, size_t size)
{
    for (size_t i = 0; i < HANDLER_GUARD; i++)
        assert_int_equal(h->memory[size + i], 0x5a);
}

static inline void handler_assert_json(struct handler *h, const kw_message *message, const void *response,
                                       const char *expected)
{
    kw_writer w;
    kw_writer_init(&w, h->json, sizeof h->json - 1);
    assert_int_equal(kw_message_json(message, h->call.version, response, &w), KW_OK);
    h->json[kw_writer_data(&w).size] = '\0';
    for (char *quote = h->json; (quote = strchr(quote, '"')) != NULL;)
        *quote = '\'';
    assert_string_equal(h->json, expected);
    kw_writer_init_counting(&w); /* JSON leaves out tagged fields that are not known, and here are none */
    assert_int_equal(kw_message_encode(message, h->call.version, response, &w), KW_OK);
}

/* Asks an API by its name in C, for what is expected as JSON. */
#define ASK(h, api, ask_version, request, expected)                                            \
    do {                                                                                       \
        kw_##api##_response response_;                                                         \
        size_t size_ = 0;                                                                      \
        (h)->call.version = (ask_version);                                                     \
        for (;; size_ += HANDLER_STEP) {                                                       \
            assert_true(size_ < HANDLER_MEMORY);                                               \
            handler_set_memory((h), size_);                                                    \
            kw_##api##_response_init(&response_);                                              \
            bool answered_ = handle_##api(&(h)->call, (request), &response_) == CALL_ANSWERED; \
            handler_assert_guard((h), size_);                                                  \
            if (answered_)                                                                     \
                break;                                                                         \
        }                                                                                      \
        handler_assert_json((h), &kw_##api##_response_message, &response_, (expected));        \
    } while (0)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "asker.h"

#include <stddef.h>

#include <kwire/arena.h>
#include <kwire/frame.h>
#include <kwire/message.h>

#include "world.h"

enum { LARGEST = 1 << 20, ARENA_LIMIT = 64 << 20 };

static struct asker *of(struct link_owner *owner)
{
    return (struct asker *)(void *)owner; /* its first member */
}

static void heard(struct link_owner *owner, kw_bytes frame)
{
    struct asker *a = of(owner);
    static uint8_t block[LARGEST];
    kw_arena arena;
    kw_frame got;
    kw_response response;
    kw_reader in;
    void *value;
    CHECK((frame.len == 0) == a->expects_nothing, "API %d has an answer of %d bytes", a->key, frame.len);
    if (a->expects_nothing) {
        a->is_busy = false;
        a->answered(a, NULL);
        return;
    }
    kw_arena_init_growing(&arena, block, sizeof block, kw_allocator_libc(), ARENA_LIMIT);
    CHECK(kw_frame_next(frame.data, (size_t)frame.len, ARENA_LIMIT, &got), "an answer that is not one frame");
    CHECK(kw_response_decode_header(&response, a->key, a->version, got.payload, &arena) == KW_OK,
          "an answer to API %d without a header", a->key);
    CHECK(response.correlation_id == a->correlation, "the answer to another request");
    kw_reader_init_bytes(&in, response.body);
    kw_status status = kw_message_decode(kw_message_find(a->key, KW_MESSAGE_RESPONSE), a->version, &in, &arena, &value);
    CHECK(status == KW_OK, "an answer to API %d version %d that cannot be read: %s", a->key, a->version,
          kw_status_text(status));
    a->is_busy = false;
    a->quiet_since = world.now;
    a->answered(a, value);
    kw_arena_finish(&arena);
}

static void lost(struct link_owner *owner)
{
    struct asker *a = of(owner);
    bool was_busy = a->is_busy;
    a->link = NULL;
    a->is_busy = false;
    a->quiet_since = world.now;
    if (was_busy)
        a->failed(a);
}

void asker_ask(struct asker *a, int16_t key, int16_t version, const void *request, int64_t timeout_ms)
{
    static uint8_t frame[LARGEST];
    kw_writer w;
    if (a->is_busy)
        broken("a client asks twice");
    kw_writer_init(&w, frame, sizeof frame);
    kw_frame_mark mark = kw_request_begin(&w, key, version, ++a->correlation, kw_string_of("simulated"));
    if (kw_message_encode(kw_message_find(key, KW_MESSAGE_REQUEST), version, request, &w) != KW_OK ||
        kw_frame_end(&w, mark) != KW_OK)
        broken("a request of API %d version %d cannot be encoded: %s", key, version, kw_status_text(w.status));
    a->owner = (struct link_owner){heard, lost};
    a->key = key;
    a->version = version;
    a->is_busy = true;
    a->asked_at = world.now;
    if (a->link == NULL) {
        a->link = link_open(&a->owner, a->is_undisturbed);
        a->connection++;
    }
    kw_span data = kw_writer_data(&w);
    link_ask(a->link, kw_bytes_of_span(data), timeout_ms);
}

bool asker_is_connected(const struct asker *a)
{
    return a->link != NULL && !link_is_cut(a->link);
}

void asker_stop(struct asker *a)
{
    if (a->link != NULL)
        link_leave(a->link);
    a->link = NULL;
    a->is_busy = false;
}

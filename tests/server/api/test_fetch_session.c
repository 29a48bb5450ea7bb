/* SPDX-License-Identifier: Apache-2.0 */
/* Fetch sessions: epochs, what is news, whose turn it is, who makes way, limits; and random requests beside a model. */
#include "../../unit/support.h"

#include <kwire/error.h>

#include "api/fetch_sessions.h"

enum { PARTS = 12, SLOTS = 16, LIMIT = 1000 };

struct fixture {
    struct fetch_sessions sessions;
    kw_arena arena;
    kw_fetch_request_topic topics[2]; /* "a" and "b" */
    kw_fetch_request_partition partitions[PARTS];
    struct fetch_asked asked[PARTS];
    kw_fetch_response response;
    kw_fetch_response_fetchable_topic_response sent_topics[PARTS];
    kw_fetch_response_partition_data sent[PARTS];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL || !fetch_sessions_init(&f->sessions, SLOTS, LIMIT))
        return -1;
    kw_arena_init_growing(&f->arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    for (int i = 0; i < 2; i++) {
        kw_fetch_request_topic_init(&f->topics[i]);
        f->topics[i].topic = kw_string_of(i == 0 ? "a" : "b");
        f->topics[i].topic_id.bytes[15] = (uint8_t)(i + 1);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    fetch_sessions_finish(&f->sessions);
    kw_arena_finish(&f->arena);
    free(f);
    return 0;
}

/* Partition i is number i of "a", or i - 100 of "b"; it is asked for from the offset. */
static struct fetch_asked asking(struct fixture *f, int slot, int i, int64_t offset)
{
    kw_fetch_request_partition *p = &f->partitions[slot];
    kw_fetch_request_partition_init(p);
    p->partition = i % 100;
    p->fetch_offset = offset;
    return (struct fetch_asked){&f->topics[i / 100], p, {NULL, -1}};
}

/* A response to all that is asked, with these numbers: high watermark, bytes of records. */
static void respond(struct fixture *f, const struct fetch_asked *asked, size_t count, int64_t high_watermark,
                    int32_t records)
{
    static const uint8_t bytes[64];
    kw_fetch_response_init(&f->response);
    f->response.responses.items = f->sent_topics;
    for (size_t i = 0; i < count; i++) {
        kw_fetch_response_partition_data *p = &f->sent[i];
        kw_fetch_response_partition_data_init(p);
        p->partition_index = asked[i].partition->partition;
        p->high_watermark = high_watermark;
        p->log_start_offset = 0;
        p->records = (kw_bytes){bytes, records};
        kw_fetch_response_fetchable_topic_response *topic = &f->sent_topics[f->response.responses.len++];
        kw_fetch_response_fetchable_topic_response_init(topic);
        topic->topic = asked[i].topic->topic;
        topic->topic_id = asked[i].topic->topic_id;
        topic->partitions.items = p;
        topic->partitions.len = 1;
    }
}

static int32_t start_session(struct fixture *f, int count, int64_t now)
{
    for (int i = 0; i < count; i++)
        f->asked[i] = asking(f, i, i, 0);
    respond(f, f->asked, (size_t)count, 10, 0);
    return fetch_sessions_start(&f->sessions, false, false, now, f->asked, (size_t)count, &f->response);
}

struct listed {
    struct fetch_asked *items;
    size_t count;
};

static int16_t update(struct fixture *f, int32_t id, int32_t epoch, const struct fetch_asked *asked, size_t count,
                      struct listed *out)
{
    const struct fetch_session_request request = {.id = id, .epoch = epoch, .asked = asked, .count = count};
    *out = (struct listed){NULL, 0};
    return fetch_sessions_update(&f->sessions, &request, 0, &f->arena, &out->items, &out->count);
}

/* The numbers of the partitions that are asked for, in order. */
static const char *listed_text(const struct listed *l)
{
    static char text[200];
    text[0] = '\0';
    for (size_t i = 0; i < l->count; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s%d@%d ", KW_FMT(l->items[i].topic->topic),
                       l->items[i].partition->partition, (int)l->items[i].partition->fetch_offset);
    return text;
}

static const char *sent_text(const struct fixture *f)
{
    static char text[200];
    text[0] = '\0';
    for (int32_t t = 0; t < f->response.responses.len; t++) {
        const kw_fetch_response_fetchable_topic_response *topic = &f->response.responses.items[t];
        for (int32_t i = 0; i < topic->partitions.len; i++)
            (void)snprintf(text + strlen(text), sizeof text - strlen(text), "%.*s%d ", KW_FMT(topic->topic),
                           topic->partitions.items[i].partition_index);
    }
    return text;
}

static void changes(void **state)
{
    struct fixture *f = *state;
    struct listed l;
    int32_t id = start_session(f, 3, 0);
    assert_true(id > 0);
    assert_int_equal(update(f, id, 1, NULL, 0, &l), KW_ERROR_NONE);
    assert_string_equal(listed_text(&l), "a0@0 a1@0 a2@0 ");
    struct fetch_asked more[] = {asking(f, 5, 1, 7), asking(f, 6, 100, 3), asking(f, 7, 3, 0)};
    assert_int_equal(update(f, id, 2, more, 3, &l), KW_ERROR_NONE);
    assert_string_equal(listed_text(&l), "a0@0 a1@7 a2@0 b0@3 a3@0 ");
    int32_t zero = 0, gone[] = {0, 2, 9};
    kw_fetch_request_forgotten_topic forgotten[2];
    for (int i = 0; i < 2; i++)
        kw_fetch_request_forgotten_topic_init(&forgotten[i]);
    forgotten[0].topic = kw_string_of("a");
    forgotten[0].partitions.items = gone;
    forgotten[0].partitions.len = 3;
    forgotten[1].topic = kw_string_of("none");
    forgotten[1].partitions.items = &zero;
    forgotten[1].partitions.len = 1;
    const struct fetch_session_request request = {.id = id, .epoch = 3, .forgotten = forgotten, .forgotten_count = 2};
    assert_int_equal(fetch_sessions_update(&f->sessions, &request, 0, &f->arena, &l.items, &l.count), KW_ERROR_NONE);
    assert_string_equal(listed_text(&l), "a1@7 b0@3 a3@0 ");
    assert_int_equal(fetch_sessions_count(&f->sessions), 1);
    forgotten[0].partitions.items = (int32_t[]){1, 3};
    forgotten[0].partitions.len = 2;
    forgotten[1].topic = kw_string_of("b");
    const struct fetch_session_request last = {.id = id, .epoch = 4, .forgotten = forgotten, .forgotten_count = 2};
    assert_int_equal(fetch_sessions_update(&f->sessions, &last, 0, &f->arena, &l.items, &l.count), KW_ERROR_NONE);
    assert_int_equal(l.count, 0);
    assert_int_equal(fetch_sessions_count(&f->sessions), 0); /* nothing is left of it */
    assert_int_equal(f->sessions.partitions, 0);
}

/* Of topics that are asked for by id the names are kept that were known when they came. */
static void names_of_topics(void **state)
{
    struct fixture *f = *state;
    struct listed l;
    struct fetch_asked asked[] = {asking(f, 0, 0, 0), asking(f, 1, 100, 0)};
    for (int i = 0; i < 2; i++)
        f->topics[i].topic = kw_string_of("");
    asked[0].name = kw_string_of("name of a");
    respond(f, asked, 2, 10, 0);
    int32_t id = fetch_sessions_start(&f->sessions, false, true, 0, asked, 2, &f->response);
    struct fetch_session_request request = {.id = id, .epoch = 1, .uses_ids = true};
    for (int i = 0; i < 2; i++, request.epoch++) {
        assert_int_equal(fetch_sessions_update(&f->sessions, &request, 0, &f->arena, &l.items, &l.count),
                         KW_ERROR_NONE);
        assert_int_equal(l.count, 2);
        assert_true(kw_string_equal(l.items[0].name, kw_string_of("name of a")));
        assert_int_equal(l.items[0].topic->topic.len, 0);
        assert_int_equal(l.items[1].name.len, -1);
        asked[0].name = kw_string_of("another one"); /* it stays what it was */
        request.asked = asked;
        request.count = 1;
    }
}

static void requests_that_do_not_fit(void **state)
{
    struct fixture *f = *state;
    struct listed l;
    int32_t id = start_session(f, 1, 0);
    assert_int_equal(update(f, id, 2, NULL, 0, &l), KW_ERROR_INVALID_FETCH_SESSION_EPOCH);
    assert_int_equal(update(f, id, 1, NULL, 0, &l), KW_ERROR_NONE);
    assert_int_equal(update(f, id, 1, NULL, 0, &l), KW_ERROR_INVALID_FETCH_SESSION_EPOCH); /* sent again */
    static const int32_t none[] = {0, -1, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < COUNT_OF(none); i++) {
        assert_int_equal(update(f, none[i], 1, NULL, 0, &l), KW_ERROR_FETCH_SESSION_ID_NOT_FOUND);
        fetch_sessions_end(&f->sessions, none[i]);
    }
    assert_int_equal(update(f, id == 1 ? 2 : id - 1, 1, NULL, 0, &l), KW_ERROR_FETCH_SESSION_ID_NOT_FOUND);
    const struct fetch_session_request by_id = {.id = id, .epoch = 2, .uses_ids = true};
    assert_int_equal(fetch_sessions_update(&f->sessions, &by_id, 0, &f->arena, &l.items, &l.count),
                     KW_ERROR_FETCH_SESSION_TOPIC_ID_ERROR);
    respond(f, f->asked, 1, 11, 0);
    assert_int_equal(fetch_sessions_prune(&f->sessions, id, 2, &f->response), KW_ERROR_INVALID_FETCH_SESSION_EPOCH);
    fetch_sessions_end(&f->sessions, id);
    assert_int_equal(fetch_sessions_count(&f->sessions), 0);
    assert_int_equal(fetch_sessions_prune(&f->sessions, id, 2, &f->response), KW_ERROR_NONE); /* has been evicted */
    assert_string_equal(sent_text(f), "a0 ");
    assert_int_equal(update(f, id, 2, NULL, 0, &l), KW_ERROR_FETCH_SESSION_ID_NOT_FOUND);
    assert_int_equal(fetch_session_next_epoch(INT32_MAX), 1);
    assert_int_equal(fetch_session_next_epoch(1), 2);
}

/* The first response to a partition is news, even if it is empty. */
static void added_partitions_are_news(void **state)
{
    struct fixture *f = *state;
    struct listed l;
    int32_t id = start_session(f, 1, 0);
    struct fetch_asked more[] = {asking(f, 5, 100, 0)};
    assert_int_equal(update(f, id, 1, more, 1, &l), KW_ERROR_NONE);
    respond(f, l.items, l.count, 0, 0);
    f->sent[0].high_watermark = 10;
    assert_int_equal(fetch_sessions_prune(&f->sessions, id, 1, &f->response), KW_ERROR_NONE);
    assert_string_equal(sent_text(f), "b0 ");
    assert_int_equal(update(f, id, 2, NULL, 0, &l), KW_ERROR_NONE);
    respond(f, l.items, l.count, 0, 0);
    f->sent[0].high_watermark = 10;
    assert_int_equal(fetch_sessions_prune(&f->sessions, id, 2, &f->response), KW_ERROR_NONE);
    assert_string_equal(sent_text(f), "");
}

/* A topic whose name is as long as can be, and one that has an id only. */
static void long_and_missing_names(void **state)
{
    struct fixture *f = *state;
    static char name[249];
    struct listed l;
    memset(name, 'x', sizeof name);
    f->topics[0].topic = f->topics[1].topic = (kw_string){NULL, -1};
    f->asked[0] = asking(f, 0, 0, 0);
    f->asked[0].name = (kw_string){name, sizeof name};
    f->asked[1] = asking(f, 1, 100, 0);
    respond(f, f->asked, 2, 10, 0);
    int32_t id = fetch_sessions_start(&f->sessions, false, true, 0, f->asked, 2, &f->response);
    assert_true(id > 0);
    const struct fetch_session_request request = {.id = id, .epoch = 1, .uses_ids = true};
    assert_int_equal(fetch_sessions_update(&f->sessions, &request, 0, &f->arena, &l.items, &l.count), KW_ERROR_NONE);
    assert_int_equal(l.count, 2);
    assert_true(kw_string_equal(l.items[0].name, f->asked[0].name));
    assert_int_equal(l.items[1].name.len, -1);
    assert_true(l.items[1].topic->topic.len <= 0);
    assert_true(kw_uuid_equal(l.items[1].topic->topic_id, f->topics[1].topic_id));
}

static void only_news_are_sent(void **state)
{
    struct fixture *f = *state;
    struct listed l;
    int32_t id = start_session(f, 3, 0);
    int32_t epoch = 1;
#define REQUEST() assert_int_equal(update(f, id, epoch, NULL, 0, &l), KW_ERROR_NONE)
#define ASSERT_SENT(expected)                                                                         \
    do {                                                                                              \
        assert_int_equal(fetch_sessions_prune(&f->sessions, id, epoch, &f->response), KW_ERROR_NONE); \
        assert_string_equal(sent_text(f), (expected));                                                \
        epoch++;                                                                                      \
    } while (0)
    REQUEST();
    respond(f, l.items, l.count, 10, 0);
    ASSERT_SENT("");
    REQUEST();
    respond(f, l.items, l.count, 10, 0);
    f->sent[1].high_watermark = 11;
    ASSERT_SENT("a1 ");
    REQUEST();
    respond(f, l.items, l.count, 10, 0);
    f->sent[0].log_start_offset = 4;
    f->sent[1].high_watermark = 11;
    ASSERT_SENT("a0 ");
    REQUEST();
    respond(f, l.items, l.count, 10, 0);
    f->sent[0].log_start_offset = 4;
    f->sent[1].high_watermark = 11;
    f->sent[0].preferred_read_replica = 2;
    f->sent[1].diverging_epoch.epoch = 0;
    f->sent[2].error_code = KW_ERROR_KAFKA_STORAGE_ERROR;
    ASSERT_SENT("a0 a1 a2 ");
    REQUEST();
    respond(f, l.items, l.count, 10, 0);
    f->sent[0].log_start_offset = 4;
    f->sent[1].high_watermark = 11;
    ASSERT_SENT("a2 "); /* its error has gone */
    REQUEST();
    respond(f, l.items, l.count, 10, 0);
    f->sent[0].log_start_offset = 4;
    f->sent[1].high_watermark = 11;
    f->sent[0].records.len = 1;
    ASSERT_SENT("a0 ");
    REQUEST();
    assert_string_equal(listed_text(&l), "a1@0 a2@0 a0@0 "); /* each has its turn */
    respond(f, l.items, l.count, 10, 5);
    f->sent[2].log_start_offset = 4;
    f->sent[0].high_watermark = 11;
    ASSERT_SENT("a1 a2 a0 ");
}

static void topics_by_id(void **state)
{
    struct fixture *f = *state;
    struct listed l;
    f->topics[0].topic = f->topics[1].topic = kw_string_of("");
    f->asked[0] = asking(f, 0, 0, 1);
    f->asked[1] = asking(f, 1, 100, 2);
    respond(f, f->asked, 2, 10, 0);
    int32_t id = fetch_sessions_start(&f->sessions, false, true, 0, f->asked, 2, &f->response);
    const struct fetch_session_request request = {.id = id, .epoch = 1, .uses_ids = true};
    assert_int_equal(fetch_sessions_update(&f->sessions, &request, 0, &f->arena, &l.items, &l.count), KW_ERROR_NONE);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.items[1].topic->topic_id.bytes[15], 2);
    assert_int_equal(l.items[1].partition->fetch_offset, 2);
    respond(f, f->asked, 2, 10, 0);
    f->sent[1].high_watermark = 12;
    assert_int_equal(fetch_sessions_prune(&f->sessions, id, 1, &f->response), KW_ERROR_NONE);
    assert_int_equal(f->response.responses.len, 1);
    assert_int_equal(f->response.responses.items[0].topic_id.bytes[15], 2);
    struct listed again;
    assert_int_equal(update(f, id, 2, NULL, 0, &again), KW_ERROR_FETCH_SESSION_TOPIC_ID_ERROR);
}

/* With two slots for each of eight shards. */
static void who_makes_way(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < SLOTS; i++)
        assert_int_not_equal(start_session(f, 2, 1000), 0);
    assert_int_equal(start_session(f, 5, 1000), 0); /* none is old enough, however small */
    assert_int_equal(start_session(f, 5, 1000 + FETCH_SESSION_EVICTION_MS), 0);
    assert_int_equal(fetch_sessions_count(&f->sessions), SLOTS);
    assert_int_not_equal(start_session(f, 1, 1001 + FETCH_SESSION_EVICTION_MS), 0); /* one that was not used for long */
    assert_int_equal(fetch_sessions_count(&f->sessions), SLOTS);
    respond(f, f->asked, 1, 10, 0); /* followers replace consumers of any age */
    assert_int_not_equal(fetch_sessions_start(&f->sessions, true, false, 1000, f->asked, 1, &f->response), 0);
    assert_int_equal(fetch_sessions_count(&f->sessions), SLOTS);
}

/* Sessions that are old but in use make way for larger ones only. */
static void larger_ones_replace_old_ones(void **state)
{
    struct fixture *f = *state;
    struct fetch_sessions one;
    struct listed l;
    assert_true(fetch_sessions_init(&one, FETCH_SESSION_SHARDS, LIMIT));
    int32_t ids[FETCH_SESSION_SHARDS];
    int64_t now = 0;
    for (int i = 0; i < FETCH_SESSION_SHARDS; i++) {
        f->asked[i] = asking(f, i, i, 0);
        respond(f, f->asked, 1, 10, 0);
        f->asked[0] = asking(f, 0, 0, 0);
        f->asked[1] = asking(f, 1, 1, 0);
        ids[i] = fetch_sessions_start(&one, false, false, now, f->asked, 2, &f->response);
    }
    now += FETCH_SESSION_EVICTION_MS + 1;
    for (int i = 0; i < FETCH_SESSION_SHARDS; i++) {
        const struct fetch_session_request request = {.id = ids[i], .epoch = 1};
        assert_int_equal(fetch_sessions_update(&one, &request, now, &f->arena, &l.items, &l.count), KW_ERROR_NONE);
    }
    assert_int_equal(fetch_sessions_start(&one, false, false, now, f->asked, 1, &f->response), 0);
    f->asked[2] = asking(f, 2, 2, 0);
    assert_int_not_equal(fetch_sessions_start(&one, false, false, now, f->asked, 3, &f->response), 0);
    assert_int_equal(fetch_sessions_count(&one), FETCH_SESSION_SHARDS);
    fetch_sessions_finish(&one);
}

static void limits(void **state)
{
    struct fixture *f = *state;
    struct fetch_sessions few;
    struct listed l;
    assert_true(fetch_sessions_init(&few, SLOTS, 10));
    for (int i = 0; i < PARTS; i++)
        f->asked[i] = asking(f, i, i, 0);
    respond(f, f->asked, 6, 10, 0);
    assert_int_equal(fetch_sessions_start(&few, false, false, 0, f->asked, 11, &f->response), 0);
    int32_t id = fetch_sessions_start(&few, false, false, 0, f->asked, 6, &f->response);
    assert_int_not_equal(id, 0);
    assert_int_equal(fetch_sessions_start(&few, false, false, 0, f->asked, 5, &f->response), 0);
    const struct fetch_session_request request = {.id = id, .epoch = 1, .asked = f->asked, .count = 10};
    assert_int_equal(fetch_sessions_update(&few, &request, 0, &f->arena, &l.items, &l.count), KW_ERROR_NONE);
    assert_int_equal(few.partitions, 10);
    const struct fetch_session_request too_many = {.id = id, .epoch = 2, .asked = f->asked, .count = 11};
    assert_int_equal(fetch_sessions_update(&few, &too_many, 0, &f->arena, &l.items, &l.count),
                     KW_ERROR_FETCH_SESSION_ID_NOT_FOUND); /* it starts anew */
    assert_int_equal(few.partitions, 0);
    fetch_sessions_finish(&few);
    assert_true(fetch_sessions_init(&few, 7, 10)); /* less than one for each shard, as in Kafka */
    assert_int_equal(fetch_sessions_start(&few, false, false, 0, f->asked, 1, &f->response), 0);
    assert_int_equal(fetch_sessions_count(&few), 0);
    fetch_sessions_finish(&few);
}

static void many_sessions(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 4000 };
    struct fetch_sessions many;
    struct listed l;
    int32_t *ids = calloc(MANY, sizeof *ids);
    assert_non_null(ids);
    assert_true(fetch_sessions_init(&many, MANY, MANY * 2));
    f->asked[0] = asking(f, 0, 0, 0);
    respond(f, f->asked, 1, 10, 0);
    for (int i = 0; i < MANY; i++) {
        ids[i] = fetch_sessions_start(&many, false, false, 0, f->asked, 1, &f->response);
        assert_true(ids[i] > 0);
    }
    for (int i = 0; i < MANY; i++) {
        const struct fetch_session_request request = {.id = ids[i], .epoch = 1};
        assert_int_equal(fetch_sessions_update(&many, &request, 0, &f->arena, &l.items, &l.count), KW_ERROR_NONE);
    }
    for (int i = 0; i < MANY; i += 2)
        fetch_sessions_end(&many, ids[i]);
    assert_int_equal(fetch_sessions_count(&many), MANY / 2);
    assert_int_equal(many.partitions, MANY / 2);
    fetch_sessions_finish(&many);
    free(ids);
}

/* ---- the model: a list in order ---- */

enum { KNOWN = 30, ROUNDS = 5000 };

struct model {
    int order[KNOWN];
    int64_t offsets[KNOWN];
    int count;
};

static uint32_t below(uint64_t *random, uint32_t n)
{
    *random = *random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*random >> 33) % n;
}

static void model_remove(struct model *m, int number)
{
    int kept = 0;
    for (int i = 0; i < m->count; i++)
        if (m->order[i] != number)
            m->order[kept++] = m->order[i];
    m->count = kept;
}

static bool model_has(const struct model *m, int number)
{
    for (int i = 0; i < m->count; i++)
        if (m->order[i] == number)
            return true;
    return false;
}

static void assert_same(const struct fetch_session *s, const struct model *m)
{
    kw_arena arena;
    struct fetch_asked *items;
    size_t count;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), 1 << 20);
    assert_true(fetch_session_list(s, &arena, &items, &count));
    assert_int_equal(count, m->count);
    for (size_t i = 0; i < count; i++) {
        int number = items[i].partition->partition + (items[i].topic->topic.data[0] == 'b' ? 100 : 0);
        assert_int_equal(number % 100 + (number / 100) * 15, m->order[i]);
        assert_int_equal(items[i].partition->fetch_offset, m->offsets[m->order[i]]);
    }
    kw_arena_finish(&arena);
}

/* With too little memory nothing is listed. */
static void little_memory(void **state)
{
    struct fixture *f = *state;
    enum { PARTITIONS = 5 };
    struct fetch_session *s = fetch_session_create(1, false, false, 0, 12345);
    assert_non_null(s);
    for (int i = 0; i < PARTITIONS; i++) {
        struct fetch_asked asked = asking(f, 0, i % 2 == 0 ? i : 100 + i, i);
        assert_true(fetch_session_ask(s, &asked));
    }
    static _Alignas(16) uint8_t block[8192];
    struct fetch_asked *items;
    size_t count = 0, limit = 0;
    for (bool listed = false; !listed; limit += 8) {
        kw_arena arena;
        assert_true(limit <= sizeof block);
        kw_arena_init(&arena, block, limit);
        listed = fetch_session_list(s, &arena, &items, &count);
    }
    assert_true(limit > 100);
    assert_int_equal(count, PARTITIONS);
    for (int i = 0; i < PARTITIONS; i++)
        assert_int_equal(items[i].partition->fetch_offset, i);
    fetch_session_destroy(s);
}

static void like_the_model(void **state)
{
    struct fixture *f = *state;
    uint64_t random = 7;
    struct model m = {.count = 0};
    struct fetch_session *s = fetch_session_create(1, false, false, 0, 12345);
    assert_non_null(s);
    for (int round = 0; round < ROUNDS; round++) {
        int slot = (int)below(&random, KNOWN), number = slot % 15 + slot / 15 * 100;
        struct fetch_asked asked = asking(f, 0, number, (int64_t)below(&random, 1000));
        if (below(&random, 3) != 0) {
            assert_true(fetch_session_ask(s, &asked));
            m.offsets[slot] = asked.partition->fetch_offset;
            if (!model_has(&m, slot))
                m.order[m.count++] = slot;
        } else if (below(&random, 2) == 0) {
            fetch_session_forget(s, asked.topic->topic, asked.topic->topic_id, asked.partition->partition);
            model_remove(&m, slot);
        } else {
            respond(f, &asked, 1, 10, 1);
            fetch_session_prune(s, &f->response);
            assert_int_equal(f->response.responses.len, model_has(&m, slot));
            if (model_has(&m, slot)) {
                model_remove(&m, slot);
                m.order[m.count++] = slot;
            }
        }
        if (round % 8 == 0)
            assert_same(s, &m);
    }
    fetch_session_destroy(s);
}

int main(void)
{
#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SESSION_TEST(changes),
        SESSION_TEST(names_of_topics),
        SESSION_TEST(requests_that_do_not_fit),
        SESSION_TEST(only_news_are_sent),
        SESSION_TEST(added_partitions_are_news),
        SESSION_TEST(long_and_missing_names),
        SESSION_TEST(topics_by_id),
        SESSION_TEST(who_makes_way),
        SESSION_TEST(larger_ones_replace_old_ones),
        SESSION_TEST(limits),
        SESSION_TEST(many_sessions),
        SESSION_TEST(little_memory),
        SESSION_TEST(like_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "decryption.h"

#include <stdlib.h>
#include <string.h>

#include "../command/buffer.h"
#include "hello.h"
#include "records.h"
#include "suite.h"

#define TLS_1_2 UINT16_C(0x0303)

/* Approximately what a connection takes beside its records. */
#define OWN_MEMORY (sizeof(decryption) + (size_t)4096)

/* Bytes that may be decrypted in vain before a connection is given up: as many as were not, between these limits. */
#define LEAST_ALLOWANCE ((int64_t)4 * 1024 * 1024)
#define MOST_ALLOWANCE ((int64_t)32 * 1024 * 1024)

enum {
    MOST_UNOPENED = 64,       /* encrypted records on a side before the first that the secrets fit: the handshake */
    MOST_AHEAD = 4096,        /* records that may be missing in a gap */
    LEAST_BESIDE_CONTENT = 9, /* of a body, if its cipher is not known yet: a short tag and a type */
    COST_OF_TRY = 512,        /* beside its bytes, as if it had so many more */
    KEY_UPDATE = 24,
    KEY_UPDATE_SIZE = 5
};

typedef struct side_keys {
    records records;
    cipher *cipher;  /* NULL: not known yet */
    uint64_t number; /* of the next record, */
    uint64_t ahead;  /* or one that is up to this much higher */
    uint64_t unopened;
    bool opened;    /* any record */
    bool encrypted; /* TLS 1.2: all records from now on */
} side_keys;

struct decryption {
    decryption_shared *shared;
    void *context;
    int client;
    int64_t allowance;
    bool has_client_hello;
    bool has_server_hello;
    client_hello client_hello;
    server_hello server_hello;
    decryption_outcome problem; /* DECRYPTED: none so far */
    side_keys sides[2];
};

bool decryption_has_keys(const decryption_shared *shared)
{
    key_log_counts counts = {0};
    if (shared->keys != NULL)
        counts = key_log_count(shared->keys);
    return counts.has_file || counts.sessions != 0;
}

bool decryption_begins(const uint8_t *data, size_t size, bool from_start)
{
    const size_t enough = TLS_HEADER_SIZE + 1;
    if (size == 0 || (size < enough && !from_start))
        return false;
    return data[0] == RECORD_HANDSHAKE && records_begin(data, size, false) && (size < enough || data[enough - 1] == 1);
}

decryption *decryption_create(decryption_shared *shared, void *context, int client)
{
    if (!budget_take(shared->memory, OWN_MEMORY))
        return NULL;
    decryption *d = zeroed_memory(sizeof *d);
    d->shared = shared;
    d->context = context;
    d->client = client;
    d->allowance = LEAST_ALLOWANCE;
    return d;
}

void decryption_destroy(decryption *d)
{
    if (d == NULL)
        return;
    for (int side = 0; side < 2; side++) {
        cipher_destroy(d->sides[side].cipher);
        records_finish(&d->sides[side].records, d->shared->memory);
    }
    budget_give(d->shared->memory, OWN_MEMORY);
    free(d);
}

static void give_up(decryption *d, decryption_outcome why)
{
    d->problem = why;
    d->shared->sink.give_up(d->context);
}

static bool is_13(const decryption *d)
{
    return d->has_server_hello && suite_is_13(d->server_hello.suite);
}

static bool has_hellos(const decryption *d)
{
    return d->has_client_hello && d->has_server_hello;
}

/* ---- the handshake ---- */

static void take_server_hello(decryption *d)
{
    const server_hello *hello = &d->server_hello;
    d->has_server_hello = true;
    if (hello->version == TLS_1_2 && cipher_suite_is_known(hello->suite))
        return;
    give_up(d, NOT_SUPPORTED);
}

/* Later hellos are those after a HelloRetryRequest, which do not change what is needed. */
static void read_plain(decryption *d, int side, const record *r)
{
    if (r->header[0] == RECORD_CHANGE_CIPHER_SPEC)
        d->sides[side].encrypted = true;
    if (r->header[0] != RECORD_HANDSHAKE)
        return;
    if (side == d->client && !d->has_client_hello)
        d->has_client_hello = client_hello_read(r->body, r->captured, &d->client_hello);
    else if (side != d->client && !d->has_server_hello && server_hello_read(r->body, r->captured, &d->server_hello))
        take_server_hello(d);
}

static const secret *find_secret(decryption *d, int side)
{
    secret_kind kind = !is_13(d) ? SECRET_MASTER : side == d->client ? SECRET_CLIENT_TRAFFIC : SECRET_SERVER_TRAFFIC;
    return key_log_find(d->shared->keys, d->client_hello.random, kind);
}

/* Whether the keys of a side are known. */
static bool has_cipher(decryption *d, int side)
{
    side_keys *s = &d->sides[side];
    const secret *found = s->cipher == NULL && has_hellos(d) ? find_secret(d, side) : NULL;
    if (found == NULL)
        return s->cipher != NULL;
    if (is_13(d))
        s->cipher = cipher_of_traffic(d->server_hello.suite, found);
    else
        s->cipher = cipher_of_master(&(master_session){.suite = d->server_hello.suite,
                                                       .master = found,
                                                       .client_random = d->client_hello.random,
                                                       .server_random = d->server_hello.random,
                                                       .encrypt_then_mac = d->server_hello.encrypt_then_mac},
                                     side == d->client);
    if (s->cipher == NULL)
        give_up(d, NOT_AUTHENTIC);
    return s->cipher != NULL;
}

/* ---- records ---- */

static void may_be_missing(side_keys *s, uint64_t count)
{
    s->ahead = count < MOST_AHEAD - s->ahead ? s->ahead + count : MOST_AHEAD;
}

/* Tries the keys on a record with the numbers from `first` on. */
static bool open_from(decryption *d, cipher *c, uint64_t *first, uint64_t ahead, const record *r, size_t *size)
{
    for (uint64_t i = 0; i <= ahead && d->allowance > 0; i++) {
        if (cipher_open(c, *first + i, r->header, r->body, r->size, d->shared->content, size)) {
            d->allowance += d->allowance < MOST_ALLOWANCE ? (int64_t)r->size : 0;
            *first += i;
            return true;
        }
        d->allowance -= (int64_t)r->size + COST_OF_TRY;
    }
    return false;
}

/* The same with the next keys, as the record that announced them may be missing. */
static bool open_with_next_keys(decryption *d, side_keys *s, const record *r, size_t *size)
{
    uint64_t first = 0;
    cipher *next = s->opened && s->ahead != 0 ? cipher_next(s->cipher) : NULL;
    if (next == NULL || !open_from(d, next, &first, s->ahead, r, size)) {
        cipher_destroy(next);
        return false;
    }
    cipher_destroy(s->cipher);
    s->cipher = next;
    s->number = first;
    return true;
}

/* Opens a complete record into the shared content. `missed`: others before it are missing. */
static bool open_record(decryption *d, side_keys *s, const record *r, size_t *size, bool *missed)
{
    uint64_t expected = s->number;
    bool same_keys = open_from(d, s->cipher, &s->number, s->ahead, r, size);
    if (!same_keys && !open_with_next_keys(d, s, r, size))
        return false;
    *missed = !same_keys || s->number != expected;
    s->number++;
    s->ahead = 0;
    s->opened = true;
    return true;
}

/* In TLS 1.3 the type is the last byte of the content that is not zero. */
static uint8_t content_type(const decryption *d, const record *r, size_t *size)
{
    if (!is_13(d))
        return r->header[0];
    while (*size != 0 && d->shared->content[*size - 1] == 0)
        --*size;
    return *size != 0 ? d->shared->content[--*size] : 0;
}

static void update_keys(side_keys *s)
{
    cipher *next = cipher_next(s->cipher);
    cipher_destroy(s->cipher);
    s->cipher = next;
    s->number = 0;
}

static void deliver(decryption *d, int side, const record *r, size_t size)
{
    uint8_t type = content_type(d, r, &size);
    if (type == RECORD_APPLICATION_DATA && size != 0)
        d->shared->sink.bytes(d->context, side, d->shared->content, size, r->time);
    else if (type == RECORD_HANDSHAKE && is_13(d) && size == KEY_UPDATE_SIZE && d->shared->content[0] == KEY_UPDATE)
        update_keys(&d->sides[side]);
}

static bool take_complete(decryption *d, int side, const record *r)
{
    side_keys *s = &d->sides[side];
    size_t size;
    bool missed;
    if (!open_record(d, s, r, &size, &missed))
        return false;
    if (missed)
        d->shared->sink.gap(d->context, side, SIZE_MAX, r->time);
    deliver(d, side, r, size);
    return true;
}

/* What a record of TLS 1.3 contains whose end, with the type, was not captured. */
typedef enum guess { GUESS_DATA, GUESS_HANDSHAKE, GUESS_ANYTHING } guess;

/* After the handshake there are single messages of it, as session tickets, whose size is known. */
static guess guess_content(const uint8_t *content, size_t start, size_t size)
{
    enum { MESSAGE_HEADER = 4 };
    if (start < MESSAGE_HEADER)
        return GUESS_ANYTHING;
    size_t message = (size_t)content[1] << 16 | (size_t)content[2] << 8 | content[3];
    return content[0] != 0 && message + MESSAGE_HEADER == size ? GUESS_HANDSHAKE : GUESS_DATA;
}

/* The start of application data, whose size is SIZE_MAX if it is not known. */
static void deliver_start(decryption *d, int side, size_t start, size_t size, int64_t time)
{
    if (start != 0)
        d->shared->sink.bytes(d->context, side, d->shared->content, start, time);
    d->shared->sink.gap(d->context, side, size == SIZE_MAX ? SIZE_MAX : size - start, time);
}

static void deliver_start_13(decryption *d, int side, size_t start, size_t size, int64_t time)
{
    guess what = guess_content(d->shared->content, start, size);
    if (what == GUESS_DATA)
        deliver_start(d, side, start, size, time);
    else if (what == GUESS_ANYTHING)
        d->shared->sink.gap(d->context, side, SIZE_MAX, time);
    else if (size == KEY_UPDATE_SIZE && d->shared->content[0] == KEY_UPDATE)
        update_keys(&d->sides[side]);
}

/* A record whose end was not captured. Without certainty about its number it is missing. */
static void take_cut(decryption *d, int side, const record *r)
{
    side_keys *s = &d->sides[side];
    if (!s->opened || s->ahead != 0) {
        may_be_missing(s, 1);
        return;
    }
    size_t size = cipher_content_size(s->cipher, r->size);
    size_t start = cipher_open_start(s->cipher, s->number++, r->body, r->captured, r->size, d->shared->content);
    if (is_13(d))
        deliver_start_13(d, side, start, size, r->time);
    else if (r->header[0] == RECORD_APPLICATION_DATA)
        deliver_start(d, side, start, size, r->time);
}

static bool has_early_data(const decryption *d)
{
    return d->has_client_hello && d->client_hello.early_data;
}

/* An encrypted record that was not decrypted. Early data has other keys, so the first number stays. */
static void count_unopened(decryption *d, side_keys *s)
{
    bool may_be_early = has_early_data(d) && s == &d->sides[d->client] && !s->opened;
    if (!may_be_early)
        may_be_missing(s, 1);
    if (!may_be_early && !s->opened && ++s->unopened > MOST_UNOPENED)
        give_up(d, !has_hellos(d) ? NO_HANDSHAKE : s->cipher == NULL ? NO_SECRETS : NOT_AUTHENTIC);
    else if (d->allowance <= 0)
        give_up(d, NOT_AUTHENTIC);
}

static void take_encrypted(decryption *d, int side, const record *r)
{
    if (!has_cipher(d, side))
        count_unopened(d, &d->sides[side]);
    else if (r->captured < r->size)
        take_cut(d, side, r);
    else if (!take_complete(d, side, r))
        count_unopened(d, &d->sides[side]);
}

static void on_record(void *context, int side, const record *r)
{
    decryption *d = context;
    uint8_t type = r->header[0];
    bool is_data = type == RECORD_APPLICATION_DATA;
    d->sides[side].encrypted |= is_data;
    if (is_data || (d->sides[side].encrypted && d->has_server_hello && !is_13(d)))
        take_encrypted(d, side, r);
    else
        read_plain(d, side, r);
}

static bool on_found(void *context, int side, const record *r)
{
    decryption *d = context;
    side_keys *s = &d->sides[side];
    s->encrypted = true;
    if (has_cipher(d, side) && take_complete(d, side, r))
        return true;
    count_unopened(d, s);
    return false;
}

static bool stop(void *context)
{
    const decryption *d = context;
    return d->shared->sink.stop(d->context);
}

static const records_sink sink = {on_record, on_found, stop};

void decryption_bytes(decryption *d, int side, const uint8_t *data, size_t size, int64_t time)
{
    records_bytes(&d->sides[side].records, d->shared->memory, &sink, d, side, data, size, time);
}

static size_t smallest_record(const side_keys *s)
{
    size_t beside = s->cipher != NULL ? cipher_beside_content(s->cipher) : LEAST_BESIDE_CONTENT;
    return TLS_HEADER_SIZE + beside + 1;
}

void decryption_gap(decryption *d, int side, size_t size, int64_t time)
{
    side_keys *s = &d->sides[side];
    records_gap(&s->records, d->shared->memory, &sink, d, side, size, time);
    if (s->records.searching)
        may_be_missing(s, size / smallest_record(s) + 1);
}

decryption_outcome decryption_result(decryption *d)
{
    if (d->problem != DECRYPTED)
        return d->problem;
    if (!has_hellos(d))
        return NO_HANDSHAKE;
    if (find_secret(d, 0) == NULL || find_secret(d, 1) == NULL)
        return NO_SECRETS;
    const side_keys *s = d->sides;
    bool any = s[0].opened || s[1].opened;
    return any || s[0].unopened + s[1].unopened == 0 ? DECRYPTED : NOT_AUTHENTIC;
}

decryption_facts decryption_known(const decryption *d)
{
    return (decryption_facts){.version = d->has_server_hello ? d->server_hello.version : 0,
                              .suite = d->server_hello.suite,
                              .early_data = has_early_data(d) && is_13(d)};
}

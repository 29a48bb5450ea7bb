/* SPDX-License-Identifier: Apache-2.0 */
/* A TLS connection whose secrets are known, with gaps, changes and other bytes: what is decrypted was sent, in order;
 * all of it if nothing was lost or changed; and all memory is given back. The input: suite (8 bits), memory limit (in
 * KiB beyond the least, 8 bits), further text of the key log (a size of 16 bits and bytes), then steps: an operation (8
 * bits, the highest one is the side), and what it takes. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>

#include "../tools/decrypt/decryption.h"
#include "fuzz.h"

enum operation { SEND, SEND_MUCH, DELIVER, DELIVER_ALL, LOSE, UPDATE_KEY, SEND_OTHER, SEND_RAW };

enum {
    SIDES = 2,
    LEAST_KIB = 192,
    LEAST_CONTENT = 8,
    MOST_CONTENT = 16384,
    MOST_PADDING = 32,
    BLOCK = 16,
    TAG = 16,
    MOST_RECORDS = 4096,
    HANDSHAKE = 22,
    DATA = 23
};

typedef struct fuzz_suite {
    uint16_t id;
    const EVP_CIPHER *(*algorithm)(void);
    const EVP_MD *(*hash)(void);
    size_t key_size;
    bool is_13;
    bool explicit_nonce;
    int tag_size;               /* of CCM, in advance; 0: another algorithm, whose tag has 16 bytes */
    const EVP_MD *(*mac)(void); /* CBC; NULL: another algorithm */
    bool encrypt_then_mac;
} fuzz_suite;

static const fuzz_suite suites[] = {
    {0x1301, EVP_aes_128_gcm, EVP_sha256, 16, true, false, 0, NULL, false},
    {0x1302, EVP_aes_256_gcm, EVP_sha384, 32, true, false, 0, NULL, false},
    {0x1303, EVP_chacha20_poly1305, EVP_sha256, 32, true, false, 0, NULL, false},
    {0xc02f, EVP_aes_128_gcm, EVP_sha256, 16, false, true, 0, NULL, false},
    {0xc030, EVP_aes_256_gcm, EVP_sha384, 32, false, true, 0, NULL, false},
    {0xcca8, EVP_chacha20_poly1305, EVP_sha256, 32, false, false, 0, NULL, false},
    {0x1304, EVP_aes_128_ccm, EVP_sha256, 16, true, false, 16, NULL, false},
    {0x1305, EVP_aes_128_ccm, EVP_sha256, 16, true, false, 8, NULL, false},
    {0xc0ad, EVP_aes_256_ccm, EVP_sha256, 32, false, true, 16, NULL, false},
    {0xc0ae, EVP_aes_128_ccm, EVP_sha256, 16, false, true, 8, NULL, false},
    {0xc013, EVP_aes_128_cbc, EVP_sha256, 16, false, false, 0, EVP_sha1, false},
    {0xc014, EVP_aes_256_cbc, EVP_sha256, 32, false, false, 0, EVP_sha1, true},
    {0xc027, EVP_aes_128_cbc, EVP_sha256, 16, false, false, 0, EVP_sha256, true},
    {0xc028, EVP_aes_256_cbc, EVP_sha384, 32, false, false, 0, EVP_sha384, false},
};

typedef struct peer { /* a side that sends */
    uint8_t secret[TLS_SECRET_MAX];
    uint8_t mac_key[48];
    uint8_t key[32];
    uint8_t iv[12];
    uint64_t number;
    uint8_t *wire; /* not delivered yet */
    size_t size;
    size_t at;
    uint64_t sent;                 /* bytes of content */
    uint64_t next;                 /* of the content to come out */
    bool unknown;                  /* `next` is a minimum */
    uint64_t starts[MOST_RECORDS]; /* of records in the content */
    size_t records;
} peer;

typedef struct run {
    const fuzz_suite *suite;
    peer peers[SIDES];
    decryption *decryption;
    int64_t now;
    bool lost;
    bool changed;
    bool over;
} run;

/* ---- keys, in another way than the decryption's ---- */

static void derive(EVP_PKEY_CTX *c, uint8_t *to, size_t size)
{
    FUZZ_REQUIRE(EVP_PKEY_derive(c, to, &size) == 1);
    EVP_PKEY_CTX_free(c);
}

static void expand(const fuzz_suite *s, const uint8_t *from, const char *label, uint8_t *to, size_t size)
{
    char info[64];
    int n = snprintf(info, sizeof info, "%c%c%ctls13 %s%c", 0, (int)size, (int)strlen(label) + 6, label, 0);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    FUZZ_REQUIRE(c != NULL && EVP_PKEY_derive_init(c) == 1 &&
                 EVP_PKEY_CTX_hkdf_mode(c, EVP_PKEY_HKDEF_MODE_EXPAND_ONLY) == 1 &&
                 EVP_PKEY_CTX_set_hkdf_md(c, s->hash()) == 1 &&
                 EVP_PKEY_CTX_set1_hkdf_key(c, from, EVP_MD_size(s->hash())) == 1 &&
                 EVP_PKEY_CTX_add1_hkdf_info(c, (unsigned char *)info, n) == 1);
    derive(c, to, size);
}

static void set_traffic_keys(const fuzz_suite *s, peer *p)
{
    expand(s, p->secret, "key", p->key, s->key_size);
    expand(s, p->secret, "iv", p->iv, sizeof p->iv);
    p->number = 0;
}

static void set_keys_of_master(const fuzz_suite *s, peer *peers, const uint8_t *master, const uint8_t *client,
                               const uint8_t *server)
{
    uint8_t block[2 * (48 + 32 + 12)];
    size_t mac_size = s->mac != NULL ? (size_t)EVP_MD_size(s->mac()) : 0;
    size_t iv_size = s->mac != NULL ? 0 : s->explicit_nonce ? 4 : 12;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_TLS1_PRF, NULL);
    FUZZ_REQUIRE(c != NULL && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_CTX_set_tls1_prf_md(c, s->hash()) == 1 &&
                 EVP_PKEY_CTX_set1_tls1_prf_secret(c, master, 48) == 1 &&
                 EVP_PKEY_CTX_add1_tls1_prf_seed(c, (const unsigned char *)"key expansion", 13) == 1 &&
                 EVP_PKEY_CTX_add1_tls1_prf_seed(c, server, 32) == 1 &&
                 EVP_PKEY_CTX_add1_tls1_prf_seed(c, client, 32) == 1);
    derive(c, block, 2 * (mac_size + s->key_size + iv_size));
    const uint8_t *keys = block + SIDES * mac_size;
    for (size_t i = 0; i < SIDES; i++) {
        memcpy(peers[i].mac_key, block + i * mac_size, mac_size);
        memcpy(peers[i].key, keys + i * s->key_size, s->key_size);
        memcpy(peers[i].iv, keys + SIDES * s->key_size + i * iv_size, iv_size);
    }
}

/* ---- the wire ---- */

static void put(peer *p, const void *data, size_t size)
{
    p->wire = realloc(p->wire, p->size + size + 1);
    FUZZ_REQUIRE(p->wire != NULL);
    memcpy(p->wire + p->size, data, size);
    p->size += size;
}

static void put_header(uint8_t *to, uint8_t type, size_t size)
{
    const uint8_t header[] = {type, 3, 3, (uint8_t)(size >> 8), (uint8_t)size};
    memcpy(to, header, sizeof header);
}

static void put_digits(uint8_t *to, uint64_t number)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)(number >> (56 - 8 * i));
}

static void seal_authenticated(const fuzz_suite *s, peer *p, uint8_t type, const uint8_t *content, size_t size)
{
    static uint8_t plain[MOST_CONTENT + 1], record[TLS_HEADER_SIZE + 8 + MOST_CONTENT + 1 + TAG];
    size_t tag = s->tag_size != 0 ? (size_t)s->tag_size : TAG;
    uint8_t nonce[12] = {0}, digits[8], beside[13];
    int n;
    put_digits(digits, p->number);
    memcpy(nonce, p->iv, sizeof nonce);
    for (int i = 0; i < 8; i++)
        nonce[4 + i] ^= digits[i];
    memcpy(plain, content, size);
    plain[size] = type;
    size_t sealed = size + s->is_13;
    size_t at = TLS_HEADER_SIZE + (s->explicit_nonce ? 8 : 0);
    put_header(record, s->is_13 ? DATA : type, at - TLS_HEADER_SIZE + sealed + tag);
    if (s->explicit_nonce)
        memcpy(record + TLS_HEADER_SIZE, digits, 8);
    memcpy(beside, digits, 8);
    put_header(beside + 8, type, sealed);
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    FUZZ_REQUIRE(c != NULL && EVP_EncryptInit_ex(c, s->algorithm(), NULL, NULL, NULL) == 1);
    if (s->tag_size != 0)
        FUZZ_REQUIRE(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_IVLEN, sizeof nonce, NULL) == 1 &&
                     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, s->tag_size, NULL) == 1);
    FUZZ_REQUIRE(EVP_EncryptInit_ex(c, NULL, NULL, p->key, nonce) == 1);
    if (s->tag_size != 0)
        FUZZ_REQUIRE(EVP_EncryptUpdate(c, NULL, &n, NULL, (int)sealed) == 1);
    FUZZ_REQUIRE(EVP_EncryptUpdate(c, NULL, &n, s->is_13 ? record : beside, s->is_13 ? 5 : 13) == 1 &&
                 EVP_EncryptUpdate(c, record + at, &n, plain, (int)sealed) == 1 &&
                 EVP_EncryptFinal_ex(c, record + at + n, &n) == 1 &&
                 EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, (int)tag, record + at + sealed) == 1);
    EVP_CIPHER_CTX_free(c);
    put(p, record, at + sealed + tag);
    p->number++;
}

static size_t put_mac(const fuzz_suite *s, const peer *p, const uint8_t *beside, const uint8_t *data, size_t size,
                      uint8_t *to)
{
    static uint8_t all[13 + BLOCK + MOST_CONTENT + MOST_PADDING + 48];
    unsigned mac_size = (unsigned)EVP_MD_size(s->mac());
    memcpy(all, beside, 13);
    memcpy(all + 13, data, size);
    FUZZ_REQUIRE(HMAC(s->mac(), p->mac_key, (int)mac_size, all, 13 + size, to, &mac_size) != NULL);
    return mac_size;
}

/* Pads by one block more than necessary at times. */
static void seal_blocks(const fuzz_suite *s, peer *p, uint8_t type, const uint8_t *content, size_t size)
{
    static uint8_t plain[MOST_CONTENT + 48 + MOST_PADDING];
    static uint8_t record[TLS_HEADER_SIZE + BLOCK + sizeof plain + 48];
    uint8_t beside[13];
    uint8_t *iv = record + TLS_HEADER_SIZE;
    int n;
    memset(iv, (int)p->number, BLOCK);
    put_digits(beside, p->number);
    put_header(beside + 8, type, size);
    memcpy(plain, content, size);
    size_t filled = size + (s->encrypt_then_mac ? 0 : put_mac(s, p, beside, content, size, plain + size));
    size_t padding = BLOCK - filled % BLOCK + (p->number % 3 == 1 ? BLOCK : 0);
    memset(plain + filled, (int)padding - 1, padding);
    size_t blocks = filled + padding;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    FUZZ_REQUIRE(c != NULL && EVP_EncryptInit_ex(c, s->algorithm(), NULL, p->key, iv) == 1 &&
                 EVP_CIPHER_CTX_set_padding(c, 0) == 1 &&
                 EVP_EncryptUpdate(c, iv + BLOCK, &n, plain, (int)blocks) == 1);
    EVP_CIPHER_CTX_free(c);
    size_t body = BLOCK + blocks;
    put_header(beside + 8, type, body);
    if (s->encrypt_then_mac)
        body += put_mac(s, p, beside, iv, body, iv + body);
    put_header(record, type, body);
    put(p, record, TLS_HEADER_SIZE + body);
    p->number++;
}

static void seal(const fuzz_suite *s, peer *p, uint8_t type, const uint8_t *content, size_t size)
{
    if (s->mac != NULL)
        seal_blocks(s, p, type, content, size);
    else
        seal_authenticated(s, p, type, content, size);
}

/* The byte of content that a side has sent at a place. */
static uint8_t content_at(int side, uint64_t at)
{
    uint32_t x = ((uint32_t)at + (uint32_t)side * 0x40000000u) * 2654435761u;
    x = (x ^ x >> 15) * 2246822519u;
    return (uint8_t)(x >> 24);
}

static void send_content(run *r, int side, size_t size)
{
    static uint8_t content[MOST_CONTENT];
    peer *p = &r->peers[side];
    if (p->records == MOST_RECORDS)
        return;
    size = size < LEAST_CONTENT ? LEAST_CONTENT : size; /* or else its place could not be known */
    for (size_t i = 0; i < size; i++)
        content[i] = content_at(side, p->sent + i);
    p->starts[p->records++] = p->sent;
    p->sent += size;
    seal(r->suite, p, DATA, content, size);
}

/* ---- what comes out ---- */

static bool fits(int side, uint64_t at, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] != content_at(side, at + i))
            return false;
    return true;
}

static void find_place(peer *p, int side, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < p->records && p->unknown; i++)
        if (p->starts[i] >= p->next && fits(side, p->starts[i], data, size)) {
            p->next = p->starts[i];
            p->unknown = false;
        }
    FUZZ_REQUIRE(!p->unknown);
}

static void on_bytes(void *context, int side, const uint8_t *data, size_t size, int64_t time)
{
    run *r = context;
    peer *p = &r->peers[side];
    FUZZ_REQUIRE(size != 0 && size <= TLS_BODY_MAX && time <= r->now);
    if (r->changed)
        return;
    if (p->unknown)
        find_place(p, side, data, size);
    FUZZ_REQUIRE(p->next + size <= p->sent && fits(side, p->next, data, size));
    p->next += size;
}

static void on_gap(void *context, int side, size_t size, int64_t time)
{
    run *r = context;
    FUZZ_REQUIRE((r->lost || r->changed) && time <= r->now);
    if (size == SIZE_MAX)
        r->peers[side].unknown = true;
    else
        r->peers[side].next += size;
}

static void on_give_up(void *context)
{
    run *r = context;
    r->over = true;
}

static bool stop(void *context)
{
    const run *r = context;
    return r->over;
}

/* ---- steps ---- */

static void deliver(run *r, int side, size_t size)
{
    peer *p = &r->peers[side];
    size = size < p->size - p->at ? size : p->size - p->at;
    uint8_t *exact = fuzz_copy(p->wire + p->at, size);
    p->at += size;
    r->now++;
    if (size != 0 && !r->over)
        decryption_bytes(r->decryption, side, exact, size, r->now);
    free(exact);
}

static void lose(run *r, int side, size_t size)
{
    peer *p = &r->peers[side];
    size = size < p->size - p->at ? size : p->size - p->at;
    p->at += size;
    if (size == 0 || r->over)
        return;
    r->lost = true;
    decryption_gap(r->decryption, side, size, r->now);
}

static void update_key(run *r, int side)
{
    static const uint8_t message[] = {24, 0, 0, 1, 0};
    peer *p = &r->peers[side];
    if (!r->suite->is_13)
        return;
    seal(r->suite, p, HANDSHAKE, message, sizeof message);
    uint8_t next[TLS_SECRET_MAX] = {0};
    expand(r->suite, p->secret, "traffic upd", next, (size_t)EVP_MD_size(r->suite->hash()));
    memcpy(p->secret, next, sizeof next);
    set_traffic_keys(r->suite, p);
}

static void step(run *r, fuzz_input *in)
{
    static const uint8_t other[64] = {4, 0, 0, 60}; /* a session ticket */
    uint8_t what = fuzz_take8(in);
    int side = what >> 7;
    switch (what % 8) {
    case SEND:
        send_content(r, side, fuzz_take8(in));
        break;
    case SEND_MUCH:
        send_content(r, side, fuzz_take16(in) % (MOST_CONTENT + 1));
        break;
    case DELIVER:
        deliver(r, side, fuzz_take16(in));
        break;
    case DELIVER_ALL:
        deliver(r, side, SIZE_MAX);
        break;
    case LOSE:
        lose(r, side, fuzz_take16(in));
        break;
    case UPDATE_KEY:
        update_key(r, side);
        break;
    case SEND_OTHER:
        seal(r->suite, &r->peers[side], (uint8_t)(21 + fuzz_take8(in) % 2), other, sizeof other);
        break;
    default: {
        size_t size = fuzz_take8(in);
        size = size < fuzz_left(in) ? size : fuzz_left(in);
        put(&r->peers[side], in->pos, size);
        in->pos += size;
        r->changed = true;
    }
    }
}

/* ---- the start ---- */

static const uint8_t client_random[32] = {1, 2, 3}, server_random[32] = {4, 5, 6}, master[48] = {7, 8, 9};

static void send_hellos(run *r)
{
    static const uint8_t change[] = {20, 3, 3, 0, 1, 1};
    static const uint8_t finished[16] = {20, 0, 0, 12};
    static const uint8_t extension[] = {0, 0, 4, 0, 22, 0, 0}; /* no compression, then: encrypt then MAC */
    enum { SHORT_HELLO = 41 };
    uint8_t hello[TLS_HEADER_SIZE + SHORT_HELLO + sizeof extension];
    for (int side = 0; side < SIDES; side++) {
        bool extended = side == 1 && r->suite->encrypt_then_mac;
        size_t hello_size = SHORT_HELLO + (extended ? sizeof extension : 0);
        memset(hello, 0, sizeof hello);
        put_header(hello, HANDSHAKE, hello_size);
        uint8_t *message = hello + TLS_HEADER_SIZE;
        message[0] = (uint8_t)(1 + side);
        message[3] = (uint8_t)(hello_size - 4);
        message[4] = message[5] = 3;
        memcpy(message + 6, side == 0 ? client_random : server_random, 32);
        message[39] = (uint8_t)(r->suite->id >> 8);
        message[40] = (uint8_t)r->suite->id;
        memcpy(message + SHORT_HELLO, extension, sizeof extension);
        put(&r->peers[side], hello, TLS_HEADER_SIZE + hello_size);
        deliver(r, side, SIZE_MAX);
    }
    for (int side = 0; side < SIDES && !r->suite->is_13; side++) {
        put(&r->peers[side], change, sizeof change);
        seal(r->suite, &r->peers[side], HANDSHAKE, finished, sizeof finished);
    }
}

static void set_keys(run *r)
{
    for (int side = 0; side < SIDES; side++)
        memset(r->peers[side].secret, 0x11 * (side + 1), TLS_SECRET_MAX);
    if (!r->suite->is_13)
        set_keys_of_master(r->suite, r->peers, master, client_random, server_random);
    for (int side = 0; side < SIDES && r->suite->is_13; side++)
        set_traffic_keys(r->suite, &r->peers[side]);
}

static void put_hex(FILE *f, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        fprintf(f, "%02x", data[i]);
}

static void put_line(FILE *f, const char *label, const uint8_t *value, size_t size)
{
    fprintf(f, "%s ", label);
    put_hex(f, client_random, sizeof client_random);
    fputc(' ', f);
    put_hex(f, value, size);
    fputc('\n', f);
}

/* Behind other text, which may end inside a line. */
static key_log *make_key_log(const run *r, fuzz_input *in)
{
    size_t hash_size = (size_t)EVP_MD_size(r->suite->hash());
    size_t size = fuzz_take16(in);
    size = size < fuzz_left(in) ? size : fuzz_left(in);
    int fd = memfd_create("keys", 0);
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    FILE *f = fd >= 0 ? fopen(path, "w") : NULL;
    FUZZ_REQUIRE(f != NULL);
    fwrite(in->pos, 1, size, f);
    in->pos += size;
    fputc('\n', f);
    put_line(f, "CLIENT_TRAFFIC_SECRET_0", r->peers[0].secret, hash_size);
    put_line(f, "SERVER_TRAFFIC_SECRET_0", r->peers[1].secret, hash_size);
    put_line(f, "CLIENT_RANDOM", master, sizeof master);
    fclose(f);
    key_log *keys = key_log_create(SIZE_MAX);
    key_log_read_file(keys, path);
    close(fd);
    return keys;
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    static run r; /* these are too large for a stack */
    static decryption_shared shared;
    memset(&r, 0, sizeof r);
    memset(&shared, 0, sizeof shared);
    r.suite = &suites[fuzz_take8(&in) % (sizeof suites / sizeof suites[0])];
    budget memory = {.limit = (LEAST_KIB + (size_t)fuzz_take8(&in)) * 1024};
    set_keys(&r);
    shared.keys = make_key_log(&r, &in);
    shared.memory = &memory;
    shared.sink = (decryption_sink){on_bytes, on_gap, on_give_up, stop};
    r.decryption = decryption_create(&shared, &r, 0);
    FUZZ_REQUIRE(r.decryption != NULL);
    send_hellos(&r);
    while (fuzz_left(&in) != 0) {
        step(&r, &in);
        FUZZ_REQUIRE(memory.used <= memory.limit);
    }
    for (int side = 0; side < SIDES; side++) {
        deliver(&r, side, SIZE_MAX);
        free(r.peers[side].wire);
        if (!r.lost && !r.changed)
            FUZZ_REQUIRE(r.peers[side].next == r.peers[side].sent);
    }
    if (!r.lost && !r.changed)
        FUZZ_REQUIRE(decryption_result(r.decryption) == DECRYPTED);
    decryption_destroy(r.decryption);
    key_log_destroy(shared.keys);
    FUZZ_REQUIRE(memory.used == 0);
}

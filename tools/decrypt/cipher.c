/* SPDX-License-Identifier: Apache-2.0 */
#include "cipher.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "../command/buffer.h"
#include "../command/output.h"

enum { NONCE_SIZE = 12, TAG_SIZE = 16, NUMBER_SIZE = 8, KEY_MAX = 32 };

typedef enum algorithm { AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305 } algorithm;

typedef struct suite {
    uint16_t id;
    algorithm algorithm;
    bool sha384; /* else SHA-256 */
} suite;

static const suite suites[] = {
    {0x1301, AES_128_GCM, false},       /* TLS_AES_128_GCM_SHA256 */
    {0x1302, AES_256_GCM, true},        /* TLS_AES_256_GCM_SHA384 */
    {0x1303, CHACHA20_POLY1305, false}, /* TLS_CHACHA20_POLY1305_SHA256 */
    {0x009c, AES_128_GCM, false},       /* TLS_RSA_WITH_AES_128_GCM_SHA256, */
    {0x009d, AES_256_GCM, true},        /* with AES_256_GCM_SHA384 */
    {0x009e, AES_128_GCM, false},       /* TLS_DHE_RSA */
    {0x009f, AES_256_GCM, true},        /* the same */
    {0x00a2, AES_128_GCM, false},       /* TLS_DHE_DSS */
    {0x00a3, AES_256_GCM, true},        /* the same */
    {0xc02b, AES_128_GCM, false},       /* TLS_ECDHE_ECDSA */
    {0xc02c, AES_256_GCM, true},        /* the same */
    {0xc02f, AES_128_GCM, false},       /* TLS_ECDHE_RSA */
    {0xc030, AES_256_GCM, true},        /* the same */
    {0xcca8, CHACHA20_POLY1305, false}, /* TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 */
    {0xcca9, CHACHA20_POLY1305, false}, /* TLS_ECDHE_ECDSA */
    {0xccaa, CHACHA20_POLY1305, false}, /* TLS_DHE_RSA */
};

struct cipher {
    const suite *suite;
    EVP_CIPHER_CTX *context; /* has the key */
    secret traffic;          /* TLS 1.3 */
    uint8_t iv[NONCE_SIZE];
};

bool cipher_available(void)
{
    return true;
}

static const suite *find_suite(uint16_t id)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}

bool cipher_suite_is_known(uint16_t suite_id)
{
    return find_suite(suite_id) != NULL;
}

static bool is_13(const suite *s)
{
    return cipher_suite_is_13(s->id);
}

static const EVP_CIPHER *algorithm_of(const suite *s)
{
    switch (s->algorithm) {
    case AES_128_GCM:
        return EVP_aes_128_gcm();
    case AES_256_GCM:
        return EVP_aes_256_gcm();
    default:
        return EVP_chacha20_poly1305();
    }
}

static size_t key_size(const suite *s)
{
    return s->algorithm == AES_128_GCM ? 16 : 32;
}

static uint8_t hash_size(const suite *s)
{
    return s->sha384 ? 48 : 32;
}

/* The first bytes of AES-GCM's nonce in TLS 1.2 are secret, the others are in the record. */
static bool has_explicit_nonce(const suite *s)
{
    return !is_13(s) && s->algorithm != CHACHA20_POLY1305;
}

static size_t iv_size(const suite *s)
{
    return has_explicit_nonce(s) ? NONCE_SIZE - NUMBER_SIZE : NONCE_SIZE;
}

_Noreturn static void fail(void)
{
    die("OpenSSL does not have the algorithms of TLS, or too little memory");
}

/* ---- keys ---- */

static void hmac(const suite *s, const uint8_t *key, size_t key_length, const uint8_t *data, size_t size, uint8_t *to)
{
    if (HMAC(s->sha384 ? EVP_sha384() : EVP_sha256(), key, (int)key_length, data, size, to, NULL) == NULL)
        fail();
}

static cipher *create(const suite *s, const uint8_t *key)
{
    cipher *c = zeroed_memory(sizeof *c);
    c->suite = s;
    c->context = EVP_CIPHER_CTX_new();
    if (c->context == NULL || EVP_DecryptInit_ex(c->context, algorithm_of(s), NULL, key, NULL) != 1)
        fail();
    return c;
}

/* HKDF-Expand-Label of RFC 8446, 7.1, without a context; at most a hash. */
static void expand_label(const suite *s, const secret *from, const char *label, uint8_t *to, size_t size)
{
    static const char prefix[] = "tls13 ";
    uint8_t hash[TLS_SECRET_MAX];
    uint8_t info[64];
    size_t label_size = strlen(label);
    size_t n = 0;
    info[n++] = 0;
    info[n++] = (uint8_t)size;
    info[n++] = (uint8_t)(sizeof prefix - 1 + label_size);
    memcpy(info + n, prefix, sizeof prefix - 1);
    n += sizeof prefix - 1;
    memcpy(info + n, label, label_size);
    n += label_size;
    info[n++] = 0; /* the size of the context */
    info[n++] = 1; /* the number of the block of HKDF-Expand */
    hmac(s, from->bytes, from->size, info, n, hash);
    memcpy(to, hash, size);
}

static cipher *cipher_of_secret(const suite *s, const secret *traffic)
{
    uint8_t key[KEY_MAX];
    expand_label(s, traffic, "key", key, key_size(s));
    cipher *c = create(s, key);
    expand_label(s, traffic, "iv", c->iv, NONCE_SIZE);
    c->traffic = *traffic;
    return c;
}

cipher *cipher_of_traffic(uint16_t suite_id, const secret *traffic)
{
    const suite *s = find_suite(suite_id);
    return s != NULL && traffic->size == hash_size(s) ? cipher_of_secret(s, traffic) : NULL;
}

cipher *cipher_next(const cipher *c)
{
    secret next = {.size = c->traffic.size};
    if (!is_13(c->suite))
        return NULL;
    expand_label(c->suite, &c->traffic, "traffic upd", next.bytes, next.size);
    return cipher_of_secret(c->suite, &next);
}

/* P_hash of RFC 5246, 5. */
static void expand_master(const suite *s, const secret *master, const uint8_t *seed, size_t seed_size, uint8_t *to,
                          size_t size)
{
    uint8_t block[TLS_SECRET_MAX + 128]; /* A(i), then the seed */
    uint8_t hash[TLS_SECRET_MAX];
    size_t n = hash_size(s);
    hmac(s, master->bytes, master->size, seed, seed_size, block);
    memcpy(block + n, seed, seed_size);
    for (size_t at = 0; at < size; at += n) {
        hmac(s, master->bytes, master->size, block, n + seed_size, hash);
        memcpy(to + at, hash, size - at < n ? size - at : n);
        hmac(s, master->bytes, master->size, block, n, hash);
        memcpy(block, hash, n);
    }
}

cipher *cipher_of_master(uint16_t suite_id, const secret *master, const uint8_t client_random[TLS_RANDOM_SIZE],
                         const uint8_t server_random[TLS_RANDOM_SIZE], bool of_client)
{
    static const char label[] = "key expansion";
    enum { LABEL_SIZE = sizeof label - 1 };
    const suite *s = find_suite(suite_id);
    uint8_t seed[LABEL_SIZE + 2 * TLS_RANDOM_SIZE];
    uint8_t keys[2 * (KEY_MAX + NONCE_SIZE)]; /* of client and server, then the nonces */
    if (s == NULL || is_13(s))
        return NULL;
    memcpy(seed, label, LABEL_SIZE);
    memcpy(seed + LABEL_SIZE, server_random, TLS_RANDOM_SIZE);
    memcpy(seed + LABEL_SIZE + TLS_RANDOM_SIZE, client_random, TLS_RANDOM_SIZE);
    expand_master(s, master, seed, sizeof seed, keys, 2 * (key_size(s) + iv_size(s)));
    cipher *c = create(s, keys + (of_client ? 0 : key_size(s)));
    memcpy(c->iv, keys + 2 * key_size(s) + (of_client ? 0 : iv_size(s)), iv_size(s));
    return c;
}

void cipher_destroy(cipher *c)
{
    if (c == NULL)
        return;
    EVP_CIPHER_CTX_free(c->context);
    free(c);
}

/* ---- records ---- */

static void store_number(uint8_t *to, uint64_t number)
{
    for (int i = NUMBER_SIZE - 1; i >= 0; i--, number >>= 8)
        to[i] = (uint8_t)number;
}

/* Sets the nonce of a record. Returns the number of its bytes in the body. */
static size_t set_nonce(cipher *c, uint64_t number, const uint8_t *body)
{
    uint8_t nonce[NONCE_SIZE];
    uint8_t digits[NUMBER_SIZE];
    bool is_explicit = has_explicit_nonce(c->suite);
    memcpy(nonce, c->iv, sizeof nonce);
    store_number(digits, number);
    for (int i = 0; i < NUMBER_SIZE; i++)
        nonce[NONCE_SIZE - NUMBER_SIZE + i] ^= is_explicit ? body[i] : digits[i];
    if (EVP_DecryptInit_ex(c->context, NULL, NULL, NULL, nonce) != 1)
        fail();
    return is_explicit ? NUMBER_SIZE : 0;
}

static size_t nonce_size(const cipher *c)
{
    return has_explicit_nonce(c->suite) ? NUMBER_SIZE : 0;
}

/* What is authenticated beside the content. Returns its size. */
static size_t additional_data(const cipher *c, uint64_t number, const uint8_t *header, size_t content, uint8_t *to)
{
    if (is_13(c->suite)) {
        memcpy(to, header, TLS_HEADER_SIZE);
        return TLS_HEADER_SIZE;
    }
    store_number(to, number);
    memcpy(to + NUMBER_SIZE, header, 3);
    to[NUMBER_SIZE + 3] = (uint8_t)(content >> 8);
    to[NUMBER_SIZE + 4] = (uint8_t)content;
    return NUMBER_SIZE + TLS_HEADER_SIZE;
}

bool cipher_open(cipher *c, uint64_t number, const uint8_t header[TLS_HEADER_SIZE], const uint8_t *body, size_t size,
                 uint8_t *to, size_t *to_size)
{
    uint8_t beside[NUMBER_SIZE + TLS_HEADER_SIZE];
    uint8_t tag[TAG_SIZE];
    int n = 0;
    int last = 0;
    if (size < nonce_size(c) + TAG_SIZE)
        return false;
    size_t at = set_nonce(c, number, body);
    size_t content = size - at - TAG_SIZE;
    memcpy(tag, body + size - TAG_SIZE, TAG_SIZE);
    size_t beside_size = additional_data(c, number, header, content, beside);
    if (EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) != 1 ||
        EVP_DecryptUpdate(c->context, NULL, &n, beside, (int)beside_size) != 1 ||
        EVP_DecryptUpdate(c->context, to, &n, body + at, (int)content) != 1)
        fail();
    *to_size = content;
    return EVP_DecryptFinal_ex(c->context, to + n, &last) == 1;
}

size_t cipher_content_size(const cipher *c, size_t body_size)
{
    size_t beside = nonce_size(c) + TAG_SIZE + (is_13(c->suite) ? 1 : 0);
    return body_size > beside ? body_size - beside : 0;
}

size_t cipher_open_start(cipher *c, uint64_t number, const uint8_t *body, size_t captured, size_t size, uint8_t *to)
{
    int n = 0;
    if (captured <= nonce_size(c))
        return 0;
    size_t at = set_nonce(c, number, body);
    size_t content = cipher_content_size(c, size);
    content = captured - at < content ? captured - at : content;
    if (content != 0 && EVP_DecryptUpdate(c->context, to, &n, body + at, (int)content) != 1)
        fail();
    return content;
}

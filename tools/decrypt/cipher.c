/* SPDX-License-Identifier: Apache-2.0 */
#include "cipher.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>

#include "../command/buffer.h"
#include "../command/output.h"
#include "cbc.h"
#include "suite.h"

enum { NONCE_SIZE = 12, NUMBER_SIZE = 8, KEY_MAX = 32, TAG_MAX = 48 };

struct cipher {
    const suite *suite;
    EVP_CIPHER_CTX *context; /* has the key; NULL with CBC */
    EVP_CIPHER_CTX *counter; /* CCM: AES-CTR with the key, for records without their end */
    cbc *cbc;                /* NULL unless it is CBC */
    secret traffic;          /* TLS 1.3 */
    uint8_t iv[NONCE_SIZE];
};

bool cipher_available(void)
{
    return true;
}

bool cipher_suite_is_known(uint16_t suite_id)
{
    return suite_find(suite_id) != NULL;
}

const char *cipher_suite_name(uint16_t suite_id)
{
    const uint8_t id[] = {(uint8_t)(suite_id >> 8), (uint8_t)suite_id};
    SSL_CTX *context = SSL_CTX_new(TLS_method());
    SSL *any = context != NULL ? SSL_new(context) : NULL;
    const SSL_CIPHER *found = any != NULL ? SSL_CIPHER_find(any, id) : NULL;
    const char *name = found != NULL ? SSL_CIPHER_standard_name(found) : NULL;
    SSL_free(any);
    SSL_CTX_free(context);
    return name;
}

static bool is_13(const suite *s)
{
    return suite_is_13(s->id);
}

static const EVP_CIPHER *algorithm_of(const suite *s)
{
    bool is_128 = s->key_size == 16;
    switch (s->mode) {
    case MODE_GCM:
        return is_128 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    case MODE_CCM:
        return is_128 ? EVP_aes_128_ccm() : EVP_aes_256_ccm();
    default:
        return EVP_chacha20_poly1305();
    }
}

static uint8_t hash_size(const suite *s)
{
    return s->sha384 ? 48 : 32;
}

/* The first bytes of the nonce of AES-GCM and AES-CCM in TLS 1.2 are secret, the others are in the record. */
static bool has_explicit_nonce(const suite *s)
{
    return !is_13(s) && s->mode != MODE_CHACHA20;
}

static size_t iv_size(const suite *s)
{
    return has_explicit_nonce(s) ? NONCE_SIZE - NUMBER_SIZE : NONCE_SIZE;
}

void cipher_fail(void)
{
    die("OpenSSL does not have the algorithms of TLS, or too little memory");
}

/* ---- keys ---- */

static void hmac(const suite *s, const uint8_t *key, size_t key_length, const uint8_t *data, size_t size, uint8_t *to)
{
    if (HMAC(s->sha384 ? EVP_sha384() : EVP_sha256(), key, (int)key_length, data, size, to, NULL) == NULL)
        cipher_fail();
}

static EVP_CIPHER_CTX *new_context(const EVP_CIPHER *algorithm)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL || EVP_DecryptInit_ex(context, algorithm, NULL, NULL, NULL) != 1)
        cipher_fail();
    return context;
}

static void set_key(EVP_CIPHER_CTX *context, const uint8_t *key)
{
    if (EVP_DecryptInit_ex(context, NULL, NULL, key, NULL) != 1)
        cipher_fail();
}

static cipher *create(const suite *s, const uint8_t *key)
{
    cipher *c = zeroed_memory(sizeof *c);
    c->suite = s;
    c->context = new_context(algorithm_of(s));
    if (s->mode == MODE_CCM) {
        if (EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_IVLEN, NONCE_SIZE, NULL) != 1 ||
            EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_TAG, s->tag_size, NULL) != 1)
            cipher_fail();
        c->counter = new_context(s->key_size == 16 ? EVP_aes_128_ctr() : EVP_aes_256_ctr());
        set_key(c->counter, key);
    }
    set_key(c->context, key);
    return c;
}

static cipher *create_cbc(const suite *s, const uint8_t *key, const uint8_t *mac_key, bool encrypt_then_mac)
{
    cipher *c = zeroed_memory(sizeof *c);
    c->suite = s;
    c->cbc = cbc_create(s, key, mac_key, encrypt_then_mac);
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
    expand_label(s, traffic, "key", key, s->key_size);
    cipher *c = create(s, key);
    expand_label(s, traffic, "iv", c->iv, NONCE_SIZE);
    c->traffic = *traffic;
    return c;
}

cipher *cipher_of_traffic(uint16_t suite_id, const secret *traffic)
{
    const suite *s = suite_find(suite_id);
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

cipher *cipher_of_master(const master_session *session, bool of_client)
{
    static const char label[] = "key expansion";
    enum { LABEL_SIZE = sizeof label - 1 };
    const suite *s = suite_find(session->suite);
    uint8_t seed[LABEL_SIZE + 2 * TLS_RANDOM_SIZE];
    uint8_t keys[2 * (TAG_MAX + KEY_MAX + NONCE_SIZE)]; /* of client and server: of MACs, then keys, then nonces */
    if (s == NULL || is_13(s))
        return NULL;
    memcpy(seed, label, LABEL_SIZE);
    memcpy(seed + LABEL_SIZE, session->server_random, TLS_RANDOM_SIZE);
    memcpy(seed + LABEL_SIZE + TLS_RANDOM_SIZE, session->client_random, TLS_RANDOM_SIZE);
    size_t mac_size = s->mode == MODE_CBC ? s->tag_size : 0;
    size_t nonce = s->mode == MODE_CBC ? 0 : iv_size(s);
    expand_master(s, session->master, seed, sizeof seed, keys, 2 * (mac_size + s->key_size + nonce));
    size_t side = of_client ? 0 : 1;
    const uint8_t *key = keys + 2 * mac_size + side * s->key_size;
    if (s->mode == MODE_CBC)
        return create_cbc(s, key, keys + side * mac_size, session->encrypt_then_mac);
    cipher *c = create(s, key);
    memcpy(c->iv, keys + 2 * s->key_size + side * nonce, nonce);
    return c;
}

void cipher_destroy(cipher *c)
{
    if (c == NULL)
        return;
    EVP_CIPHER_CTX_free(c->context);
    EVP_CIPHER_CTX_free(c->counter);
    cbc_destroy(c->cbc);
    free(c);
}

/* ---- records ---- */

static void store_number(uint8_t *to, uint64_t number)
{
    for (int i = NUMBER_SIZE - 1; i >= 0; i--, number >>= 8)
        to[i] = (uint8_t)number;
}

void cipher_put_beside(uint8_t *to, uint64_t number, const uint8_t *header, size_t size)
{
    store_number(to, number);
    memcpy(to + NUMBER_SIZE, header, 3);
    to[NUMBER_SIZE + 3] = (uint8_t)(size >> 8);
    to[NUMBER_SIZE + 4] = (uint8_t)size;
}

/* The number of bytes of the nonce in the body. */
static size_t nonce_size(const cipher *c)
{
    return has_explicit_nonce(c->suite) ? NUMBER_SIZE : 0;
}

static void make_nonce(const cipher *c, uint64_t number, const uint8_t *body, uint8_t nonce[NONCE_SIZE])
{
    uint8_t digits[NUMBER_SIZE];
    bool is_explicit = has_explicit_nonce(c->suite);
    memcpy(nonce, c->iv, NONCE_SIZE);
    store_number(digits, number);
    for (int i = 0; i < NUMBER_SIZE; i++)
        nonce[NONCE_SIZE - NUMBER_SIZE + i] ^= is_explicit ? body[i] : digits[i];
}

/* What is authenticated beside the content. Returns its size. */
static size_t additional_data(const cipher *c, uint64_t number, const uint8_t *header, size_t content, uint8_t *to)
{
    if (is_13(c->suite)) {
        memcpy(to, header, TLS_HEADER_SIZE);
        return TLS_HEADER_SIZE;
    }
    cipher_put_beside(to, number, header, content);
    return NUMBER_SIZE + TLS_HEADER_SIZE;
}

bool cipher_open(cipher *c, uint64_t number, const uint8_t header[TLS_HEADER_SIZE], const uint8_t *body, size_t size,
                 uint8_t *to, size_t *to_size)
{
    uint8_t beside[NUMBER_SIZE + TLS_HEADER_SIZE];
    uint8_t nonce[NONCE_SIZE];
    uint8_t tag[TAG_MAX];
    int n = 0;
    int last = 0;
    if (c->cbc != NULL)
        return cbc_open(c->cbc, number, header, body, size, to, to_size);
    size_t tag_size = c->suite->tag_size;
    size_t at = nonce_size(c);
    if (size < at + tag_size)
        return false;
    size_t content = size - at - tag_size;
    size_t beside_size = additional_data(c, number, header, content, beside);
    make_nonce(c, number, body, nonce);
    memcpy(tag, body + size - tag_size, tag_size);
    *to_size = content;
    if (EVP_CIPHER_CTX_ctrl(c->context, EVP_CTRL_AEAD_SET_TAG, (int)tag_size, tag) != 1 ||
        EVP_DecryptInit_ex(c->context, NULL, NULL, NULL, nonce) != 1 ||
        (c->suite->mode == MODE_CCM && EVP_DecryptUpdate(c->context, NULL, &n, NULL, (int)content) != 1) ||
        EVP_DecryptUpdate(c->context, NULL, &n, beside, (int)beside_size) != 1)
        cipher_fail();
    bool is_open = EVP_DecryptUpdate(c->context, to, &n, body + at, (int)content) == 1;
    if (c->suite->mode == MODE_CCM)
        return is_open;
    if (!is_open)
        cipher_fail();
    return EVP_DecryptFinal_ex(c->context, to + n, &last) == 1;
}

size_t cipher_beside_content(const cipher *c)
{
    if (c->cbc != NULL)
        return cbc_beside_content(c->cbc);
    return nonce_size(c) + c->suite->tag_size + (is_13(c->suite) ? 1 : 0);
}

size_t cipher_content_size(const cipher *c, size_t body_size)
{
    size_t beside = cipher_beside_content(c);
    if (c->cbc != NULL)
        return SIZE_MAX;
    return body_size > beside ? body_size - beside : 0;
}

/* Sets the key stream of CCM: the first block of it encrypts the tag. */
static void start_counter(const cipher *c, const uint8_t nonce[NONCE_SIZE])
{
    enum { COUNTER_SIZE = 15 - NONCE_SIZE };
    uint8_t block[16] = {COUNTER_SIZE - 1};
    memcpy(block + 1, nonce, NONCE_SIZE);
    block[15] = 1;
    if (EVP_DecryptInit_ex(c->counter, NULL, NULL, NULL, block) != 1)
        cipher_fail();
}

size_t cipher_open_start(cipher *c, uint64_t number, const uint8_t *body, size_t captured, size_t size, uint8_t *to)
{
    uint8_t nonce[NONCE_SIZE];
    int n = 0;
    if (c->cbc != NULL)
        return cbc_open_start(c->cbc, body, captured, size, to);
    size_t at = nonce_size(c);
    if (captured <= at)
        return 0;
    make_nonce(c, number, body, nonce);
    if (c->suite->mode == MODE_CCM)
        start_counter(c, nonce);
    else if (EVP_DecryptInit_ex(c->context, NULL, NULL, NULL, nonce) != 1)
        cipher_fail();
    size_t content = cipher_content_size(c, size);
    content = captured - at < content ? captured - at : content;
    if (content != 0 &&
        EVP_DecryptUpdate(c->counter != NULL ? c->counter : c->context, to, &n, body + at, (int)content) != 1)
        cipher_fail();
    return content;
}

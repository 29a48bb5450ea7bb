/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "../text/base64.h"
#include "saslname.h"
#include "scram.h"

#define GS2_HEADER "n,,"          /* no channel binding, no other identity */
#define CHANNEL_BINDING "c=biws," /* that header in base64 */

/* The server's first message: r=NONCE,s=SALT,i=ITERATIONS */
typedef struct challenge {
    kw_string nonce;
    uint8_t salt[SCRAM_MESSAGE_SIZE];
    size_t salt_size;
    int iterations;
} challenge;

bool scram_available(void)
{
    return true;
}

static const EVP_MD *hash_of(const scram *s)
{
    return s->hash == SCRAM_SHA_512 ? EVP_sha512() : EVP_sha256();
}

static size_t hash_size(const scram *s)
{
    return s->hash == SCRAM_SHA_512 ? 64 : 32;
}

static bool refuse(report *r, const char *why)
{
    return report_set(r, CODE_SASL, 0, "%s", why);
}

bool scram_make_nonce(char to[SCRAM_NONCE_SIZE], report *r)
{
    uint8_t random[(SCRAM_NONCE_SIZE - 1) / 4 * 3];
    if (RAND_bytes(random, sizeof random) != 1)
        return refuse(r, "OpenSSL has no random numbers");
    EVP_EncodeBlock((unsigned char *)to, random, sizeof random);
    return true;
}

static void put(kw_writer *out, const char *text)
{
    kw_write_raw(out, text, strlen(text));
}

bool scram_begin(scram *s, scram_hash hash, const char *user, const char *password, const char *nonce, report *r)
{
    kw_writer out;
    memset(s, 0, sizeof *s);
    s->hash = hash;
    s->password = password;
    snprintf(s->nonce, sizeof s->nonce, "%s", nonce);
    kw_writer_init(&out, s->first, sizeof s->first);
    put(&out, GS2_HEADER "n=");
    saslname_write(&out, user);
    put(&out, ",r=");
    put(&out, s->nonce);
    s->first_size = kw_writer_needed(&out);
    return kw_writer_ok(&out) || refuse(r, "the name of the user is too long");
}

kw_bytes scram_first(const scram *s)
{
    return kw_bytes_of(s->first, s->first_size);
}

/* Takes "NAME=VALUE" and the comma after it from the front of the text. */
static bool take_attribute(kw_string *text, char name, kw_string *value)
{
    if (text->len < 2 || text->data[0] != name || text->data[1] != '=')
        return false;
    const char *from = text->data + 2;
    const char *comma = memchr(from, ',', (size_t)text->len - 2);
    int32_t size = comma != NULL ? (int32_t)(comma - from) : text->len - 2;
    int32_t taken = 2 + size + (comma != NULL);
    *value = (kw_string){from, size};
    *text = (kw_string){text->data + taken, text->len - taken};
    return true;
}

static bool read_iterations(kw_string text, int *out)
{
    char digits[8];
    if (text.len < 1 || (size_t)text.len >= sizeof digits)
        return false;
    memcpy(digits, text.data, (size_t)text.len);
    digits[text.len] = '\0';
    *out = (int)strtol(digits, NULL, 10);
    return strspn(digits, "0123456789") == (size_t)text.len;
}

static bool refuse_error(kw_string name, report *r)
{
    char text[QUOTED_SIZE];
    return report_set(r, CODE_SASL, 0, "the server reports %s", quoted(text, name.data, (size_t)name.len));
}

static bool refuse_iterations(kw_string count, report *r)
{
    char text[QUOTED_SIZE];
    return report_set(r, CODE_SASL, 0, "the server's iterations are %s, not %d to %d",
                      quoted(text, count.data, (size_t)count.len), SCRAM_ITERATIONS_LEAST, SCRAM_ITERATIONS_MOST);
}

static bool read_challenge(const scram *s, kw_string text, challenge *out, report *r)
{
    kw_string salt, iterations, error;
    if (text.len < 0 || text.len >= SCRAM_MESSAGE_SIZE)
        return refuse(r, "the server's first message is too long");
    if (take_attribute(&text, 'e', &error))
        return refuse_error(error, r);
    if (!take_attribute(&text, 'r', &out->nonce) || !take_attribute(&text, 's', &salt) ||
        !take_attribute(&text, 'i', &iterations))
        return refuse(r, "the server's first message is not r=...,s=...,i=...");
    size_t own = strlen(s->nonce);
    if ((size_t)out->nonce.len <= own || memcmp(out->nonce.data, s->nonce, own) != 0)
        return refuse(r, "the server's nonce does not start with the client's");
    if (!base64_decode(out->salt, &out->salt_size, salt.data, (size_t)salt.len) || out->salt_size == 0)
        return refuse(r, "the server's salt is not base64");
    if (!read_iterations(iterations, &out->iterations) || out->iterations < SCRAM_ITERATIONS_LEAST ||
        out->iterations > SCRAM_ITERATIONS_MOST)
        return refuse_iterations(iterations, r);
    return true;
}

static bool sign(const scram *s, const uint8_t *key, const void *text, size_t size, uint8_t to[SCRAM_HASH_SIZE])
{
    return HMAC(hash_of(s), key, (int)hash_size(s), text, size, to, NULL) != NULL;
}

/* ClientProof and ServerSignature of RFC 5802, section 3. */
static bool compute(scram *s, const challenge *c, kw_span auth_message, uint8_t proof[SCRAM_HASH_SIZE])
{
    size_t size = hash_size(s);
    uint8_t salted[SCRAM_HASH_SIZE], client_key[SCRAM_HASH_SIZE], stored_key[SCRAM_HASH_SIZE];
    uint8_t server_key[SCRAM_HASH_SIZE];
    bool done = PKCS5_PBKDF2_HMAC(s->password, (int)strlen(s->password), c->salt, (int)c->salt_size, c->iterations,
                                  hash_of(s), (int)size, salted) == 1 &&
                sign(s, salted, "Client Key", 10, client_key) && sign(s, salted, "Server Key", 10, server_key) &&
                EVP_Digest(client_key, size, stored_key, NULL, hash_of(s), NULL) == 1 &&
                sign(s, stored_key, auth_message.data, auth_message.size, proof) &&
                sign(s, server_key, auth_message.data, auth_message.size, s->server_signature);
    for (size_t i = 0; i < size && done; i++)
        proof[i] ^= client_key[i];
    OPENSSL_cleanse(salted, sizeof salted);
    OPENSSL_cleanse(client_key, sizeof client_key);
    OPENSSL_cleanse(stored_key, sizeof stored_key);
    OPENSSL_cleanse(server_key, sizeof server_key);
    return done;
}

bool scram_answer(scram *s, kw_bytes server_first, kw_bytes *out, report *r)
{
    challenge c = {.salt_size = 0};
    kw_string text = kw_string_of_bytes(server_first);
    if (!read_challenge(s, text, &c, r))
        return false;

    /* The message without its proof is the end of the signed text, and the start of the sent one. */
    char signed_text[3 * SCRAM_MESSAGE_SIZE];
    kw_writer all, final;
    kw_writer_init(&all, signed_text, sizeof signed_text);
    kw_write_raw(&all, s->first + sizeof GS2_HEADER - 1, s->first_size - (sizeof GS2_HEADER - 1));
    put(&all, ",");
    kw_write_raw(&all, text.data, (size_t)text.len);
    put(&all, "," CHANNEL_BINDING "r=");
    kw_write_raw(&all, c.nonce.data, (size_t)c.nonce.len);

    uint8_t proof[SCRAM_HASH_SIZE] = {0};
    char proof_text[SCRAM_HASH_SIZE * 2];
    if (!kw_writer_ok(&all) || !compute(s, &c, kw_writer_data(&all), proof))
        return refuse(r, "OpenSSL cannot compute the proof");
    EVP_EncodeBlock((unsigned char *)proof_text, proof, (int)hash_size(s));
    kw_writer_init(&final, s->final, sizeof s->final);
    put(&final, CHANNEL_BINDING "r=");
    kw_write_raw(&final, c.nonce.data, (size_t)c.nonce.len);
    put(&final, ",p=");
    put(&final, proof_text);
    *out = kw_bytes_of(s->final, kw_writer_needed(&final));
    return kw_writer_ok(&final) || refuse(r, "the server's nonce is too long");
}

bool scram_verify(const scram *s, kw_bytes server_final, report *r)
{
    kw_string text = {(const char *)server_final.data, server_final.len}, value;
    if (take_attribute(&text, 'e', &value))
        return refuse_error(value, r);
    uint8_t signature[SCRAM_HASH_SIZE * 2];
    size_t size;
    if (!take_attribute(&text, 'v', &value) || value.len >= SCRAM_HASH_SIZE * 2 ||
        !base64_decode(signature, &size, value.data, (size_t)value.len))
        return refuse(r, "the server's last message is not v=...");
    if (size != hash_size(s) || CRYPTO_memcmp(signature, s->server_signature, size) != 0)
        return refuse(r, "the server does not know the password: its signature is wrong");
    return true;
}

void scram_finish(scram *s)
{
    OPENSSL_cleanse(s, sizeof *s);
}

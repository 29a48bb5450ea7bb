/* SPDX-License-Identifier: Apache-2.0 */
#include "cbc.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "../command/buffer.h"
#include "cipher.h"

enum { BLOCK_SIZE = 16, MOST_PADDING = 256, BESIDE_SIZE = 13 };

struct cbc {
    EVP_CIPHER_CTX *context; /* has the key */
    EVP_MD_CTX *mac;         /* the same */
    size_t mac_size;
    bool encrypt_then_mac;
};

static const EVP_MD *hash_of_size(size_t size)
{
    return size == 20 ? EVP_sha1() : size == 32 ? EVP_sha256() : EVP_sha384();
}

cbc *cbc_create(const suite *s, const uint8_t *key, const uint8_t *mac_key, bool encrypt_then_mac)
{
    cbc *c = zeroed_memory(sizeof *c);
    EVP_PKEY *with = EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, mac_key, s->tag_size);
    c->context = EVP_CIPHER_CTX_new();
    c->mac = EVP_MD_CTX_new();
    c->mac_size = s->tag_size;
    c->encrypt_then_mac = encrypt_then_mac;
    if (with == NULL || c->context == NULL || c->mac == NULL ||
        EVP_DecryptInit_ex(c->context, s->key_size == 16 ? EVP_aes_128_cbc() : EVP_aes_256_cbc(), NULL, key, NULL) !=
            1 ||
        EVP_CIPHER_CTX_set_padding(c->context, 0) != 1 ||
        EVP_DigestSignInit(c->mac, NULL, hash_of_size(s->tag_size), NULL, with) != 1)
        cipher_fail();
    EVP_PKEY_free(with);
    return c;
}

void cbc_destroy(cbc *c)
{
    if (c == NULL)
        return;
    EVP_CIPHER_CTX_free(c->context);
    EVP_MD_CTX_free(c->mac);
    free(c);
}

/* Decrypts whole blocks. */
static void decrypt(cbc *c, const uint8_t *iv, const uint8_t *blocks, size_t size, uint8_t *to)
{
    int n = 0;
    if (EVP_DecryptInit_ex(c->context, NULL, NULL, NULL, iv) != 1 ||
        EVP_DecryptUpdate(c->context, to, &n, blocks, (int)size) != 1)
        cipher_fail();
}

static bool has_mac(const cbc *c, uint64_t number, const uint8_t *header, const uint8_t *data, size_t size,
                    const uint8_t *mac)
{
    uint8_t beside[BESIDE_SIZE];
    uint8_t found[EVP_MAX_MD_SIZE];
    size_t found_size = sizeof found;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    cipher_put_beside(beside, number, header, size);
    if (copy == NULL || EVP_MD_CTX_copy_ex(copy, c->mac) != 1 ||
        EVP_DigestSignUpdate(copy, beside, sizeof beside) != 1 || EVP_DigestSignUpdate(copy, data, size) != 1 ||
        EVP_DigestSignFinal(copy, found, &found_size) != 1)
        cipher_fail();
    EVP_MD_CTX_free(copy);
    return memcmp(found, mac, c->mac_size) == 0;
}

/* Whether the last bytes are padding; their size is in the last one, which it does not count. */
static bool has_padding(const uint8_t *data, size_t size, size_t *padding)
{
    *padding = (size_t)data[size - 1] + 1;
    if (*padding > size)
        return false;
    for (size_t i = size - *padding; i < size; i++)
        if (data[i] != data[size - 1])
            return false;
    return true;
}

bool cbc_open(cbc *c, uint64_t number, const uint8_t *header, const uint8_t *body, size_t size, uint8_t *to,
              size_t *to_size)
{
    size_t padding;
    size_t behind = c->encrypt_then_mac ? c->mac_size : 0;
    size_t within = c->mac_size - behind;
    if (size < 2 * BLOCK_SIZE + behind || (size - behind) % BLOCK_SIZE != 0)
        return false;
    size_t blocks = size - behind - BLOCK_SIZE;
    if (c->encrypt_then_mac && !has_mac(c, number, header, body, size - behind, body + size - behind))
        return false;
    decrypt(c, body, body + BLOCK_SIZE, blocks, to);
    if (!has_padding(to, blocks, &padding) || blocks - padding < within)
        return false;
    *to_size = blocks - padding - within;
    return c->encrypt_then_mac || has_mac(c, number, header, to, *to_size, to + *to_size);
}

size_t cbc_beside_content(const cbc *c)
{
    return BLOCK_SIZE + c->mac_size + 1; /* the size of the padding */
}

size_t cbc_open_start(cbc *c, const uint8_t *body, size_t captured, size_t size, uint8_t *to)
{
    size_t behind = BLOCK_SIZE + c->mac_size + MOST_PADDING;
    size_t content = size > behind ? size - behind : 0;
    size_t blocks = captured > BLOCK_SIZE ? (captured - BLOCK_SIZE) / BLOCK_SIZE * BLOCK_SIZE : 0;
    if (blocks != 0)
        decrypt(c, body, body + BLOCK_SIZE, blocks, to);
    return blocks < content ? blocks : content;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/view.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define TEXT_SIZE 22

void kw_uuid_format(kw_uuid uuid, char text[23])
{
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < sizeof uuid.bytes; i++) {
        bits = (bits << 8 | uuid.bytes[i]) & 0xffff;
        for (have += 8; have >= 6; have -= 6)
            text[n++] = alphabet[bits >> (have - 6) & 63];
    }
    text[n++] = alphabet[bits << (6 - have) & 63];
    text[n] = '\0';
}

bool kw_uuid_parse(kw_string text, kw_uuid *out)
{
    if (text.len != TEXT_SIZE)
        return false;
    uint32_t bits = 0;
    unsigned have = 0;
    size_t n = 0;
    for (int32_t i = 0; i < TEXT_SIZE; i++) {
        const char *at = text.data[i] == '\0' ? NULL : strchr(alphabet, text.data[i]);
        if (at == NULL)
            return false;
        bits = (bits << 6 | (uint32_t)(at - alphabet)) & 0xffff;
        have += 6;
        if (have >= 8) {
            have -= 8;
            out->bytes[n++] = (uint8_t)(bits >> have);
        }
    }
    return (bits & ((1u << have) - 1)) == 0;
}

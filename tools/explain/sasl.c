/* SPDX-License-Identifier: Apache-2.0 */
#include "sasl.h"

#include <string.h>

/* A view of `at` to `end` of the token. */
static kw_string between(kw_bytes token, size_t at, size_t end)
{
    return (kw_string){(const char *)token.data + at, (int32_t)(end - at)};
}

static bool begins_with(kw_bytes token, const char *text)
{
    size_t size = strlen(text);
    return (size_t)token.len >= size && memcmp(token.data, text, size) == 0;
}

/* The position of the text in the token from `at` on; the token's size if it is missing. */
static size_t find(kw_bytes token, size_t at, const char *text)
{
    size_t size = strlen(text);
    size_t end = (size_t)token.len;
    for (; at + size <= end; at++)
        if (memcmp(token.data + at, text, size) == 0)
            return at;
    return end;
}

/* [authorization id] NUL user NUL password */
static bool read_plain(kw_bytes token, sasl_token *out)
{
    size_t size = (size_t)token.len;
    const uint8_t *first = memchr(token.data, 0, size);
    if (first == NULL)
        return false;
    size_t user = (size_t)(first - token.data) + 1;
    const uint8_t *second = memchr(token.data + user, 0, size - user);
    if (second == NULL)
        return false;
    size_t password = (size_t)(second - token.data) + 1;
    if (memchr(token.data + password, 0, size - password) != NULL)
        return false;
    out->what = "PLAIN";
    out->user = between(token, user, password - 1);
    out->secret_at = password;
    out->secret_size = size - password;
    return true;
}

/* n,[a=authorization id],^Aauth=Bearer token^A^A */
static bool read_bearer(kw_bytes token, sasl_token *out)
{
    static const char mark[] = "\001auth=Bearer ";
    size_t size = (size_t)token.len;
    size_t at = find(token, 0, mark);
    if (at == size)
        return false;
    out->what = "OAUTHBEARER";
    out->secret_at = at + sizeof mark - 1;
    out->secret_size = find(token, out->secret_at, "\001") - out->secret_at;
    return true;
}

/* n,[a=authorization id],n=user,r=nonce; then c=...,r=nonce,p=proof. The proof allows guessing the password. */
static bool read_scram_of_client(kw_bytes token, sasl_token *out)
{
    size_t size = (size_t)token.len;
    size_t user = find(token, 0, ",n=") + 3;
    size_t proof = find(token, 0, ",p=") + 3;
    if ((begins_with(token, "n,") || begins_with(token, "y,") || begins_with(token, "p=")) && user <= size) {
        out->what = "SCRAM, the client's first message";
        out->user = between(token, user, find(token, user, ","));
        return find(token, user, ",r=") < size;
    }
    if (!begins_with(token, "c=") || proof > size)
        return false;
    out->what = "SCRAM, the client's last message";
    out->secret_at = proof;
    out->secret_size = size - proof;
    return true;
}

static bool read_scram_of_server(kw_bytes token, sasl_token *out)
{
    bool first = begins_with(token, "r=") && find(token, 0, ",s=") < (size_t)token.len;
    bool last = begins_with(token, "v=");
    bool error = begins_with(token, "e=");
    out->what = first  ? "SCRAM, the server's first message"
                : last ? "SCRAM, the server's last message"
                       : "SCRAM, an error of the server";
    return first || last || error;
}

sasl_token sasl_token_read(kw_bytes token, bool from_client)
{
    const sasl_token nothing = {.what = "a token of a mechanism that is not recognised", .user = {NULL, -1}};
    sasl_token t = nothing;
    if (!from_client)
        return read_scram_of_server(token, &t) ? t : nothing;
    if (read_bearer(token, &t) || read_scram_of_client(token, &t) || read_plain(token, &t))
        return t;
    t = nothing;
    t.secret_size = (size_t)token.len;
    return t;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "sasl.h"

#include <string.h>

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/messages/sasl_authenticate_request.h>
#include <kwire/messages/sasl_authenticate_response.h>
#include <kwire/messages/sasl_handshake_request.h>
#include <kwire/messages/sasl_handshake_response.h>

#include "bearer.h"
#include "scram.h"

static const char *const names[] = {"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"};

/* A login in progress. */
typedef struct login {
    client *client;
    const sasl_settings *settings;
    int16_t handshake_version;
    int16_t authenticate_version;
    kw_arena arena; /* of the newest answer */
} login;

bool sasl_find(const char *name, sasl_mechanism *out)
{
    for (unsigned i = SASL_PLAIN; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0) {
            *out = (sasl_mechanism)i;
            return true;
        }
    return false;
}

/* "A, B" */
static void list_mechanisms(kw_string_array list, char *to, size_t size)
{
    kw_writer out;
    kw_writer_init(&out, to, size - 1);
    for (int32_t i = 0; i < list.len; i++) {
        kw_write_raw(&out, ", ", i != 0 ? 2 : 0);
        kw_write_raw(&out, list.items[i].data, list.items[i].len > 0 ? (size_t)list.items[i].len : 0);
    }
    to[kw_writer_data(&out).size] = '\0';
}

static bool shake_hands(login *l, report *r)
{
    kw_sasl_handshake_request request = {.mechanism = kw_string_of(names[l->settings->mechanism])};
    kw_response response;
    void *any;
    kw_arena_reset(&l->arena);
    if (!client_ask(l->client, KW_KEY_SASL_HANDSHAKE, l->handshake_version, &request, &response, &l->arena, &any, r))
        return false;
    const kw_sasl_handshake_response *answer = any;
    if (answer->error_code == KW_ERROR_NONE)
        return true;
    if (answer->mechanisms.len <= 0)
        return report_set(r, kw_error_name(answer->error_code), 0, "the listener does not offer SASL");
    enum { LONGEST = 512 };
    char list[LONGEST], text[QUOTED_SIZE];
    list_mechanisms(answer->mechanisms, list, sizeof list);
    return report_set(r, kw_error_name(answer->error_code), 0, "the listener offers %s",
                      quoted(text, list, strlen(list)));
}

/* Sends a token and receives one, which is a view of the client's memory until the next call. */
static bool authenticate(login *l, kw_bytes token, kw_bytes *back, report *r)
{
    kw_sasl_authenticate_request request;
    kw_response response;
    void *any;
    kw_sasl_authenticate_request_init(&request);
    request.auth_bytes = token;
    kw_arena_reset(&l->arena);
    if (!client_ask(l->client, KW_KEY_SASL_AUTHENTICATE, l->authenticate_version, &request, &response, &l->arena, &any,
                    r))
        return false;
    const kw_sasl_authenticate_response *answer = any;
    if (answer->error_code != KW_ERROR_NONE)
        return report_refusal(r, answer->error_code, answer->error_message);
    *back = answer->auth_bytes;
    return true;
}

/* RFC 4616: no authorization identity, then name and password, each after a zero byte. */
static bool login_plain(login *l, report *r)
{
    enum { LONGEST = 4096 };
    char token[LONGEST];
    kw_writer out;
    kw_bytes ignored;
    kw_writer_init(&out, token, sizeof token);
    kw_write_raw(&out, "", 1);
    kw_write_raw(&out, l->settings->user, strlen(l->settings->user) + 1);
    kw_write_raw(&out, l->settings->password, strlen(l->settings->password));
    if (!kw_writer_ok(&out))
        return report_set(r, CODE_SASL, 0, "user and password are longer than %d bytes", LONGEST - 2);
    return authenticate(l, kw_bytes_of(token, kw_writer_needed(&out)), &ignored, r);
}

static bool exchange_scram(login *l, scram *s, report *r)
{
    kw_bytes back = {NULL, -1}, final;
    return authenticate(l, scram_first(s), &back, r) && scram_answer(s, back, &final, r) &&
           authenticate(l, final, &back, r) && scram_verify(s, back, r);
}

static bool login_scram(login *l, report *r)
{
    scram s;
    char nonce[SCRAM_NONCE_SIZE];
    scram_hash hash = l->settings->mechanism == SASL_SCRAM_SHA_512 ? SCRAM_SHA_512 : SCRAM_SHA_256;
    bool done = scram_make_nonce(nonce, r) &&
                scram_begin(&s, hash, l->settings->user, l->settings->password, nonce, r) && exchange_scram(l, &s, r);
    scram_finish(&s);
    return done;
}

/* The server answers a token that it refuses with JSON instead of an error. The login then ends with a byte of the
 * client's, to which the error is the answer: it repeats the JSON or says more. */
static bool end_refused(login *l, kw_bytes challenge, report *r)
{
    report last;
    kw_bytes ignored;
    bearer_refuse(challenge, r);
    char repeated[QUOTED_MESSAGE_SIZE];
    quoted_message(repeated, (const char *)challenge.data, (size_t)challenge.len);
    if (!authenticate(l, kw_bytes_of(BEARER_SEPARATOR, 1), &ignored, &last) && report_is_refusal(&last) &&
        strcmp(last.detail, repeated) != 0)
        report_cause(r, last.detail);
    return false;
}

static bool login_bearer(login *l, report *r)
{
    const sasl_settings *s = l->settings;
    kw_writer out;
    kw_bytes back = {NULL, -1};
    kw_writer_init_growing(&out, kw_allocator_libc(), l->client->settings->max_memory);
    bearer_write_first(&out, s->token, s->user, s->extensions);
    bool done = kw_writer_ok(&out) || report_status(r, out.status, 0, "the token");
    if (done) {
        kw_span first = kw_writer_data(&out);
        done = authenticate(l, kw_bytes_of(first.data, first.size), &back, r);
    }
    kw_writer_finish(&out);
    return done && (back.len <= 0 || end_refused(l, back, r));
}

static bool exchange(login *l, report *r)
{
    switch (l->settings->mechanism) {
    case SASL_PLAIN:
        return login_plain(l, r);
    case SASL_OAUTHBEARER:
        return login_bearer(l, r);
    case SASL_SCRAM_SHA_256:
    case SASL_SCRAM_SHA_512:
        return login_scram(l, r);
    case SASL_NONE:
        break;
    }
    return true;
}

static bool run(login *l, const broker_versions *versions, report *r)
{
    const kw_api *handshake = kw_api_find(KW_KEY_SASL_HANDSHAKE);
    const kw_api *authenticates = kw_api_find(KW_KEY_SASL_AUTHENTICATE);
    if (!versions_choose(versions, handshake, &l->handshake_version, r))
        return false;
    if (l->handshake_version == 0) /* raw tokens would follow */
        return report_set(r, CODE_SASL, 0, "the broker is older than Kafka 1.0 and has only SaslHandshake 0");
    return versions_choose(versions, authenticates, &l->authenticate_version, r) && shake_hands(l, r) && exchange(l, r);
}

bool sasl_login(client *c, const broker_versions *versions, const sasl_settings *settings, report *r)
{
    if (settings->mechanism == SASL_NONE)
        return true;
    login l = {.client = c, .settings = settings};
    kw_arena_init_growing(&l.arena, NULL, 0, kw_allocator_libc(), c->settings->max_memory);
    bool done = run(&l, versions, r);
    kw_arena_finish(&l.arena);
    return done || report_while(r, "login by %s", names[settings->mechanism]);
}

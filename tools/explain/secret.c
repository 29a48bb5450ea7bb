/* SPDX-License-Identifier: Apache-2.0 */
#include "secret.h"

#include <string.h>

#include "around.h"
#include "meaning.h"
#include "sasl.h"

static const struct {
    const char *message;
    const char *field;
} secrets[] = {
    {"AlterUserScramCredentialsRequest", "saltedPassword"},
    {"CreateDelegationTokenResponse", "hmac"},
    {"DescribeDelegationTokenResponse", "hmac"},
    {"ExpireDelegationTokenRequest", "hmac"},
    {"RenewDelegationTokenRequest", "hmac"},
    {"SaslAuthenticateRequest", "authBytes"},
    {"SaslAuthenticateResponse", "authBytes"},
    {"UserScramCredentialRecord", "serverKey"},
    {"UserScramCredentialRecord", "storedKey"},
};

/* Values of settings, whose names say which are secret. Envelopes hold other messages. */
static const char *const with_secrets[] = {"AlterConfigsRequest", "ConfigRecord", "EnvelopeRequest",
                                           "IncrementalAlterConfigsRequest"};
static const char *const secret_settings[] = {"password",     "secret",     "jaas.config",
                                              "keystore.key", "secret.key", "master.key"};

bool secret_message(const kw_message *m)
{
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (strcmp(secrets[i].message, m->name) == 0)
            return true;
    for (size_t i = 0; i < sizeof with_secrets / sizeof with_secrets[0]; i++)
        if (strcmp(with_secrets[i], m->name) == 0)
            return true;
    return false;
}

static bool ends_with(kw_string text, const char *end)
{
    int32_t size = (int32_t)strlen(end);
    return text.len >= size && memcmp(text.data + text.len - size, end, (size_t)size) == 0;
}

static bool is_secret_setting(const kw_step *step)
{
    kw_string name = around_text(step, "name");
    for (size_t i = 0; i < sizeof secret_settings / sizeof secret_settings[0]; i++)
        if (ends_with(name, secret_settings[i]))
            return true;
    return false;
}

static bool is_secret_field(const kw_message *m, const kw_step *step)
{
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (strcmp(secrets[i].field, step->field->name) == 0 && strcmp(secrets[i].message, m->name) == 0)
            return true;
    return step->field->kind == KW_KIND_STRING && strcmp(step->field->name, "value") == 0 && is_secret_setting(step);
}

/* Marks `size` bytes from `at` of the value. */
static void mark(const explainer *e, explain_row *r, size_t at, size_t size)
{
    if (e->options.secrets)
        return;
    r->secret_at = (size_t)(r->value.bytes.data - e->in->data) - r->offset + at;
    r->secret_size = size;
}

void secret_mark_token(explainer *e, bool from_client, explain_row *r)
{
    sasl_token token = sasl_token_read(r->value.bytes, from_client);
    note_next(&e->meaning);
    note_text(&e->meaning, token.what);
    if (token.user.len >= 0) {
        note_text(&e->meaning, ", user ");
        note_quoted(&e->meaning, token.user, 120);
    }
    if (token.secret_size != 0 && token.secret_at != 0 && !e->options.secrets)
        meaning_note_text(e, "the rest is masked");
    if (token.secret_size != 0)
        mark(e, r, token.secret_at, token.secret_size);
}

void secret_mark(explainer *e, const kw_message *m, const kw_step *step, explain_row *r)
{
    if (r->value.bytes.len == 0 || !is_secret_field(m, step))
        return;
    if (strcmp(step->field->name, "authBytes") == 0)
        secret_mark_token(e, m->kind == KW_MESSAGE_REQUEST, r);
    else
        mark(e, r, 0, (size_t)r->value.bytes.len);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "login_options.h"

#include <string.h>

#include <jansson.h>

#include "../client/bearer.h"
#include "../client/scram.h"
#include "../command/input.h"
#include "../command/report.h"
#include "../json/parse.h"
#include "secret_text.h"

#define PASSWORD_VARIABLE "KWIRE_PASSWORD"
#define TOKEN_VARIABLE "KWIRE_TOKEN"

/* The most that Kafka's default of sasl.server.max.receive.size lets a broker read of a token. */
enum { PASSWORD_LONGEST = 4096, TOKEN_LONGEST = 512 * 1024, EXTENSIONS_LONGEST = 64 * 1024 };

/* ---- extensions: a JSON object of strings ---- */

static int refuse_extension(const verb *v, const char *name, const char *why)
{
    char quote[QUOTED_SIZE];
    return usage_error(v, "--sasl-extensions: %s %s", quoted(quote, name, strlen(name)), why);
}

/* Appends "NAME=VALUE" and the separator. `size` is that of the text so far. */
static void append_extension(buffer *text, size_t *size, const char *name, const char *value)
{
    size_t name_size = strlen(name);
    size_t value_size = strlen(value);
    buffer_reserve(text, *size + name_size + value_size + 3);
    memcpy(text->data + *size, name, name_size);
    text->data[*size + name_size] = '=';
    memcpy(text->data + *size + name_size + 1, value, value_size);
    *size += name_size + value_size + 1;
    memcpy(text->data + *size, BEARER_SEPARATOR, sizeof BEARER_SEPARATOR);
    *size += sizeof BEARER_SEPARATOR - 1;
}

static int convert_extensions(const verb *v, json_t *object, buffer *text)
{
    const char *name;
    json_t *value;
    size_t size = 0;
    if (!json_is_object(object))
        return usage_error(v, "--sasl-extensions is a JSON object of strings");
    json_object_foreach (object, name, value) {
        if (!bearer_is_extension_name(name))
            return refuse_extension(v, name, "is not a name: they consist of letters, and \"auth\" is reserved");
        if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value) ||
            !bearer_is_extension_value(json_string_value(value)))
            return refuse_extension(v, name, "is not a string of printable ASCII characters");
        append_extension(text, &size, name, json_string_value(value));
    }
    return CONTINUE;
}

static int read_extensions(const verb *v, const char *word, buffer *text)
{
    buffer memory = {NULL, 0};
    size_t size;
    report r;
    const char *json = input_read_word(word, EXTENSIONS_LONGEST, &memory, &size);
    json_t *object = json_parse(json, size, &r);
    int status = object != NULL ? convert_extensions(v, object, text)
                                : usage_error(v, "--sasl-extensions is not JSON: %s", r.detail);
    json_decref(object);
    buffer_finish(&memory);
    return status;
}

/* ---- mechanisms ---- */

static int settle_bearer(const verb *v, const login_options *o, sasl_settings *out, login_memory *memory)
{
    if (o->password_file != NULL)
        return usage_error(v, "--password-file is not of OAUTHBEARER, which has a token: --token-file");
    if (o->user != NULL && o->user[0] == '\0')
        return usage_error(v, "--user is empty");
    out->token = secret_text_find(o->token_file, TOKEN_VARIABLE, TOKEN_LONGEST, &memory->secret);
    if (out->token == NULL)
        return usage_error(v, "--sasl OAUTHBEARER needs a token, in --token-file or in the variable " TOKEN_VARIABLE);
    if (!bearer_is_token(out->token))
        return usage_error(v, "the token has characters that no bearer token has: those are letters, digits, -._~+/ "
                              "and = at the end");
    int status = o->extensions != NULL ? read_extensions(v, o->extensions, &memory->extensions) : CONTINUE;
    out->extensions = memory->extensions.data != NULL ? memory->extensions.data : "";
    return status;
}

static int settle_password(const verb *v, const login_options *o, sasl_settings *out, login_memory *memory)
{
    if (o->token_file != NULL || o->extensions != NULL)
        return usage_error(v, "--token-file and --sasl-extensions are only of --sasl OAUTHBEARER");
    if (out->mechanism != SASL_PLAIN && !scram_available())
        return usage_error(v, "this kwire is built without OpenSSL, so it has no SCRAM");
    if (o->user == NULL || o->user[0] == '\0')
        return usage_error(v, "--sasl needs --user");
    out->password = secret_text_find(o->password_file, PASSWORD_VARIABLE, PASSWORD_LONGEST, &memory->secret);
    return out->password != NULL
               ? CONTINUE
               : usage_error(v, "--sasl needs a password, in --password-file or in the variable " PASSWORD_VARIABLE);
}

int login_options_settle(const verb *v, const login_options *o, sasl_settings *out, login_memory *memory)
{
    bool any = o->user != NULL || o->password_file != NULL || o->token_file != NULL || o->extensions != NULL;
    if (o->sasl == NULL)
        return any ? usage_error(
                         v, "--user, --password-file, --token-file and --sasl-extensions need --sasl: " SASL_MECHANISMS)
                   : CONTINUE;
    if (!sasl_find(o->sasl, &out->mechanism)) {
        char quote[QUOTED_SIZE];
        return usage_error(v, "--sasl is " SASL_MECHANISMS ", not %s", quoted(quote, o->sasl, strlen(o->sasl)));
    }
    out->user = o->user;
    return out->mechanism == SASL_OAUTHBEARER ? settle_bearer(v, o, out, memory) : settle_password(v, o, out, memory);
}

void login_memory_finish(login_memory *memory)
{
    buffer_finish(&memory->secret);
    buffer_finish(&memory->extensions);
}

/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kwire/api_keys.h>

#include "../command/api.h"
#include "../command/colour.h"
#include "../command/max_memory.h"
#include "../command/report.h"
#include "../json/codec.h"
#include "call_options.h"

#define TIMEOUT_DEFAULT_MS 10000
#define TIMEOUT_MOST_S 86400

/* The options as text. */
typedef struct given_options {
    bool explain;
    bool hex;
    bool json;
    bool pretty;
    bool raw;
    const char *client_id;
    const char *color;
    const char *input;
    const char *max_memory;
    login_options login;
    const char *timeout;
    const char *version;
} given_options;

static int read_max_memory(const verb *v, const char *text, size_t *out)
{
    long long n = (long long)MAX_MEMORY_DEFAULT;
    if (text != NULL && !size_read(text, (long long)MAX_MEMORY_LEAST, INT_MAX, &n))
        return usage_error(v, "--max-memory is a number of bytes, from %zu to %d", MAX_MEMORY_LEAST, INT_MAX);
    *out = (size_t)n;
    return CONTINUE;
}

static int read_timeout(const verb *v, const char *text, int64_t *out)
{
    char *end;
    *out = TIMEOUT_DEFAULT_MS;
    if (text == NULL)
        return CONTINUE;
    double seconds = strtod(text, &end);
    bool is_number = text[0] != '\0' && strspn(text, "0123456789.") == strlen(text) && *end == '\0';
    if (!is_number || seconds < 0.001 || seconds > TIMEOUT_MOST_S)
        return usage_error(v, "--timeout is a number of seconds, from 0.001 to %d", TIMEOUT_MOST_S);
    *out = (int64_t)(seconds * 1000);
    return CONTINUE;
}

static int read_version(const verb *v, const char *text, call_options *out)
{
    long long version;
    out->version = VERSION_NEGOTIATED;
    if (text == NULL)
        return CONTINUE;
    kw_versions known = out->api->versions;
    if (!number_read(text, INT16_MIN, INT16_MAX, &version)) {
        char quote[QUOTED_SIZE];
        return usage_error(v, "--version is a number, not %s", quoted(quote, text, strlen(text)));
    }
    if (version < known.first || version > known.last)
        return usage_error(v, "kwire knows %s %d to %d, not %lld", out->api->name, known.first, known.last, version);
    out->version = (int16_t)version;
    return CONTINUE;
}

/* Each TLS option implies --tls. */
static int settle_tls(const verb *v, tls_settings *tls)
{
    if (tls->insecure || tls->ca != NULL || tls->cert != NULL || tls->key != NULL || tls->server_name != NULL)
        tls->wanted = true;
    if (tls->key != NULL && tls->cert == NULL)
        return usage_error(v, "--tls-key needs --tls-cert");
    if (tls->insecure && (tls->ca != NULL || tls->server_name != NULL))
        return usage_error(v, "--tls-insecure verifies nothing, so --tls-ca and --tls-server-name are not allowed");
    if (tls->wanted && !tls_available())
        return usage_error(v, "this kwire is built without OpenSSL, so it has no TLS");
    return CONTINUE;
}

static int read_broker(const verb *v, const char *text, call_options *out)
{
    char quote[QUOTED_SIZE];
    const char *why = address_read(text, &out->client.broker);
    out->broker = text;
    return why == NULL ? CONTINUE : usage_error(v, "%s is not an address: %s", quoted(quote, text, strlen(text)), why);
}

/* The words of --raw or --script. */
static int read_words_without_api(const verb *v, const arguments *given, const given_options *g, call_options *out)
{
    const char *name = g->raw ? "--raw" : "--script";
    if (g->raw && out->script != NULL)
        return usage_error(v, "--raw and --script exclude each other");
    if (g->version != NULL || g->json)
        return usage_error(v, "%s has no API, so %s is not allowed", name, g->json ? "--json" : "--version");
    if (!g->raw && g->hex)
        return usage_error(v, "--script prints JSON, so --hex is not allowed");
    if (given->count == 0)
        return usage_error(v, "HOST:PORT is required");
    if (given->count > (g->raw ? 2 : 1))
        return usage_error(v, g->raw ? "--raw takes HOST:PORT and bytes" : "--script takes only HOST:PORT");
    out->kind = g->raw ? CALL_RAW : CALL_SCRIPT;
    out->input = given->count > 1 ? given->words[1] : NULL;
    return read_broker(v, given->words[0], out);
}

static int read_words(const verb *v, const arguments *given, const given_options *g, call_options *out)
{
    if (!g->raw && (out->add_size || g->input != NULL))
        return usage_error(v, "%s needs --raw", out->add_size ? "--add-size" : "--input");
    out->has_shape = g->input != NULL;
    if (out->has_shape && !bytes_shape_named(g->input, &out->shape))
        return usage_error(v, "--input is binary, hex, dump, array, string, base64 or decimal");
    if (g->raw || out->script != NULL)
        return read_words_without_api(v, given, g, out);
    if (given->count < 2)
        return usage_error(v, "HOST:PORT and an API are required");
    int status = read_broker(v, given->words[0], out);
    if (status != CONTINUE)
        return status;
    out->api = api_named(given->words[1]);
    if (out->api == NULL)
        return STATUS_BAD_INPUT;
    out->input = given->count > 2 ? given->words[2] : NULL;
    return read_version(v, g->version, out);
}

static call_form choose_form(const given_options *g, const call_options *o)
{
    if (g->explain)
        return FORM_EXPLAINED;
    if (g->hex)
        return FORM_HEX;
    if (g->pretty)
        return FORM_PRETTY_JSON;
    if (o->kind != CALL_SINGLE)
        return FORM_JSON;
    if (o->api->key == KW_KEY_API_VERSIONS && !g->json)
        return FORM_TABLE;
    return isatty(STDOUT_FILENO) == 1 ? FORM_PRETTY_JSON : FORM_JSON;
}

static int read_client_id(const verb *v, const char *text, const char **out)
{
    *out = text != NULL ? text : "kwire";
    return strlen(*out) <= INT16_MAX ? CONTINUE : usage_error(v, "--client-id is at most %d bytes long", INT16_MAX);
}

static int settle(const verb *v, const given_options *g, call_options *out)
{
    if ((g->hex || g->explain) && (g->pretty || g->json))
        return usage_error(v, "%s prints no JSON, so --pretty and --json are not allowed",
                           g->hex ? "--hex" : "--explain");
    if (g->hex && g->explain)
        return usage_error(v, "--hex and --explain exclude each other");
    if (!colour_read(g->color, &out->colour))
        return usage_error(v, "--color is always, never or auto");
    out->form = choose_form(g, out);
    int status = read_client_id(v, g->client_id, &out->client.client_id);
    if (status == CONTINUE)
        status = read_max_memory(v, g->max_memory, &out->client.max_memory);
    if (status == CONTINUE)
        status = read_timeout(v, g->timeout, &out->timeout_ms);
    if (status == CONTINUE)
        status = settle_tls(v, &out->client.tls);
    return status == CONTINUE ? login_options_settle(v, &g->login, &out->sasl, &out->login) : status;
}

int call_options_read(const verb *v, int count, char **words, call_options *out)
{
    given_options g = {0};
    tls_settings *tls = &out->client.tls;
    *out = (call_options){.version = VERSION_NEGOTIATED};
    const option options[] = {
        {"--add-size", &out->add_size, NULL},
        {"--client-id", NULL, &g.client_id},
        {"--color", NULL, &g.color},
        {"--explain", &g.explain, NULL},
        {"--hex", &g.hex, NULL},
        {"--input", NULL, &g.input},
        {"--json", &g.json, NULL},
        {"--max-memory", NULL, &g.max_memory},
        {"--password-file", NULL, &g.login.password_file},
        {"--pretty", &g.pretty, NULL},
        {"--raw", &g.raw, NULL},
        {"--raw-records", &out->raw_records, NULL},
        {"--sasl", NULL, &g.login.sasl},
        {"--sasl-extensions", NULL, &g.login.extensions},
        {"--script", NULL, &out->script},
        {"--timeout", NULL, &g.timeout},
        {"--tls", &tls->wanted, NULL},
        {"--tls-ca", NULL, &tls->ca},
        {"--tls-cert", NULL, &tls->cert},
        {"--tls-insecure", &tls->insecure, NULL},
        {"--tls-key", NULL, &tls->key},
        {"--tls-server-name", NULL, &tls->server_name},
        {"--token-file", NULL, &g.login.token_file},
        {"--user", NULL, &g.login.user},
        {"--version", NULL, &g.version},
    };
    arguments given;
    int status = options_read(v, options, sizeof options / sizeof options[0], 3, count, words, &given);
    if (status == CONTINUE)
        status = read_words(v, &given, &g, out);
    return status == CONTINUE ? settle(v, &g, out) : status;
}

void call_options_finish(call_options *o)
{
    login_memory_finish(&o->login);
}

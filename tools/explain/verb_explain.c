/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/endian.h>

#include "../command/api.h"
#include "../command/input.h"
#include "../command/options.h"
#include "../json/codec.h"
#include "../text/hex.h"
#include "explain.h"

typedef struct explain_words {
    const char *api;
    const char *message;
    const char *version;
    const char *hex;
    int16_t number; /* of the version */
    bool json;
    explain_options options;
} explain_words;

static int read_words(const verb *self, int count, char **words, explain_words *out)
{
    const option options[] = {
        {"--api", NULL, &out->api},
        {"--message", NULL, &out->message},
        {"--version", NULL, &out->version},
        {"--full", &out->options.full, NULL},
        {"--strict", &out->options.strict, NULL},
        {"--json", &out->json, NULL},
    };
    arguments given;
    int status = options_read(self, options, sizeof options / sizeof options[0], 1, count, words, &given);
    if (status != GO_ON)
        return status;
    out->hex = given.count != 0 ? given.words[0] : NULL;
    out->options.style = out->json ? EXPLAIN_JSON : EXPLAIN_PLAIN;
    if (out->api != NULL && out->message != NULL)
        return usage_error(self, "--api and --message are two different things");
    if ((out->version != NULL) != (out->api != NULL || out->message != NULL))
        return usage_error(self, "--version goes with --api or --message");
    long long n = 0;
    if (out->version != NULL && !number_read(out->version, 0, INT16_MAX, &n))
        return usage_error(self, "the version is a number, not \"%s\"", out->version);
    out->number = (int16_t)n;
    return GO_ON;
}

static bool read_bytes(const explain_words *w, buffer *bytes, size_t *size)
{
    buffer text = {0};
    size_t len = w->hex != NULL ? strlen(w->hex) : input_read_all(&text);
    const char *from = w->hex != NULL ? w->hex : text.data;
    buffer digits = {0};
    buffer_reserve(&digits, len + 1);
    size_t n = 0;
    for (size_t i = 0; i < len; i++)
        if (memchr(" \t\r\n", from[i], 4) == NULL)
            digits.data[n++] = from[i];
    buffer_reserve(bytes, n / 2 + 1);
    report r;
    bool fine = hex_decode((uint8_t *)bytes->data, digits.data, n) || report_hex(&r, digits.data, n);
    if (!fine)
        complain("%s at byte %zu: %s", r.code, r.offset, r.detail);
    *size = n / 2;
    buffer_finish(&text);
    buffer_finish(&digits);
    return fine;
}

static int explain_one(explainer *e, const explain_words *w, const explain_input *in)
{
    report r;
    bool fine;
    if (w->message != NULL) {
        const kw_message *m = codec_find(kw_string_of(w->message), w->number, &r);
        if (m == NULL) {
            complain("%s: %s", r.code, r.detail);
            return STATUS_BAD_INPUT;
        }
        fine = explain_message(e, in, m, w->number);
    } else if (w->api != NULL) {
        const kw_api *api = api_named(w->api);
        if (api == NULL)
            return STATUS_BAD_INPUT;
        fine = explain_response(e, in, api->key, w->number);
    } else {
        fine = explain_request(e, in);
    }
    return fine ? STATUS_OK : STATUS_BAD_INPUT;
}

static int run(const verb *self, int count, char **words)
{
    explain_words w = {0};
    int status = read_words(self, count, words, &w);
    if (status != GO_ON)
        return status;
    buffer bytes = {0};
    explain_input in = {0};
    if (!read_bytes(&w, &bytes, &in.size))
        return STATUS_BAD_INPUT;
    in.data = (const uint8_t *)bytes.data;
    in.has_size = in.size >= 4 && kw_load_be32(in.data) == in.size - 4;
    explainer *e = explainer_create(&w.options);
    status = explain_one(e, &w, &in);
    explainer_destroy(e);
    buffer_finish(&bytes);
    return status;
}

const verb verb_explain = {"explain", run};

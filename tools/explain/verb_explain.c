/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <string.h>
#include <unistd.h>

#include <kwire/frame.h>

#include "../command/api.h"
#include "../command/colour.h"
#include "../command/max_memory.h"
#include "../command/options.h"
#include "../json/codec.h"
#include "explain_page.h"
#include "session.h"

/* The arguments as text. */
typedef struct explain_words {
    const char *api;
    const char *message;
    const char *version;
    const char *input;
    const char *color;
    const char *max_frame;
    const char *max_memory;
    bool request;
    bool response;
    bool records;
    bool json;
    bool html;
    arguments inputs;
    bytes_shape shape; /* with `input` */
} explain_words;

/* ---- options ---- */

static int read_options(const verb *self, int count, char **words, explain_words *w, session_options *out)
{
    const option options[] = {
        {"--api", NULL, &w->api},
        {"--message", NULL, &w->message},
        {"--version", NULL, &w->version},
        {"--request", &w->request, NULL},
        {"--response", &w->response, NULL},
        {"--records", &w->records, NULL},
        {"--topic", NULL, &out->explain.topic},
        {"--no-size", &out->unsized, NULL},
        {"--input", NULL, &w->input},
        {"--json", &w->json, NULL},
        {"--html", &w->html, NULL},
        {"--full", &out->explain.full, NULL},
        {"--short", &out->explain.short_names, NULL},
        {"--show-secrets", &out->explain.secrets, NULL},
        {"--strict", &out->explain.strict, NULL},
        {"--color", NULL, &w->color},
        {"--max-frame", NULL, &w->max_frame},
        {"--max-memory", NULL, &w->max_memory},
    };
    return options_read(self, options, sizeof options / sizeof options[0], ANY_WORDS, count, words, &w->inputs);
}

static int read_max_frame(const verb *self, const char *text, size_t *out)
{
    enum { LEAST = 64, MOST = INT32_MAX - 4 };
    long long n = (long long)*out;
    if (text != NULL && !size_read(text, LEAST, MOST, &n))
        return usage_error(self, "--max-frame is a number of bytes, from %d to %d", LEAST, MOST);
    *out = (size_t)n;
    return CONTINUE;
}

static int read_version(const verb *self, const explain_words *w, session_options *out)
{
    long long n = -1;
    if (w->version == NULL && w->message != NULL)
        return usage_error(self, "--message needs its --version");
    if (w->version != NULL && w->api == NULL && w->message == NULL)
        return usage_error(self, "--version is that of --api or --message");
    if (w->version != NULL && !number_read(w->version, 0, INT16_MAX, &n)) {
        char text[QUOTED_SIZE];
        return usage_error(self, "the version is a number, not %s", quoted(text, w->version, strlen(w->version)));
    }
    out->version = (int16_t)n;
    return CONTINUE;
}

static int read_kind(const verb *self, const explain_words *w, session_options *out)
{
    if (w->request + w->response + w->records + (w->message != NULL) > 1)
        return usage_error(self, "--request, --response, --records and --message exclude each other");
    if (w->api != NULL && (w->request || w->records || w->message != NULL))
        return usage_error(self, "--api is only for responses");
    if (w->request)
        out->kind = SESSION_REQUESTS;
    if (w->response)
        out->kind = SESSION_RESPONSES;
    if (w->records)
        out->kind = SESSION_RECORDS;
    if (w->message != NULL)
        out->kind = SESSION_MESSAGE;
    return read_version(self, w, out);
}

/* Unknown APIs and messages are bad input, not wrong usage, as in the other verbs. */
static int find_names(const explain_words *w, session_options *out)
{
    report r;
    if (w->api != NULL) {
        const kw_api *api = api_named(w->api);
        if (api == NULL)
            return STATUS_BAD_INPUT;
        out->api_key = api->key;
    }
    if (w->message != NULL) {
        out->message = codec_find(kw_string_of(w->message), out->version, &r);
        if (out->message == NULL) {
            complain("%s: %s", r.code, r.detail);
            return STATUS_BAD_INPUT;
        }
    }
    return CONTINUE;
}

/* JSON has no columns to keep narrow and no colours; a page has its own. */
static int check_form(const verb *self, const explain_words *w, const session_options *out)
{
    const option_use of_text[] = {{"--short", out->explain.short_names}, {"--color", w->color != NULL}};
    if (w->json && w->html)
        return usage_error(self, "--json and --html exclude each other");
    if (!w->json && !w->html)
        return CONTINUE;
    return options_exclude(self, w->html ? "--html" : "--json", of_text, sizeof of_text / sizeof of_text[0]);
}

static int read_output(const verb *self, explain_words *w, session_options *out)
{
    bool colour;
    int status = check_form(self, w, out);
    if (status != CONTINUE)
        return status;
    if (!colour_read(w->color, &colour))
        return usage_error(self, "--color is always, never or auto");
    out->explain.style = w->json ? EXPLAIN_JSON : colour ? EXPLAIN_COLOUR : EXPLAIN_PLAIN;
    if (w->input != NULL && !bytes_shape_named(w->input, &w->shape))
        return usage_error(self, "--input is binary, hex, dump, array, string, base64 or decimal");
    status = read_max_frame(self, w->max_frame, &out->max_frame);
    return status == CONTINUE ? max_memory_read(self, w->max_memory, &out->explain.max_memory) : status;
}

static int read_words(const verb *self, int count, char **words, explain_words *w, session_options *out)
{
    *w = (explain_words){0};
    *out = (session_options){.api_key = -1, .version = -1, .max_frame = KW_FRAME_MAX_DEFAULT};
    int status = read_options(self, count, words, w, out);
    if (status == CONTINUE)
        status = read_kind(self, w, out);
    if (status == CONTINUE)
        status = read_output(self, w, out);
    return status == CONTINUE ? find_names(w, out) : status;
}

/* ---- inputs ---- */

static bool is_file(const char *word)
{
    return strcmp(word, "-") == 0 || word[0] == '@' || access(word, F_OK) == 0;
}

/* Whether a word that is not a file is bytes, or none; a single word of base64 is too similar to a file name. */
static bool is_text_of_bytes(const explain_words *w, const char *word)
{
    if (is_file(word))
        return false;
    bytes_shape shape = bytes_shape_of(word, strlen(word));
    const char *digits;
    size_t size;
    if (w->input != NULL || word[0] == '\0' || bytes_text_in_command(word, strlen(word), &digits, &size))
        return true;
    if (shape != BYTES_HEX)
        return shape == BYTES_DUMP || shape == BYTES_ARRAY || shape == BYTES_STRING || shape == BYTES_DECIMAL;
    bool is_plain = strspn(word, "0123456789abcdefABCDEFxX \t\r\n,:;-_") == strlen(word);
    bool is_long = strpbrk(word, " \t\n") != NULL && bytes_are_hex(word, strlen(word));
    return is_plain || is_long || strncmp(word, BYTES_NODE_BUFFER, strlen(BYTES_NODE_BUFFER)) == 0;
}

static bool run_source(session *s, source *in)
{
    bool fine = session_run(s, in);
    source_close(in);
    return fine;
}

/* Explains adjacent words of bytes as one text. Returns their number. */
static int run_literal(session *s, const explain_words *w, source *in, int first, bool *fine)
{
    buffer text = {0};
    size_t len = 0;
    int i = first;
    buffer_reserve(&text, 1);
    for (; i < w->inputs.count && is_text_of_bytes(w, w->inputs.words[i]); i++) {
        const char *word = w->inputs.words[i];
        size_t size = strlen(word);
        buffer_reserve(&text, len + size + 2);
        memcpy(text.data + len, word, size);
        len += size;
        text.data[len++] = ' ';
    }
    text.data[len] = '\0';
    source_open_literal(in, text.data, w->input != NULL ? &w->shape : NULL);
    *fine = run_source(s, in) && *fine;
    buffer_finish(&text);
    return i - first;
}

/* A word that is neither a file nor bytes may be base64. */
static void require_input(const char *name)
{
    char text[QUOTED_SIZE];
    size_t len = strlen(name);
    if (!is_file(name) && len >= 8 && len % 4 == 0 && bytes_shape_of(name, len) == BYTES_BASE64)
        die("%s: no such file; if it is base64, see --input", quoted(text, name, len));
}

static bool run_file(session *s, const explain_words *w, source *in, const char *name)
{
    require_input(name);
    source_open_file(in, name[0] == '@' ? name + 1 : name, w->input != NULL ? &w->shape : NULL);
    return run_source(s, in);
}

static bool run_inputs(session *s, const explain_words *w, source *in)
{
    bool fine = true;
    if (w->inputs.count == 0)
        return run_file(s, w, in, "-");
    for (int i = 0; i < w->inputs.count;) {
        if (is_text_of_bytes(w, w->inputs.words[i]))
            i += run_literal(s, w, in, i, &fine);
        else
            fine = run_file(s, w, in, w->inputs.words[i++]) && fine;
    }
    return fine;
}

static int run(const verb *self, int count, char **words)
{
    source in;
    explain_words w;
    session_options options;
    int status = read_words(self, count, words, &w, &options);
    if (status != CONTINUE)
        return status;
    explain_page *page = w.html ? explain_page_create(options.explain.full) : NULL;
    options.explain.printer = page != NULL ? explain_page_printer(page) : NULL;
    session *s = session_create(&options);
    bool fine = run_inputs(s, &w, &in);
    session_destroy(s);
    if (page != NULL)
        explain_page_finish(page);
    return fine ? STATUS_OK : STATUS_BAD_INPUT;
}

const verb verb_explain = {"explain", run};

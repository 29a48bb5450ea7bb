/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "../command/api.h"
#include "../command/input.h"
#include "../command/max_memory.h"
#include "message_options.h"

/* The options as text. */
typedef struct texts {
    const char *max_memory;
    const char *input;
    const char *output;
    const char *api;
    const char *version;
} texts;

static int read_frame_words(const verb *v, const arguments *given, message_options *out)
{
    int most = out->jsonl ? 0 : 1;
    if (given->count > most)
        return usage_error(v, out->jsonl ? "--jsonl reads standard input" : "--frame takes one input, and no message");
    out->input = given->count > 0 ? given->words[0] : NULL;
    return CONTINUE;
}

static int read_words(const verb *v, const arguments *given, message_options *out)
{
    if (out->jsonl && out->pretty)
        return usage_error(v, "--jsonl writes one line for each answer, so --pretty is not allowed");
    if (out->frame)
        return read_frame_words(v, given, out);
    if (out->jsonl)
        return given->count != 0 ? usage_error(v, "--jsonl reads standard input and takes no message") : CONTINUE;
    if (given->count < 2)
        return usage_error(v, "--jsonl, --frame, or a message and its version, is required");
    int status = version_read(v, given->words[1], &out->version);
    if (status != CONTINUE)
        return status;
    out->name = given->words[0];
    out->input = given->count > 2 ? given->words[2] : NULL;
    return CONTINUE;
}

/* The API and version of responses. */
static int read_of(const verb *v, const texts *t, message_options *out)
{
    int16_t version;
    if (t->api == NULL && t->version == NULL)
        return CONTINUE;
    if (!out->frame || out->jsonl || t->api == NULL || t->version == NULL)
        return usage_error(v, "--api and --version go together with --frame, for responses");
    int status = version_read(v, t->version, &version);
    if (status != CONTINUE)
        return status;
    out->of = (frame_of){api_named(t->api), version};
    if (out->of.api == NULL)
        return STATUS_BAD_INPUT;
    if (kw_versions_have(out->of.api->versions, version))
        return CONTINUE;
    complain("%s has versions %d to %d, not %d", out->of.api->name, out->of.api->versions.first,
             out->of.api->versions.last, version);
    return STATUS_BAD_INPUT;
}

static int read_forms(const verb *v, const texts *t, message_options *out)
{
    if (out->jsonl && (t->input != NULL || t->output != NULL))
        return usage_error(v, "--jsonl has hex digits, so %s is not allowed",
                           t->input != NULL ? "--input" : "--output");
    if (t->input != NULL && !bytes_shape_named(t->input, &out->given_shape))
        return usage_error(v, "--input is binary, hex, dump, array, string, base64 or decimal");
    if (t->output != NULL && !output_form_named(t->output, &out->form))
        return usage_error(v, "--output is hex, 0x, base64 or binary");
    out->shape = t->input != NULL ? &out->given_shape : NULL;
    return CONTINUE;
}

int message_options_read(const verb *v, bool decoding, int count, char **words, message_options *out)
{
    *out = (message_options){0};
    texts t = {0};
    const option of_decode[] = {
        {"--api", NULL, &t.api},
        {"--frame", &out->frame, NULL},
        {"--input", NULL, &t.input},
        {"--jsonl", &out->jsonl, NULL},
        {"--max-memory", NULL, &t.max_memory},
        {"--pretty", &out->pretty, NULL},
        {"--raw-records", &out->raw_records, NULL},
        {"--strict", &out->strict, NULL},
        {"--unknown-tags", &out->unknown_tags, NULL},
        {"--version", NULL, &t.version},
    };
    const option of_encode[] = {
        {"--defaults", &out->defaults, NULL},  {"--frame", &out->frame, NULL}, {"--jsonl", &out->jsonl, NULL},
        {"--max-memory", NULL, &t.max_memory}, {"--output", NULL, &t.output},
    };
    const option *options = decoding ? of_decode : of_encode;
    size_t option_count = decoding ? sizeof of_decode / sizeof of_decode[0] : sizeof of_encode / sizeof of_encode[0];
    arguments given;
    int status = options_read(v, options, option_count, 3, count, words, &given);
    if (status == CONTINUE)
        status = max_memory_read(v, t.max_memory, &out->max_memory);
    if (status == CONTINUE)
        status = read_forms(v, &t, out);
    if (status == CONTINUE)
        status = read_of(v, &t, out);
    return status == CONTINUE ? read_words(v, &given, out) : status;
}

const char *message_input(const message_options *o, buffer *memory, size_t *size)
{
    return input_read_word(o->input, o->max_memory, memory, size);
}

int message_refused(const report *r)
{
    report_print(r);
    return STATUS_BAD_INPUT;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "../command/input.h"
#include "../command/max_memory.h"
#include "message_options.h"

static int read_words(const verb *v, const arguments *given, message_options *out)
{
    if (out->jsonl) {
        if (given->count != 0)
            return usage_error(v, "--jsonl reads standard input and takes no message");
        return out->pretty ? usage_error(v, "--jsonl writes one line for each answer, so --pretty is not allowed")
                           : CONTINUE;
    }
    if (given->count < 2)
        return usage_error(v, "--jsonl, or a message and its version, is required");
    int status = version_read(v, given->words[1], &out->version);
    if (status != CONTINUE)
        return status;
    out->name = given->words[0];
    out->input = given->count > 2 ? given->words[2] : NULL;
    return CONTINUE;
}

int message_options_read(const verb *v, bool decoding, int count, char **words, message_options *out)
{
    *out = (message_options){0};
    const char *max_memory = NULL;
    const option of_decode[] = {
        {"--jsonl", &out->jsonl, NULL},
        {"--max-memory", NULL, &max_memory},
        {"--pretty", &out->pretty, NULL},
        {"--strict", &out->strict, NULL},
        {"--unknown-tags", &out->unknown_tags, NULL},
    };
    const option of_encode[] = {
        {"--defaults", &out->defaults, NULL},
        {"--jsonl", &out->jsonl, NULL},
        {"--max-memory", NULL, &max_memory},
    };
    const option *options = decoding ? of_decode : of_encode;
    size_t option_count = decoding ? sizeof of_decode / sizeof of_decode[0] : sizeof of_encode / sizeof of_encode[0];
    arguments given;
    int status = options_read(v, options, option_count, 3, count, words, &given);
    if (status == CONTINUE)
        status = max_memory_read(v, max_memory, &out->max_memory);
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

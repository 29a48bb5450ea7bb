/* SPDX-License-Identifier: Apache-2.0 */
#include "list_words.h"

#include <string.h>

#include "../command/report.h"

int list_words_read(const verb *v, const option *own, size_t own_count, int most, int count, char **words,
                    list_words *out)
{
    *out = (list_words){.names = false};
    option options[2 + LIST_OPTIONS_MOST] = {{"--json", &out->json, NULL}, {"--names", &out->names, NULL}};
    for (size_t i = 0; i < own_count; i++)
        options[2 + i] = own[i];
    int status = options_read(v, options, 2 + own_count, most, count, words, &out->given);
    if (status == CONTINUE && out->names && out->given.count != 0)
        return usage_error(v, "--names lists all");
    if (status == CONTINUE && out->names && out->json)
        return usage_error(v, "--names prints no JSON, so --json is not allowed");
    return status;
}

int list_words_refuse(const verb *v, const list_words *l, int place)
{
    char text[QUOTED_SIZE];
    const char *word = l->given.words[place];
    return usage_error(v, "unexpected word %s", quoted(text, word, strlen(word)));
}

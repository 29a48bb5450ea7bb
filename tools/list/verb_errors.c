/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <kwire/error.h>

#include "../command/names.h"
#include "../command/nearest.h"
#include "../command/report.h"
#include "../protocol/kafka_facts.h"
#include "list_words.h"
#include "print_json.h"

/* What an application or client does about an error, and the word for it in JSON. */
typedef struct handling_text {
    const char *word;
    const char *advice;
} handling_text;

static const handling_text handlings[] = {
    [HANDLING_NONE] = {"none", "do not repeat the request"},
    [HANDLING_RETRIABLE] = {"retriable", "repeat the request"},
    [HANDLING_REFRESH] = {"refresh", "ask for new metadata or for the coordinator, and repeat the request"},
    [HANDLING_RECOVERABLE] = {"recoverable",
                              "do not repeat the request; the application continues with a new client or member"},
    [HANDLING_ABORTABLE] = {"abortable", "do not repeat the request; the application aborts the transaction"},
    [HANDLING_CONFIGURATION] = {"configuration",
                                "do not repeat the request: configuration, request or permissions must change"},
};

static size_t index_of(const kw_error_info *e)
{
    return (size_t)(e - kw_error_at(0));
}

static void print_table_row(const kw_error_info *e)
{
    const error_fact *fact = &error_facts[index_of(e)];
    printf("%4d  %-9s  %-42s  %-7s  %s\n", e->code, e->retriable ? "yes" : "no", e->name, fact->since, fact->meaning);
}

static void print_table(void)
{
    printf("%4s  %-9s  %-42s  %-7s  %s\n", "CODE", "RETRIABLE", "NAME", "SINCE", "MEANING");
    for (size_t i = 0; i < kw_error_count(); i++)
        print_table_row(kw_error_at(i));
}

static void print_names(void)
{
    for (size_t i = 0; i < kw_error_count(); i++)
        printf("%s\n", kw_error_at(i)->name);
}

static void print_one(const kw_error_info *e)
{
    const error_fact *fact = &error_facts[index_of(e)];
    printf("%s, code %d, %s, since Kafka %s\n", e->name, e->code, e->retriable ? "retriable" : "not retriable",
           fact->since);
    printf("meaning  %s\n", fact->meaning);
    if (e->code != KW_ERROR_NONE)
        printf("clients  %s\n", handlings[fact->handling].advice);
}

static json_t *error_json(const kw_error_info *e)
{
    const error_fact *fact = &error_facts[index_of(e)];
    return json_pack("{s:i, s:s, s:b, s:s, s:s, s:s}", "code", e->code, "name", e->name, "retriable", e->retriable,
                     "handling", handlings[fact->handling].word, "since", fact->since, "meaning", fact->meaning);
}

static json_t *all_json(void)
{
    json_t *all = json_array();
    for (size_t i = 0; i < kw_error_count(); i++)
        json_append_part(all, error_json(kw_error_at(i)));
    return all;
}

static const kw_error_info *find_error(const char *text)
{
    long long code;
    if (number_read(text, INT16_MIN, INT16_MAX, &code))
        return kw_error_find((int16_t)code);
    for (size_t i = 0; i < kw_error_count(); i++)
        if (name_is(kw_error_at(i)->name, text, strlen(text)))
            return kw_error_at(i);
    return NULL;
}

static int refuse(const char *text)
{
    nearest near;
    nearest_init(&near, text, strlen(text));
    for (size_t i = 0; i < kw_error_count(); i++)
        nearest_offer(&near, kw_error_at(i)->name);
    char name[QUOTED_SIZE];
    char hint[HINT_SIZE];
    complain("no error has the name or code %s%s", quoted(name, text, strlen(text)), nearest_hint(&near, hint));
    return STATUS_BAD_INPUT;
}

static int run(const verb *self, int count, char **words)
{
    list_words l;
    int status = list_words_read(self, NULL, 0, 1, count, words, &l);
    if (status != CONTINUE)
        return status;
    const kw_error_info *one = l.given.count != 0 ? find_error(l.given.words[0]) : NULL;
    if (l.given.count != 0 && one == NULL)
        return refuse(l.given.words[0]);
    if (l.json)
        json_print(one != NULL ? error_json(one) : all_json());
    else if (one != NULL)
        print_one(one);
    else if (l.names)
        print_names();
    else
        print_table();
    return STATUS_OK;
}

const verb verb_errors = {"errors", run};

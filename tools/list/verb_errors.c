/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <kwire/error.h>

#include "../command/names.h"
#include "../command/nearest.h"
#include "../command/report.h"
#include "list_words.h"

static void print_error(const kw_error_info *e)
{
    printf("%4d  %-9s  %s\n", e->code, e->retriable ? "yes" : "no", e->name);
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
    bool names;
    arguments given;
    int status = list_words_read(self, 1, count, words, &names, &given);
    if (status != CONTINUE)
        return status;
    const kw_error_info *one = given.count != 0 ? find_error(given.words[0]) : NULL;
    if (given.count != 0 && one == NULL)
        return refuse(given.words[0]);
    if (!names)
        printf("CODE  RETRIABLE  NAME\n");
    if (one != NULL)
        print_error(one);
    for (size_t i = 0; one == NULL && i < kw_error_count(); i++)
        if (names)
            printf("%s\n", kw_error_at(i)->name);
        else
            print_error(kw_error_at(i));
    return STATUS_OK;
}

const verb verb_errors = {"errors", run};

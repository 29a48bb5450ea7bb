/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "../json/codec.h"
#include "layout.h"
#include "list_words.h"

static void list_names(void)
{
    for (size_t i = 0; i < kw_message_count(); i++)
        printf("%s\n", kw_message_at(i)->name);
}

static void list_messages(void)
{
    const kw_versions any = {0, INT16_MAX};
    char versions[VERSIONS_SIZE], flexible[VERSIONS_SIZE];
    printf("%-44s  %-17s  %-8s  %s\n", "NAME", "KIND", "VERSIONS", "FLEXIBLE");
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        printf("%-44s  %-17s  %-8s  %s\n", m->name, message_kind(m), format_versions(versions, m->versions, any),
               format_versions(flexible, m->flexible, m->versions));
    }
}

static int refuse(const report *r)
{
    complain("%s", r->detail);
    return STATUS_BAD_INPUT;
}

static int print_version(const verb *self, const kw_message *m, const char *text)
{
    int16_t version;
    report r;
    int status = version_read(self, text, &version);
    if (status != CONTINUE)
        return status;
    if (codec_find(kw_string_of(m->name), version, &r) == NULL)
        return refuse(&r);
    layout_print(m, version);
    return STATUS_OK;
}

static int run(const verb *self, int count, char **words)
{
    bool names;
    arguments given;
    int status = list_words_read(self, 2, count, words, &names, &given);
    if (status != CONTINUE)
        return status;
    if (given.count == 0) {
        if (names)
            list_names();
        else
            list_messages();
        return STATUS_OK;
    }
    report r;
    const kw_message *m = codec_message(kw_string_of(given.words[0]), &r);
    if (m == NULL)
        return refuse(&r);
    if (given.count == 2)
        return print_version(self, m, given.words[1]);
    layout_print_all(m);
    return STATUS_OK;
}

const verb verb_schema = {"schema", run};

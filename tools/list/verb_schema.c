/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "../json/codec.h"
#include "../protocol/field_text.h"
#include "../reference/reference.h"
#include "layout.h"
#include "list_words.h"
#include "message_json.h"
#include "print_json.h"
#include "version_changes.h"

/* ---- the list of messages ---- */

static void list_names(void)
{
    for (size_t i = 0; i < kw_message_count(); i++)
        printf("%s\n", kw_message_at(i)->name);
}

static void list_messages(void)
{
    char versions[VERSIONS_SIZE], flexible[VERSIONS_SIZE];
    printf("%-44s  %-17s  %-8s  %s\n", "NAME", "KIND", "VERSIONS", "FLEXIBLE");
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        printf("%-44s  %-17s  %-8s  %s\n", m->name, message_kind(m), format_range(versions, m->versions),
               format_versions(flexible, m->flexible, m->versions));
    }
}

static json_t *messages_json(void)
{
    json_t *all = json_array();
    for (size_t i = 0; i < kw_message_count(); i++) {
        const kw_message *m = kw_message_at(i);
        json_t *one = message_json(m);
        json_put_versions(one, "versions", m->versions);
        json_put_versions(one, "flexible", m->flexible);
        json_append_part(all, one);
    }
    return all;
}

static int list(const list_words *l)
{
    if (l->json)
        json_print(messages_json());
    else if (l->names)
        list_names();
    else
        list_messages();
    return STATUS_OK;
}

/* ---- one message ---- */

static int refuse(const report *r)
{
    complain("%s", r->detail);
    return STATUS_BAD_INPUT;
}

/* The message, and the versions of it that the words name, in their order. */
typedef struct asked {
    const kw_message *m;
    int16_t versions[2];
    int version_count;
} asked;

/* Reads a version, which the message must have. */
static int read_version(const verb *v, const char *text, asked *out)
{
    int16_t version;
    report r;
    int status = version_read(v, text, &version);
    if (status != CONTINUE)
        return status;
    if (codec_find(kw_string_of(out->m->name), version, &r) == NULL)
        return refuse(&r);
    out->versions[out->version_count++] = version;
    return CONTINUE;
}

/* The message is at `place` of the words, the others are versions. */
static int read_asked(const verb *v, const arguments *given, int place, asked *out)
{
    report r;
    *out = (asked){.m = codec_message(kw_string_of(given->words[place]), &r)};
    if (out->m == NULL)
        return refuse(&r);
    int status = CONTINUE;
    for (int i = 0; i < given->count && status == CONTINUE; i++)
        if (i != place)
            status = read_version(v, given->words[i], out);
    return status;
}

static int show_layout(const verb *v, const list_words *l)
{
    asked a;
    int status = read_asked(v, &l->given, 0, &a);
    if (status != CONTINUE)
        return status;
    bool all = a.version_count == 0;
    if (l->json)
        json_print(all ? layout_json_all(a.m) : layout_json(a.m, a.versions[0]));
    else if (all)
        layout_print_all(a.m);
    else
        layout_print(a.m, a.versions[0]);
    return STATUS_OK;
}

/* The message may be before or behind the versions. */
static int show_diff(const verb *v, const list_words *l)
{
    asked a;
    long long number;
    const arguments *given = &l->given;
    if (given->count != 1 && given->count != 3)
        return usage_error(v, "--diff needs a message, and two versions or none");
    int place = number_read(given->words[0], INT16_MIN, INT16_MAX, &number) ? given->count - 1 : 0;
    int status = read_asked(v, given, place, &a);
    if (status != CONTINUE)
        return status;
    bool history = a.version_count == 0;
    if (l->json)
        json_print(history ? version_history_json(a.m) : version_diff_json(a.m, a.versions[0], a.versions[1]));
    else if (history)
        version_history_print(a.m);
    else
        version_diff_print(a.m, a.versions[0], a.versions[1]);
    return STATUS_OK;
}

static int write_reference(const verb *v, const list_words *l, bool diff, const char *folder)
{
    const option_use others[] = {{"--diff", diff}, {"--json", l->json}, {"--names", l->names}};
    int status = options_exclude(v, "--html", others, sizeof others / sizeof others[0]);
    if (status != CONTINUE)
        return status;
    if (l->given.count != 0)
        return usage_error(v, "--html writes the pages of all messages, so none can be named");
    reference_write(folder);
    return STATUS_OK;
}

static int run(const verb *self, int count, char **words)
{
    list_words l;
    bool diff = false;
    const char *html = NULL;
    const option own[] = {{"--diff", &diff, NULL}, {"--html", NULL, &html}};
    int status = list_words_read(self, own, sizeof own / sizeof own[0], 3, count, words, &l);
    if (status != CONTINUE)
        return status;
    if (html != NULL)
        return write_reference(self, &l, diff, html);
    if (diff)
        return l.names ? usage_error(self, "--names and --diff exclude each other") : show_diff(self, &l);
    if (l.given.count == 0)
        return list(&l);
    if (l.given.count == 3)
        return list_words_refuse(self, &l, 2);
    return show_layout(self, &l);
}

const verb verb_schema = {"schema", run};

/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "../command/api.h"
#include "../command/max_memory.h"
#include "../command/options.h"
#include "../json/codec.h"
#include "load.h"
#include "names.h"
#include "print.h"

enum { LONGEST_NAME = 60 }; /* of an input, to be printed */

typedef struct diff_words {
    const char *inputs[2];
    bool json;
    diff_subject subject;
} diff_words;

static int read_subject(const verb *self, const char *api, const char *message, const char *version, diff_subject *s)
{
    if (api != NULL && message != NULL)
        return usage_error(self, "--api and --message exclude each other");
    if ((version != NULL) != (api != NULL || message != NULL))
        return usage_error(self, "--version goes with --api or --message");
    int status = version != NULL ? version_read(self, version, &s->version) : CONTINUE;
    if (status != CONTINUE)
        return status;
    s->api_key = -1;
    report r;
    if (message != NULL && (s->m = codec_find(kw_string_of(message), s->version, &r)) == NULL) {
        complain("%s", r.detail);
        return STATUS_BAD_INPUT;
    }
    const kw_api *found = api != NULL ? api_named(api) : NULL;
    if (api != NULL && found == NULL)
        return STATUS_BAD_INPUT;
    if (found != NULL)
        s->api_key = found->key;
    return CONTINUE;
}

static int read_words(const verb *self, int count, char **words, diff_words *out)
{
    const char *api = NULL, *message = NULL, *version = NULL, *max_memory = NULL;
    const option options[] = {
        {"--api", NULL, &api},         {"--message", NULL, &message},
        {"--version", NULL, &version}, {"--max-memory", NULL, &max_memory},
        {"--json", &out->json, NULL},
    };
    arguments given;
    int status = options_read(self, options, sizeof options / sizeof options[0], 2, count, words, &given);
    if (status != CONTINUE)
        return status;
    if (given.count != 2)
        return usage_error(self, "two inputs are required");
    if (strcmp(given.words[0], "-") == 0 && strcmp(given.words[1], "-") == 0)
        return usage_error(self, "standard input can only be one of the two");
    out->inputs[0] = given.words[0];
    out->inputs[1] = given.words[1];
    status = max_memory_read(self, max_memory, &out->subject.max_memory);
    return status == CONTINUE ? read_subject(self, api, message, version, &out->subject) : status;
}

static void print_titles(const diff_words *w, const diff_rows sides[2])
{
    for (int i = 0; i < 2; i++)
        printf("%s %s  %s\n", i == 0 ? "---" : "+++",
               strlen(w->inputs[i]) <= LONGEST_NAME ? w->inputs[i]
               : i == 0                             ? "the first"
                                                    : "the second",
               sides[i].title != NULL ? sides[i].title : "not known");
}

static bool same_title(const diff_rows *a, const diff_rows *b)
{
    return a->title != NULL && b->title != NULL && strcmp(a->title, b->title) == 0;
}

/* Whether both are valid; if not, prints what is wrong. */
static bool is_valid(const diff_rows sides[2])
{
    bool fine = true;
    for (int i = 0; i < 2; i++)
        if (!sides[i].fine) {
            complain("%s: %s", i == 0 ? "the first" : "the second", sides[i].problem);
            fine = false;
        }
    return fine;
}

static int diff(const diff_words *w, kw_arena *arena)
{
    diff_rows sides[2];
    for (int i = 0; i < 2; i++) {
        diff_rows_init(&sides[i], arena);
        if (!diff_load(&w->subject, w->inputs[i], &sides[i]))
            return STATUS_BAD_INPUT;
        names_by_keys(&sides[i]);
    }
    diff_print print = {.arena = arena, .json = w->json};
    size_t count = compare_rows(&sides[0], &sides[1], same_title(&sides[0], &sides[1]), diff_print_take, &print);
    if (count != 0 && !w->json)
        print_titles(w, sides);
    diff_print_end(&print);
    bool valid = is_valid(sides);
    return count == 0 && valid ? STATUS_OK : STATUS_BAD_INPUT;
}

static int run(const verb *self, int count, char **words)
{
    diff_words w = {0};
    int status = read_words(self, count, words, &w);
    if (status != CONTINUE)
        return status;
    kw_arena arena;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), w.subject.max_memory);
    status = diff(&w, &arena);
    kw_arena_finish(&arena);
    return status;
}

const verb verb_diff = {"diff", run};

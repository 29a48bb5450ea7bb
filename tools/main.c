/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <kwire/kafka_release.h>
#include <kwire/version.h>

#include "command/help.h"
#include "command/nearest.h"
#include "command/output.h"
#include "command/report.h"
#include "command/verb.h"

static const verb *const verbs[] = {
    &verb_decode,   &verb_encode, &verb_explain, &verb_diff, &verb_call,
    &verb_dump_log, &verb_pcap,   &verb_schema,  &verb_apis, &verb_errors,
};

enum { VERB_COUNT = sizeof verbs / sizeof verbs[0] };

static const verb *find_verb(const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i]->name, name) == 0)
            return verbs[i];
    return NULL;
}

static int refuse_verb(const char *name)
{
    nearest near;
    nearest_init(&near, name, strlen(name));
    for (size_t i = 0; i < VERB_COUNT; i++)
        nearest_offer(&near, verbs[i]->name);
    nearest_offer(&near, "help");
    char text[QUOTED_SIZE];
    char hint[HINT_SIZE];
    complain("unknown verb %s%s (see kwire --help)", quoted(text, name, strlen(name)), nearest_hint(&near, hint));
    return STATUS_USAGE;
}

static void print_help(const char *name)
{
    const char *text = help_of(name)->text;
    output_write(text, strlen(text));
}

/* kwire help [VERB] */
static int run_help(int count, char **words)
{
    if (count > 1) {
        complain("help is of one verb (see kwire --help)");
        return STATUS_USAGE;
    }
    if (count == 1 && find_verb(words[0]) == NULL)
        return refuse_verb(words[0]);
    print_help(count == 1 ? words[0] : "kwire");
    return STATUS_OK;
}

static int run(int argc, char **argv)
{
    if (argc < 2) {
        complain("a verb is missing (see kwire --help)");
        return STATUS_USAGE;
    }
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        print_help("kwire");
        return STATUS_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        printf("kwire %s (Apache Kafka %s)\n", kw_version(), KW_KAFKA_RELEASE);
        return STATUS_OK;
    }
    if (strcmp(word, "help") == 0)
        return run_help(argc - 2, argv + 2);
    const verb *v = find_verb(word);
    return v != NULL ? v->run(v, argc - 2, argv + 2) : refuse_verb(word);
}

int main(int argc, char **argv)
{
    int status = run(argc, argv);
    output_flush();
    return status;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdio.h>
#include <string.h>

#include "../observe/console.h"
#include "protection.h"

/* Bytes of names in one line; path, time and words have the rest. */
enum { NAMES_SIZE = CONSOLE_LINE / 2, PATH_SHOWN = CONSOLE_LINE / 4 };

/* Names that wait for the end of their line. */
struct line {
    const char *path;
    const char *words;
    char names[NAMES_SIZE];
    size_t size;
};

/* The end of a path that is very long. */
static const char *shown_path(const char *path)
{
    size_t size = strlen(path);
    return size > PATH_SHOWN ? path + size - PATH_SHOWN : path;
}

static void end_line(struct line *line)
{
    if (line->size != 0)
        console_line("%s: %s: %s", shown_path(line->path), line->words, line->names);
    line->size = 0;
}

static void add_name(struct line *line, const char *name)
{
    if (line->size + 2 + strlen(name) >= NAMES_SIZE)
        end_line(line);
    int n = snprintf(line->names + line->size, NAMES_SIZE - line->size, "%s%s", line->size != 0 ? ", " : "", name);
    line->size += n > 0 ? (size_t)n : 0;
    if (line->size >= NAMES_SIZE)
        end_line(line);
}

void report_without_effect(const struct static_config *file)
{
    struct line known = {.path = file->path, .words = "without effect on this broker"};
    struct line unknown = {.path = file->path, .words = "unknown to Kafka"};
    for (size_t i = 0; i < setting_count; i++)
        if (file->values[i].text != NULL && settings[i].use == SETTING_NO_EFFECT)
            add_name(&known, settings[i].name);
    for (size_t i = 0; i < file->other_count; i++)
        add_name(is_of_listener(file->others[i].text) ? &known : &unknown, file->others[i].text);
    end_line(&known);
    end_line(&unknown);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "timing.h"

enum { NAME_SIZE = 128, PATH_SIZE = 4096, LINE_SIZE = 1024 };

struct line {
    char name[NAME_SIZE], kind[NAME_SIZE], file[NAME_SIZE];
    int api_key, version;
    size_t body_offset;
};

/* NAME API_KEY VERSION request|response|batch|raw FILE BODY_OFFSET; a missing key or version is "-". */
static int parse(const char *text, struct line *out)
{
    char key[NAME_SIZE], version[NAME_SIZE];
    if (sscanf(text, "%127s %127s %127s %127s %127s %zu", out->name, key, version, out->kind, out->file,
               &out->body_offset) != 6)
        return 0;
    out->api_key = atoi(key);
    out->version = atoi(version);
    return 1;
}

static uint8_t *load(const char *folder, const char *file, size_t *size)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        die("%s cannot be read", path);
    long end = ftell(f);
    rewind(f);
    uint8_t *data = malloc(end > 0 ? (size_t)end : 1);
    if (data == NULL || fread(data, 1, (size_t)end, f) != (size_t)end)
        die("%s cannot be read", path);
    fclose(f);
    *size = (size_t)end;
    return data;
}

static void run_line(const char *folder, const struct line *line, void (*run)(const struct bench_input *input))
{
    size_t size;
    uint8_t *data = load(folder, line->file, &size);
    if (line->body_offset > size)
        die("%s has no byte %zu", line->file, line->body_offset);
    struct bench_input input = {
        .name = line->name,
        .kind = line->kind,
        .api_key = (int16_t)line->api_key,
        .version = (int16_t)line->version,
        .type = strcmp(line->kind, "request") == 0 ? KW_MESSAGE_REQUEST : KW_MESSAGE_RESPONSE,
        .data = data + line->body_offset,
        .size = size - line->body_offset,
    };
    run(&input);
    free(data);
}

static int is_wanted(const char *name, int count, char **names)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return 1;
    return count == 0;
}

void for_each_input(const char *folder, int name_count, char **names, void (*run)(const struct bench_input *input))
{
    char path[PATH_SIZE], text[LINE_SIZE];
    struct line line;
    snprintf(path, sizeof path, "%s/inputs.txt", folder);
    FILE *list = fopen(path, "r");
    if (list == NULL)
        die("%s cannot be read", path);
    while (fgets(text, sizeof text, list) != NULL) {
        if (text[0] == '#' || text[0] == '\n')
            continue;
        if (!parse(text, &line))
            die("%s: not an input: %s", path, text);
        if (is_wanted(line.name, name_count, names))
            run_line(folder, &line, run);
    }
    fclose(list);
}

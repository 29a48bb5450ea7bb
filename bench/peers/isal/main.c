/* SPDX-License-Identifier: Apache-2.0 */
/* Times ISA-L's CRC-32C: peer DIR [NAME...], on the batches and raw bytes that DIR/inputs.txt lists. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <isa-l/crc.h>

#include "../../timing.h"

enum { COVERED_AT = 21 /* by the checksum of a batch */, WORD = 256, PATH_SIZE = 4096, LINE_SIZE = 1024 };

struct bytes {
    uint8_t *data;
    int size;
};

static void checksum(void *context)
{
    const struct bytes *b = context;
    use(crc32_iscsi(b->data, b->size, UINT32_MAX));
}

static struct bytes load(const char *folder, const char *file)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        die("%s cannot be read", path);
    struct bytes all = {NULL, (int)ftell(f)};
    rewind(f);
    all.data = malloc((size_t)all.size + 1);
    if (all.data == NULL || fread(all.data, 1, (size_t)all.size, f) != (size_t)all.size)
        die("%s cannot be read", path);
    fclose(f);
    return all;
}

static int is_wanted(const char *name, int count, char **names)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return 1;
    return count == 0;
}

int main(int count, char **words)
{
    char path[PATH_SIZE], line[LINE_SIZE], name[WORD], kind[WORD], file[WORD];
    struct counted_memory memory;
    if (count < 2)
        die("usage: peer DIR [NAME...]");
    snprintf(path, sizeof path, "%s/inputs.txt", words[1]);
    FILE *list = fopen(path, "r");
    if (list == NULL)
        die("%s cannot be read", path);
    counted_memory_init(&memory);
    while (fgets(line, sizeof line, list) != NULL) {
        if (sscanf(line, "%255s %*s %*s %255s %255s", name, kind, file) != 3 || !is_wanted(name, count - 2, words + 2))
            continue;
        int skipped = strcmp(kind, "batch") == 0 ? COVERED_AT : 0;
        if (skipped == 0 && strcmp(kind, "raw") != 0)
            continue;
        struct bytes all = load(words[1], file);
        struct bytes covered = {all.data + skipped, all.size - skipped};
        bench(name, "crc", checksum, &covered, &memory);
        free(all.data);
    }
    fclose(list);
    return 0;
}

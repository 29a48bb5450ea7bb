/* SPDX-License-Identifier: Apache-2.0 */
/* The replay driver, where no fuzzing engine is linked.
 *
 *     TARGET FILE_OR_FOLDER...
 *
 * Gives each file to the target, folders recursively and in order of names. Prints the number of inputs; exits with
 * 1 if something cannot be read or if there was no input. A find ends the program. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long inputs;
static unsigned long unreadable;

static void complain(const char *path)
{
    perror(path);
    unreadable++;
}

/* NULL if the file cannot be read. */
static uint8_t *read_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size + 1);
    bool done = file != NULL && data != NULL && fread(data, 1, size, file) == size;
    if (file != NULL)
        fclose(file);
    if (done)
        return data;
    free(data);
    return NULL;
}

static void replay_file(const char *path, size_t size)
{
    uint8_t *data = read_file(path, size);
    if (data == NULL) {
        complain(path);
        return;
    }
    (void)LLVMFuzzerTestOneInput(data, size);
    inputs++;
    free(data);
}

static void replay(const char *path);

static int without_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, without_dots, alphasort);
    if (count < 0)
        complain(path);
    for (int i = 0; i < count; i++) {
        size_t size = strlen(path) + strlen(entries[i]->d_name) + 2;
        char *inside = malloc(size);
        if (inside == NULL)
            abort();
        snprintf(inside, size, "%s/%s", path, entries[i]->d_name);
        replay(inside);
        free(inside);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void replay(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0)
        complain(path);
    else if (S_ISDIR(info.st_mode))
        replay_folder(path);
    else
        replay_file(path, (size_t)info.st_size);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    printf("%lu inputs\n", inputs);
    return inputs == 0 || unreadable != 0;
}

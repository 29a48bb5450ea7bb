/* SPDX-License-Identifier: Apache-2.0 */
#include "numbers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_memory.h"

enum { BUCKETS = 1024 };

struct numbered {
    uint64_t file; /* what file_look() calls it */
    int32_t next;  /* in its bucket */
};

static struct {
    struct numbered *items; /* by number */
    int32_t count, capacity;
    int32_t buckets[BUCKETS];
    bool is_started;
} numbers;

static int32_t *bucket_of(uint64_t file)
{
    return &numbers.buckets[file / 16 % BUCKETS];
}

static int32_t add(uint64_t file)
{
    if (numbers.count == numbers.capacity) {
        numbers.capacity = numbers.capacity * 2 + 256;
        numbers.items = realloc(numbers.items, (size_t)numbers.capacity * sizeof *numbers.items);
        if (numbers.items == NULL)
            abort();
    }
    int32_t *bucket = bucket_of(file);
    numbers.items[numbers.count] = (struct numbered){file, *bucket};
    *bucket = numbers.count++;
    return *bucket;
}

int32_t number_of(const char *path)
{
    struct file_facts facts;
    int error = errno; /* a call that succeeds leaves it as it is */
    bool exists = numbers.is_started && file_layer_memory.look(path, &facts) == KW_OK;
    errno = error;
    if (!exists)
        return NO_NUMBER;
    int32_t number = *bucket_of(facts.number);
    while (number != NO_NUMBER && numbers.items[number].file != facts.number)
        number = numbers.items[number].next;
    return number != NO_NUMBER ? number : add(facts.number);
}

int32_t number_of_folder(const char *path, const char **name)
{
    char folder[KW_PATH_SIZE] = "/";
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    if (slash != NULL && slash != path) /* paths of the broker are shorter */
        memcpy(folder, path, (size_t)(slash - path));
    return number_of(folder);
}

void number_forget(int32_t number)
{
    if (number == NO_NUMBER)
        return;
    int32_t *at = bucket_of(numbers.items[number].file);
    while (*at != number)
        at = &numbers.items[*at].next;
    *at = numbers.items[number].next;
}

size_t numbers_count(void)
{
    return (size_t)numbers.count;
}

void numbers_stop(void)
{
    free(numbers.items);
    memset(&numbers, 0, sizeof numbers);
}

void numbers_start(void)
{
    numbers_stop();
    memset(numbers.buckets, 0xFF, sizeof numbers.buckets); /* NO_NUMBER */
    numbers.is_started = true;
}

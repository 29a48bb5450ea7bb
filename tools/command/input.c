/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "input.h"
#include "output.h"

#define CHUNK ((size_t)64 * 1024)

/* 0 at the end. `name` is for the error. */
static size_t read_some(int fd, const char *name, char *to, size_t size)
{
    ssize_t n;
    do
        n = read(fd, to, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        die("%s: %s", name, strerror(errno));
    return (size_t)n;
}

static size_t read_standard_input(char *to, size_t size)
{
    return read_some(STDIN_FILENO, "standard input", to, size);
}

static void fill(line_reader *r)
{
    if (r->start != 0) {
        memmove(r->memory.data, r->memory.data + r->start, r->end - r->start);
        r->end -= r->start;
        r->scanned -= r->start;
        r->start = 0;
    }
    buffer_reserve(&r->memory, r->end + CHUNK);
    output_flush();
    size_t n = read_standard_input(r->memory.data + r->end, r->memory.cap - r->end);
    r->end += n;
    r->at_end = n == 0;
}

bool line_reader_next(line_reader *r, char **line, size_t *size)
{
    for (;;) {
        char *feed = NULL;
        if (r->scanned < r->end)
            feed = memchr(r->memory.data + r->scanned, '\n', r->end - r->scanned);
        if (feed == NULL && !r->at_end) {
            r->scanned = r->end;
            fill(r);
            continue;
        }
        if (feed == NULL && r->start == r->end)
            return false;
        size_t stop = feed != NULL ? (size_t)(feed - r->memory.data) : r->end;
        *line = r->memory.data + r->start;
        *size = stop - r->start;
        r->start = feed != NULL ? stop + 1 : r->end;
        r->scanned = r->start;
        return true;
    }
}

void line_reader_finish(line_reader *r)
{
    buffer_finish(&r->memory);
}

size_t input_read_all(buffer *b)
{
    size_t have = 0;
    for (;;) {
        buffer_reserve(b, have + CHUNK);
        size_t n = read_standard_input(b->data + have, b->cap - have);
        if (n == 0)
            return have;
        have += n;
    }
}

size_t input_read_file(const char *path, size_t most, buffer *b)
{
    size_t have = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        die("%s: %s", path, strerror(errno));
    for (;;) {
        buffer_reserve(b, have + CHUNK);
        size_t n = read_some(fd, path, b->data + have, b->cap - have);
        have += n;
        if (n == 0 || have > most)
            break;
    }
    close(fd);
    if (have > most)
        die("%s: it is longer than %zu bytes", path, most);
    return have;
}

const char *input_read_word(const char *word, size_t most, buffer *b, size_t *size)
{
    if (word != NULL && word[0] != '@' && strcmp(word, "-") != 0) {
        *size = strlen(word);
        return word;
    }
    *size = word != NULL && word[0] == '@' ? input_read_file(word + 1, most, b) : input_read_all(b);
    return b->data;
}

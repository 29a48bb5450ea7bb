/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../command/output.h"
#include "../command/report.h"

#define CHUNK ((size_t)256 * 1024)
#define FIRST ((size_t)64 * 1024)

/* The limit of bytes decoded from one read; only omitted lines of a dump decode to more bytes than the text has. */
#define MOST_DECODED ((size_t)256 << 20)

const char *source_name(const source *s, char to[QUOTED_SIZE])
{
    if (s->name != NULL)
        return quoted(to, s->name, strlen(s->name));
    return s->fd < 0 ? "command line" : "standard input";
}

_Noreturn static void fail(const source *s, const char *why)
{
    char name[QUOTED_SIZE];
    die("%s: %s", source_name(s, name), why);
}

/* 0 at the end. */
static size_t read_some(source *s, char *to, size_t size)
{
    if (s->fd < 0) {
        size_t n = size < s->literal_size ? size : s->literal_size;
        memcpy(to, s->literal, n);
        s->literal += n;
        s->literal_size -= n;
        return n;
    }
    ssize_t n;
    do
        n = read(s->fd, to, size);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        fail(s, strerror(errno));
    return (size_t)n;
}

static void fill_first(source *s)
{
    size_t n = 1;
    buffer_reserve(&s->first, FIRST);
    while (s->held < FIRST && n != 0) {
        n = read_some(s, s->first.data + s->held, FIRST - s->held);
        s->held += n;
    }
}

/* The byte order mark that some programs write before UTF-8. */
static size_t mark_size(const source *s)
{
    static const char mark[] = {'\xef', '\xbb', '\xbf'};
    return s->held >= sizeof mark && memcmp(s->first.data, mark, sizeof mark) == 0 ? sizeof mark : 0;
}

static void start(source *s, const bytes_shape *shape)
{
    fill_first(s);
    size_t mark = mark_size(s);
    s->shape = shape != NULL ? *shape : bytes_shape_of(s->first.data + mark, s->held - mark);
    s->given = s->shape != BYTES_BINARY ? mark : 0;
    bytes_text_init(&s->text, s->shape);
    kw_writer_init_growing(&s->decoded, kw_allocator_libc(), MOST_DECODED);
}

void source_open_file(source *s, const char *name, const bytes_shape *shape)
{
    memset(s, 0, sizeof *s);
    s->fd = STDIN_FILENO;
    if (strcmp(name, "-") != 0) {
        s->name = name;
        s->fd = open(name, O_RDONLY | O_CLOEXEC);
    }
    if (s->fd < 0)
        fail(s, strerror(errno));
    start(s, shape);
    struct stat about;
    if (s->shape == BYTES_BINARY && fstat(s->fd, &about) == 0 && S_ISREG(about.st_mode))
        s->file_size = (uint64_t)about.st_size;
}

void source_open_literal(source *s, const char *text, const bytes_shape *shape)
{
    memset(s, 0, sizeof *s);
    s->fd = -1;
    s->literal = text;
    s->literal_size = strlen(text);
    start(s, shape);
}

void source_close(source *s)
{
    if (s->fd > STDIN_FILENO)
        close(s->fd);
    buffer_finish(&s->first);
    buffer_finish(&s->bytes);
    kw_writer_finish(&s->decoded);
}

/* The next part of the input as it is. */
static size_t next_piece(source *s, char *to, size_t size)
{
    size_t left = s->held - s->given;
    if (left == 0)
        return read_some(s, to, size);
    size_t n = size < left ? size : left;
    memcpy(to, s->first.data + s->given, n);
    s->given += n;
    return n;
}

static void append(source *s, const void *data, size_t size)
{
    if (size == 0)
        return;
    buffer_reserve(&s->bytes, s->end + size);
    memcpy(s->bytes.data + s->end, data, size);
    s->end += size;
}

static void fill_with_text(source *s)
{
    char piece[(size_t)16 * 1024];
    size_t n = next_piece(s, piece, sizeof piece);
    s->at_end = n == 0;
    kw_writer_reset(&s->decoded);
    bool fine = bytes_text_read(&s->text, piece, n, s->at_end, &s->decoded);
    if (!kw_writer_ok(&s->decoded))
        fail(s, kw_status_text(s->decoded.status));
    kw_span bytes = kw_writer_data(&s->decoded);
    append(s, bytes.data, bytes.size);
    if (fine)
        return;
    s->at_end = true;
    s->failed = true;
    char name[QUOTED_SIZE];
    complain("%s: line %zu, column %zu: read as %s: %s", source_name(s, name), s->text.line, s->text.column,
             bytes_shape_name(s->shape), s->text.error);
}

static void fill(source *s)
{
    if (s->start != 0) {
        memmove(s->bytes.data, s->bytes.data + s->start, s->end - s->start);
        s->end -= s->start;
        s->start = 0;
    }
    if (s->shape != BYTES_BINARY) {
        fill_with_text(s);
        return;
    }
    buffer_reserve(&s->bytes, s->end + CHUNK);
    size_t n = next_piece(s, s->bytes.data + s->end, s->bytes.cap - s->end);
    s->at_end = n == 0;
    s->end += n;
}

size_t source_need(source *s, size_t size)
{
    while (s->end - s->start < size && !s->at_end)
        fill(s);
    return s->end - s->start;
}

const uint8_t *source_data(const source *s)
{
    static const uint8_t nothing = 0;
    return s->end != s->start ? (const uint8_t *)s->bytes.data + s->start : &nothing;
}

void source_take(source *s, size_t size)
{
    s->start += size;
    s->offset += size;
}

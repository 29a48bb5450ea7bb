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
#include "unwrap.h"

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

/* Leaves only the digits of a command line like: echo 0000 | xxd -r -p | nc. */
static void take_from_command(source *s)
{
    const char *from;
    size_t size;
    if (s->held == FIRST || !bytes_text_in_command(s->first.data, s->held, &from, &size))
        return;
    memmove(s->first.data, from, size);
    s->held = size;
}

/* Refuses a text that could mean several things. */
static void refuse(source *s, const char *why)
{
    char name[QUOTED_SIZE];
    complain("%s: %s", source_name(s, name), why);
    s->at_end = true;
    s->failed = true;
}

/* Captures have their own verb. */
static bool is_capture(const source *s)
{
    static const char magics[][4] = {"\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1",
                                     "\x0a\x0d\x0d\x0a"};
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++)
        if (s->held > 24 && memcmp(s->first.data, magics[i], sizeof magics[i]) == 0)
            return true;
    return false;
}

static void start(source *s, const bytes_shape *shape)
{
    fill_first(s);
    if (shape == NULL)
        take_from_command(s);
    size_t mark = mark_size(s);
    const char *text = s->first.data + mark;
    s->shape = shape != NULL ? *shape : bytes_shape_of(text, s->held - mark);
    const char *doubt = shape == NULL && s->shape == BYTES_HEX ? bytes_shape_doubt(text, s->held - mark) : NULL;
    if (doubt != NULL)
        refuse(s, doubt);
    if (shape == NULL && is_capture(s))
        refuse(s, "it is a packet capture (see kwire pcap)");
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
    buffer_finish(&s->unit);
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

/* ---- packets that were pasted ---- */

/* More than any packet has. */
#define MOST_OF_PACKET ((size_t)256 * 1024)

/* The unit is complete: if it is a packet, only what it carries is appended. */
static void end_unit(source *s)
{
    unwrapped found;
    const uint8_t *data = (const uint8_t *)s->unit.data;
    if (s->unit_size != 0 && unwrap_packet(data, s->unit_size, &found)) {
        s->headers = found.headers;
        append(s, data + found.at, found.size);
    } else {
        append(s, data, s->unit_size);
    }
    s->unit_size = 0;
    s->unit_passes = false;
}

static void add_to_unit(source *s, kw_span bytes)
{
    if (s->unit_passes || s->unit_size + bytes.size > MOST_OF_PACKET) {
        append(s, s->unit.data, s->unit_size);
        append(s, bytes.data, bytes.size);
        s->unit_size = 0;
        s->unit_passes = true;
        return;
    }
    buffer_reserve(&s->unit, s->unit_size + bytes.size + 1);
    if (bytes.size != 0)
        memcpy(s->unit.data + s->unit_size, bytes.data, bytes.size);
    s->unit_size += bytes.size;
}

/* ---- reading ---- */

/* Decodes a part of the text; in a dump one line, so that the end of one packet's is seen. */
static bool decode(source *s, const char *text, size_t size, bool is_last)
{
    kw_writer_reset(&s->decoded);
    s->text.dump.ended = false;
    bool fine = bytes_text_read(&s->text, text, size, is_last, &s->decoded);
    if (!kw_writer_ok(&s->decoded))
        fail(s, kw_status_text(s->decoded.status));
    add_to_unit(s, kw_writer_data(&s->decoded));
    if (s->text.dump.ended || is_last || !fine)
        end_unit(s);
    return fine;
}

static bool decode_lines(source *s, const char *text, size_t size)
{
    while (size != 0) {
        const char *feed = memchr(text, '\n', size);
        size_t n = feed != NULL ? (size_t)(feed - text) + 1 : size;
        if (!decode(s, text, n, false))
            return false;
        text += n;
        size -= n;
    }
    return true;
}

static void fill_with_text(source *s)
{
    char piece[(size_t)16 * 1024];
    size_t n = next_piece(s, piece, sizeof piece);
    s->at_end = n == 0;
    bool fine = s->at_end                ? decode(s, piece, 0, true)
                : s->shape == BYTES_DUMP ? decode_lines(s, piece, n)
                                         : decode(s, piece, n, false);
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

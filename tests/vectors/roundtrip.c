/* SPDX-License-Identifier: Apache-2.0 */
/* Reads lines `MESSAGE VERSION HEX` of bytes that Kafka wrote, and checks for each that
 *
 *     the typed codec reads all bytes and writes the same bytes back,
 *     the descriptor-driven reader gives the same value,
 *     a deep copy is equal and needs neither input nor first arena,
 *     the counting writer's size is the fixed writer's,
 *     cut at every byte, both readers fail with the same status at the same offset, and nothing reads past the cut.
 *
 * Prints one line for each failure and a count at the end; exits with 1 if anything failed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <kwire/kwire.h>

#define ARENA_LIMIT ((size_t)64 << 20)

struct line {
    const kw_message *message;
    int16_t version;
    uint8_t *body; /* a heap block of exactly the body's size, so that sanitizers see a read past the end */
    size_t size;
};

static unsigned long failures;

static void complain(const struct line *line, const char *what, kw_status status, size_t at)
{
    failures++;
    printf("%s %d: %s (%s at %zu of %zu bytes)\n", line->message->name, line->version, what, kw_status_name(status), at,
           line->size);
}

static int digit(int c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse(char *text, struct line *line)
{
    char *version = strchr(text, ' ');
    char *hex = version == NULL ? NULL : strchr(version + 1, ' ');
    if (hex == NULL)
        return false;
    *version++ = '\0';
    *hex++ = '\0';
    line->message = kw_message_by_name(kw_string_of(text));
    line->version = (int16_t)atoi(version);
    line->size = strspn(hex, "0123456789abcdef") / 2;
    line->body = malloc(line->size + (line->size == 0));
    for (size_t i = 0; i < line->size; i++)
        line->body[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
    return line->message != NULL && line->body != NULL;
}

static void check_encoding(const struct line *line, const void *value)
{
    uint8_t *copy = malloc(line->size + (line->size == 0));
    kw_writer w;
    kw_writer_init(&w, copy, line->size);
    kw_status status = kw_message_encode(line->message, line->version, value, &w);
    if (status != KW_OK)
        complain(line, "does not encode", status, kw_writer_needed(&w));
    else if (kw_writer_data(&w).size != line->size || memcmp(copy, line->body, line->size) != 0)
        complain(line, "encodes to other bytes", status, kw_writer_needed(&w));
    kw_writer counter;
    kw_writer_init_counting(&counter);
    status = kw_message_encode(line->message, line->version, value, &counter);
    if (status != KW_OK || kw_writer_needed(&counter) != line->size)
        complain(line, "is counted wrongly", status, kw_writer_needed(&counter));
    kw_writer shorter;
    kw_writer_init(&shorter, copy, line->size / 2);
    status = kw_message_encode(line->message, line->version, value, &shorter);
    if (line->size > 0 && (status != KW_ERR_SPACE || kw_writer_needed(&shorter) != line->size))
        complain(line, "does not return the size needed", status, kw_writer_needed(&shorter));
    free(copy);
}

static void check_cut(const struct line *line, size_t cut, kw_arena *arena)
{
    uint8_t *part = malloc(cut + (cut == 0));
    memcpy(part, line->body, cut);
    kw_reader typed, slow;
    void *value;
    kw_arena_reset(arena);
    kw_reader_init(&typed, part, cut);
    kw_status a = kw_message_decode(line->message, line->version, &typed, arena, &value);
    kw_reader_init(&slow, part, cut);
    kw_status b = kw_message_dissect(line->message, line->version, &slow, arena, &value, NULL, NULL);
    if (a == KW_OK)
        complain(line, "decodes although it is cut", a, cut);
    if (a != b || typed.error_at != slow.error_at)
        complain(line, "cut: the two readers differ", b, cut);
    free(part);
}

static void check(const struct line *line, kw_arena *arena, kw_arena *other)
{
    kw_reader in;
    void *value, *dissected;
    kw_arena_reset(arena);
    kw_arena_reset(other);
    kw_reader_init(&in, line->body, line->size);
    kw_status status = kw_message_decode(line->message, line->version, &in, arena, &value);
    if (status == KW_OK)
        status = kw_reader_end(&in);
    if (status != KW_OK) {
        complain(line, "does not decode", status, in.error_at);
        return;
    }
    check_encoding(line, value);
    kw_reader_init(&in, line->body, line->size);
    status = kw_message_dissect(line->message, line->version, &in, arena, &dissected, NULL, NULL);
    if (status != KW_OK || kw_reader_end(&in) != KW_OK)
        complain(line, "does not dissect", status, in.error_at);
    else if (!kw_message_equal(line->message, value, dissected))
        complain(line, "the two readers give different values", status, 0);
    void *copy = kw_message_copy(line->message, value, other);
    if (copy == NULL || !kw_message_equal(line->message, value, copy))
        complain(line, "the copy differs", status, 0);
    for (size_t cut = 0; cut < line->size; cut++)
        check_cut(line, cut, arena);
    if (copy != NULL) {
        memset(line->body, 0xdb, line->size); /* the copy must not read it */
        kw_writer counter;
        kw_writer_init_counting(&counter);
        status = kw_message_encode(line->message, line->version, copy, &counter);
        if (status != KW_OK || kw_writer_needed(&counter) != line->size)
            complain(line, "the copy needs its source", status, kw_writer_needed(&counter));
    }
}

int main(void)
{
    kw_arena arena, other;
    kw_arena_init_growing(&arena, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    kw_arena_init_growing(&other, NULL, 0, kw_allocator_libc(), ARENA_LIMIT);
    char *text = NULL;
    size_t room = 0;
    unsigned long lines = 0;
    while (getline(&text, &room, stdin) > 0) {
        struct line line = {0};
        lines++;
        if (parse(text, &line)) {
            check(&line, &arena, &other);
        } else {
            failures++;
            printf("line %lu: not MESSAGE VERSION HEX, or no such message: %s\n", lines, text);
        }
        free(line.body);
    }
    free(text);
    kw_arena_finish(&arena);
    kw_arena_finish(&other);
    printf("%lu lines, %lu failures\n", lines, failures);
    return failures != 0 || lines == 0;
}

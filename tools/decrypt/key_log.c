/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "key_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../command/buffer.h"
#include "../command/output.h"
#include "../text/hex.h"

enum { FIRST_SLOTS = 64, LONGEST_LINE = 512, CHUNK = 16384 };

typedef struct session_secrets {
    uint8_t random[TLS_RANDOM_SIZE];
    secret secrets[SECRET_KINDS];
    bool used; /* this slot */
} session_secrets;

/* The lines of a text that comes in pieces. */
typedef struct lines {
    size_t count;             /* of those that are complete */
    size_t odd;               /* the first that is none of a key log */
    char start[LONGEST_LINE]; /* of the next one, */
    size_t size;              /* which may be longer than the array */
} lines;

struct key_log {
    const char *path; /* NULL: no file */
    int fd;
    lines file;
    lines other;
    size_t max_memory;
    session_secrets *slots;
    size_t slot_count; /* a power of two */
    size_t count;
    size_t refused;
    uint64_t seed;
};

/* ---- the table ---- */

/* Client randoms are random, but the author of a file need not have meant well. */
static uint64_t hash(const key_log *k, const uint8_t *random)
{
    uint64_t h = k->seed;
    for (int i = 0; i < TLS_RANDOM_SIZE; i++)
        h = (h ^ random[i]) * UINT64_C(0x100000001b3);
    return h ^ h >> 32;
}

/* The slot of this session, or the free one where it belongs. */
static session_secrets *slot_of(const key_log *k, const uint8_t *random)
{
    size_t i = (size_t)hash(k, random) & (k->slot_count - 1);
    while (k->slots[i].used && memcmp(k->slots[i].random, random, TLS_RANDOM_SIZE) != 0)
        i = (i + 1) & (k->slot_count - 1);
    return &k->slots[i];
}

/* False if memory is short. */
static bool grow(key_log *k)
{
    session_secrets *old = k->slots;
    size_t old_count = k->slot_count;
    size_t count = old_count == 0 ? FIRST_SLOTS : old_count * 2;
    if (count > k->max_memory / sizeof *old)
        return false;
    k->slot_count = count;
    k->slots = zeroed_memory(count * sizeof *old);
    for (size_t i = 0; i < old_count; i++)
        if (old[i].used)
            *slot_of(k, old[i].random) = old[i];
    free(old);
    return true;
}

static void add(key_log *k, const uint8_t *random, secret_kind kind, const secret *s)
{
    if (k->count * 4 >= k->slot_count * 3 && !grow(k)) {
        k->refused++;
        return;
    }
    session_secrets *slot = slot_of(k, random);
    k->count += !slot->used;
    slot->used = true;
    memcpy(slot->random, random, TLS_RANDOM_SIZE);
    slot->secrets[kind] = *s;
}

/* ---- lines ---- */

/* The next word of a line; empty at its end. */
static size_t next_word(const char **at, const char *end, const char **word)
{
    while (*at < end && (**at == ' ' || **at == '\t' || **at == '\r'))
        (*at)++;
    *word = *at;
    while (*at < end && **at != ' ' && **at != '\t' && **at != '\r')
        (*at)++;
    return (size_t)(*at - *word);
}

/* False if this is a label of other secrets. */
static bool find_kind(const char *label, size_t size, secret_kind *out)
{
    static const char *const labels[SECRET_KINDS] = {"CLIENT_RANDOM", "CLIENT_TRAFFIC_SECRET_0",
                                                     "SERVER_TRAFFIC_SECRET_0"};
    for (int i = 0; i < SECRET_KINDS; i++) {
        if (size != strlen(labels[i]) || memcmp(label, labels[i], size) != 0)
            continue;
        *out = (secret_kind)i;
        return true;
    }
    return false;
}

/* The sizes of the hashes of all cipher suites, and that of a master secret. */
static bool is_size_of(secret_kind kind, size_t size)
{
    return size == 48 || (kind != SECRET_MASTER && size == 32);
}

static bool is_hex(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (strchr("0123456789abcdefABCDEF", text[i]) == NULL || text[i] == '\0')
            return false;
    return size != 0;
}

/* False if the line is none of a key log. */
static bool read_line(key_log *k, const char *line, size_t size)
{
    const char *end = line + size;
    const char *label, *random_text, *secret_text, *more;
    uint8_t random[TLS_RANDOM_SIZE];
    secret s;
    secret_kind kind;
    size_t label_size = next_word(&line, end, &label);
    if (label_size == 0 || label[0] == '#')
        return true;
    size_t random_size = next_word(&line, end, &random_text);
    size_t secret_size = next_word(&line, end, &secret_text);
    if (!is_hex(random_text, random_size) || !is_hex(secret_text, secret_size) || next_word(&line, end, &more) != 0)
        return false;
    if (!find_kind(label, label_size, &kind))
        return true;
    s.size = (uint8_t)(secret_size / 2);
    if (random_size != 2 * sizeof random || !is_size_of(kind, secret_size / 2) ||
        !hex_decode(random, random_text, random_size) || !hex_decode(s.bytes, secret_text, secret_size))
        return false; /* the size may be odd */
    add(k, random, kind, &s);
    return true;
}

static void end_line(key_log *k, lines *l)
{
    l->count++;
    bool fine = l->size <= sizeof l->start && read_line(k, l->start, l->size);
    if (!fine && l->odd == 0)
        l->odd = l->count;
    l->size = 0;
}

static void take_text(key_log *k, lines *l, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '\n') {
            end_line(k, l);
            continue;
        }
        if (l->size < sizeof l->start)
            l->start[l->size] = text[i];
        l->size += l->size <= sizeof l->start;
    }
}

/* Reads what has been added to the file. Its last line may lack its end; it is read again with what follows. */
static void read_more(key_log *k)
{
    char chunk[CHUNK];
    ssize_t n;
    while ((n = read(k->fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            die("%s: %s", k->path, strerror(errno));
        take_text(k, &k->file, chunk, (size_t)n);
    }
    if (k->file.size <= sizeof k->file.start)
        (void)read_line(k, k->file.start, k->file.size);
}

/* ---- the log ---- */

key_log *key_log_create(size_t max_memory)
{
    key_log *k = zeroed_memory(sizeof *k);
    k->max_memory = max_memory > FIRST_SLOTS * sizeof *k->slots ? max_memory : FIRST_SLOTS * sizeof *k->slots;
    k->seed = (uint64_t)time(NULL) * UINT64_C(0x9e3779b97f4a7c15) ^ (uint64_t)(uintptr_t)k;
    k->fd = -1;
    (void)grow(k);
    return k;
}

void key_log_destroy(key_log *k)
{
    if (k == NULL)
        return;
    if (k->fd >= 0)
        close(k->fd);
    free(k->slots);
    free(k);
}

void key_log_read_file(key_log *k, const char *path)
{
    k->path = path;
    k->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (k->fd < 0)
        die("%s: %s", path, strerror(errno));
    read_more(k);
}

void key_log_add(key_log *k, const char *text, size_t size)
{
    take_text(k, &k->other, text, size);
}

static const secret *find(const key_log *k, const uint8_t *random, secret_kind kind)
{
    const session_secrets *slot = slot_of(k, random);
    return slot->used && slot->secrets[kind].size != 0 ? &slot->secrets[kind] : NULL;
}

const secret *key_log_find(key_log *k, const uint8_t random[TLS_RANDOM_SIZE], secret_kind kind)
{
    const secret *found = find(k, random, kind);
    if (found != NULL || k->fd < 0)
        return found;
    read_more(k);
    return find(k, random, kind);
}

key_log_counts key_log_count(const key_log *k)
{
    return (key_log_counts){k->count, k->file.odd, k->refused, k->path != NULL};
}

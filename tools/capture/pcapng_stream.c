/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "pcapng_stream.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kwire/endian.h>

#define BUFFER ((size_t)256 * 1024)
#define SNAP_LENGTH UINT32_C(262144) /* the most that libpcap accepts on every link */

/* Parts of a block, from its start. */
enum {
    LENGTH_AT = 4,
    ORDER_AT = 8,        /* in a section header: the byte order of the section */
    SNAP_LENGTH_AT = 12, /* in an interface description */
    SECRETS_TYPE_AT = 8, /* in secrets, */
    SECRETS_SIZE_AT = 12,
    HEAD_SIZE = 16,
    LEAST_BLOCK = 12,
};

enum { BLOCK_INTERFACE = 1, BLOCK_SECRETS = 10 };
#define TLS_KEY_LOG UINT32_C(0x544c534b)
#define BLOCK_SECTION UINT32_C(0x0a0d0d0a) /* in both byte orders */
#define ORDER_MAGIC UINT32_C(0x1a2b3c4d)

struct pcapng_stream {
    int fd;
    uint64_t position;
    bool little_endian;
    bool broken; /* not blocks any more: the rest goes through as it is, and libpcap reports it */
    uint8_t head[HEAD_SIZE];
    uint64_t at;           /* in the block */
    uint64_t size;         /* of the block; 0: not known yet */
    uint64_t secrets_left; /* bytes of the block that are secrets */
    secrets_sink secrets;
    const uint8_t *kept; /* bytes that were read before */
    size_t kept_size;
    uint8_t memory[PCAPNG_MAGIC_SIZE];
    char buffer[BUFFER];
};

static uint32_t load_le32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint32_t number_at(const pcapng_stream *s, size_t at)
{
    return s->little_endian ? load_le32(s->head + at) : kw_load_be32(s->head + at);
}

/* Takes the size of the block as soon as it is known. */
static void look_at_head(pcapng_stream *s)
{
    bool is_section = kw_load_be32(s->head) == BLOCK_SECTION;
    if (s->at != (is_section ? ORDER_AT + 4 : LENGTH_AT + 4))
        return;
    if (is_section)
        s->little_endian = load_le32(s->head + ORDER_AT) == ORDER_MAGIC;
    s->size = number_at(s, LENGTH_AT);
    s->broken = s->size < LEAST_BLOCK || s->size % 4 != 0;
}

static uint8_t byte_of_snap_length(const pcapng_stream *s, size_t at)
{
    return (uint8_t)(SNAP_LENGTH >> 8 * (s->little_endian ? at : 3 - at));
}

/* One of the first bytes of a block. */
static void take_head_byte(pcapng_stream *s, uint8_t *byte)
{
    if (s->at >= SNAP_LENGTH_AT && s->size >= HEAD_SIZE + 4 && number_at(s, 0) == BLOCK_INTERFACE)
        *byte = byte_of_snap_length(s, (size_t)s->at - SNAP_LENGTH_AT);
    s->head[s->at++] = *byte;
    look_at_head(s);
    if (s->at == HEAD_SIZE && number_at(s, 0) == BLOCK_SECRETS && number_at(s, SECRETS_TYPE_AT) == TLS_KEY_LOG)
        s->secrets_left = number_at(s, SECRETS_SIZE_AT);
}

/* Bytes of a block behind its head. */
static void take_body(pcapng_stream *s, const uint8_t *data, size_t size)
{
    size_t n = size < s->secrets_left ? size : (size_t)s->secrets_left;
    if (n != 0)
        s->secrets.text(s->secrets.context, (const char *)data, n);
    s->secrets_left -= n;
    s->at += size;
}

static void end_block(pcapng_stream *s)
{
    if (s->at > HEAD_SIZE && number_at(s, 0) == BLOCK_SECRETS)
        s->secrets.text(s->secrets.context, "\n", 1);
    s->at = s->size = s->secrets_left = 0;
}

static void change(pcapng_stream *s, uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size && !s->broken;) {
        if (s->at < HEAD_SIZE) {
            take_head_byte(s, &data[i++]);
        } else {
            uint64_t left = s->size - s->at;
            size_t n = left < size - i ? (size_t)left : size - i;
            take_body(s, data + i, n);
            i += n;
        }
        if (s->size != 0 && s->at >= s->size)
            end_block(s);
    }
}

static ssize_t read_some(void *cookie, char *to, size_t size)
{
    pcapng_stream *s = cookie;
    ssize_t n = (ssize_t)(s->kept_size < size ? s->kept_size : size);
    if (n > 0) {
        memcpy(to, s->kept, (size_t)n);
        s->kept += n;
        s->kept_size -= (size_t)n;
    } else {
        do
            n = read(s->fd, to, size);
        while (n < 0 && errno == EINTR);
    }
    if (n > 0) {
        s->position += (uint64_t)n;
        change(s, (uint8_t *)to, (size_t)n);
    }
    return n;
}

static int close_it(void *cookie)
{
    const pcapng_stream *s = cookie;
    return close(s->fd);
}

pcapng_stream *pcapng_stream_open(int fd, const void *head, size_t head_size, const secrets_sink *secrets, FILE **file)
{
    const cookie_io_functions_t functions = {.read = read_some, .close = close_it};
    pcapng_stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->fd = fd;
    s->secrets = *secrets;
    s->broken = head_size != PCAPNG_MAGIC_SIZE || memcmp(head, PCAPNG_MAGIC, PCAPNG_MAGIC_SIZE) != 0;
    memcpy(s->memory, head, head_size);
    s->kept = s->memory;
    s->kept_size = head_size;
    *file = fopencookie(s, "rb", functions);
    if (*file == NULL) {
        free(s);
        return NULL;
    }
    (void)setvbuf(*file, s->buffer, _IOFBF, sizeof s->buffer);
    return s;
}

void pcapng_stream_free(pcapng_stream *s)
{
    free(s);
}

uint64_t pcapng_stream_position(const pcapng_stream *s)
{
    return s->position;
}

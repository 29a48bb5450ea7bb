/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PCAPNG_STREAM_H
#define TOOLS_PCAPNG_STREAM_H

/* A pcapng file for libpcap, which refuses one whose interfaces have different snap lengths, as captures of several
 * interfaces do. The length is only a limit of what packets may have, so this stream gives all interfaces the same.
 * libpcap also skips the secrets of TLS sessions, which this stream passes on. */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Takes the text of a key log in parts, which a line feed ends. */
typedef struct secrets_sink {
    void (*text)(void *context, const char *text, size_t size);
    void *context;
} secrets_sink;

typedef struct pcapng_stream pcapng_stream;

/* The first bytes of a pcapng file. */
#define PCAPNG_MAGIC "\x0a\x0d\x0d\x0a"
enum { PCAPNG_MAGIC_SIZE = 4 };

/* *file is a stream of what `fd` has, whose first `head_size` bytes, at most PCAPNG_MAGIC_SIZE, were read already;
 * other files than pcapng go through as they are. Closing the file closes `fd`; the stream is freed after that. NULL if
 * memory is short. */
pcapng_stream *pcapng_stream_open(int fd, const void *head, size_t head_size, const secrets_sink *secrets, FILE **file);

/* NULL is accepted. */
void pcapng_stream_free(pcapng_stream *s);

/* Bytes that were read so far. */
uint64_t pcapng_stream_position(const pcapng_stream *s);

#endif

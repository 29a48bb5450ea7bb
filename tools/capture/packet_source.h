/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PACKET_SOURCE_H
#define TOOLS_PACKET_SOURCE_H

/* Packets from a file or a network interface, both through libpcap. A kwire built without it has the same functions,
 * which report that. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "link.h"
#include "packet.h"
#include "pcapng_stream.h"

typedef struct packet_source packet_source;

enum { SOURCE_ERROR_SIZE = 512 };

/* A pcap or pcapng file; "-" is standard input. `secrets` gets the secrets of TLS sessions in it. NULL with a sentence
 * in `error` if it cannot be read. */
packet_source *packet_source_open_file(const char *path, const secrets_sink *secrets, char error[SOURCE_ERROR_SIZE]);

/* An interface, e.g. "lo" or "any". `filter` is one of pcap-filter(7). */
packet_source *packet_source_open_live(const char *interface, const char *filter, char error[SOURCE_ERROR_SIZE]);

/* NULL is accepted. */
void packet_source_close(packet_source *s);

link_type packet_source_link(const packet_source *s);

typedef enum packet_source_event {
    SOURCE_PACKET,
    SOURCE_NOTHING_YET, /* live: no packet in a tenth of a second */
    SOURCE_END,         /* of the file */
    SOURCE_FAILED       /* see packet_source_error() */
} packet_source_event;

/* The next packet, valid until the next call. */
packet_source_event packet_source_next(packet_source *s, packet *out);

/* A sentence about the last failure. */
const char *packet_source_error(const packet_source *s);

/* Whether packet_source_next() would block: a good time to flush output. */
bool packet_source_would_wait(packet_source *s);

/* The size of a file, 0 for other sources; and how much of it was read. */
uint64_t packet_source_size(const packet_source *s);
uint64_t packet_source_position(packet_source *s);

/* Packets that the system dropped because this program was too slow; 0 for files. */
unsigned long packet_source_dropped(packet_source *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PCAP_OPTIONS_H
#define TOOLS_PCAP_OPTIONS_H

/* The arguments of `pcap`. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../command/verb.h"
#include "filter.h"
#include "traffic.h"

typedef struct pcap_options {
    const char *file; /* one of the two is NULL */
    const char *interface;
    bool json;
    bool bodies;
    bool raw_records; /* in bodies, as base64 */
    bool stats;
    bool explain;
    bool hex;
    bool html;
    bool full;               /* explanations with every byte */
    bool colour;             /* explanations */
    const char *tls_key_log; /* NULL: none */
    filter filter;
    broker_ports ports;
    uint64_t count;
    uint64_t details; /* requests with all their content on a page */
    size_t max_memory;
} pcap_options;

/* Returns CONTINUE, or the exit status if nothing is left to do. */
int pcap_options_read(const verb *v, int count, char **words, pcap_options *out);

#endif

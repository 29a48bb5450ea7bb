/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TRAFFIC_H
#define TOOLS_TRAFFIC_H

/* Turns packets of all connections into exchanges. */

#include <stdbool.h>
#include <stdint.h>

#include "../capture/connections.h"
#include "../capture/fragments.h"
#include "../capture/link.h"
#include "conversation.h"

enum { MAX_PORTS = 16 };

/* The TCP ports of brokers. */
typedef struct broker_ports {
    uint16_t ports[MAX_PORTS];
    int count;
    bool only; /* other connections are ignored; else those that start like Kafka count too */
} broker_ports;

typedef struct traffic {
    budget memory;
    broker_ports ports;
    link_type link;
    fragments fragments;
    connections connections;
    conversation_context conversations;
    uint64_t packets;
} traffic;

/* `max_memory` limits the data that waits for later packets. */
void traffic_init(traffic *t, link_type link, const broker_ports *ports, size_t max_memory, const exchange_sink *sink);

/* Decrypts TLS with these secrets, which must outlive the traffic. */
void traffic_decrypt(traffic *t, key_log *keys);

void traffic_packet(traffic *t, const packet *p);

/* The capture has ended: delivers waiting data, and frees everything but the counts. */
void traffic_finish(traffic *t);

#endif

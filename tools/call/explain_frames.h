/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXPLAIN_FRAMES_H
#define TOOLS_EXPLAIN_FRAMES_H

/* --explain: prints the frames of a request and its answer byte by byte. A NULL explainer does nothing. */

#include "../client/client.h"
#include "../explain/explain.h"

/* Bytes that are sent as a request. */
void explain_bytes(explainer *e, const uint8_t *data, size_t size);

/* The frame that was sent last. */
void explain_sent(explainer *e, const client *c);

/* What was received since: the whole frame, or the part that arrived before receiving failed. */
void explain_received(explainer *e, const client *c);

#endif

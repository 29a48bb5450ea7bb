/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXPLAIN_FRAMES_H
#define TOOLS_EXPLAIN_FRAMES_H

/* --explain: the two frames of a request and its answer, byte by byte on standard output. A NULL explainer does
 * nothing. */

#include "../client/client.h"
#include "../explain/explain.h"

/* The frame that was sent last. */
void explain_sent(explainer *e, const client *c);

/* What came since: the whole frame, or what was there when receiving failed. */
void explain_received(explainer *e, const client *c);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FRAME_H
#define TOOLS_FRAME_H

/* Requests and responses in an Envelope. */

#include "explainer.h"

/* Header and body from `at` to `end` of the region. */
void explain_inner_request(explainer *e, size_t at, size_t end);

/* The same for the response in an Envelope; frame_knows_envelope() says whether its request was explained. */
void explain_inner_response(explainer *e, size_t at, size_t end);
bool frame_knows_envelope(const explainer *e);

#endif

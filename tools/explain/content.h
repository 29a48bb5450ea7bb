/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CONTENT_H
#define TOOLS_CONTENT_H

/* Byte fields of messages whose content the protocol describes. */

#include <kwire/walk.h>

#include "explainer.h"

typedef enum content_kind {
    CONTENT_NONE, /* application data */
    CONTENT_BATCHES,
    CONTENT_SUBSCRIPTION, /* of the consumer protocol, like the */
    CONTENT_ASSIGNMENT,
    CONTENT_REQUEST, /* header and body */
    CONTENT_RESPONSE,
    CONTENT_PRINCIPAL
} content_kind;

typedef struct content {
    content_kind kind;
    kw_string topic; /* of batches; null if it is not known */
} content;

/* The content of a field of bytes or records that is not null. */
content content_of(explainer *e, const kw_message *m, const kw_step *step, kw_bytes bytes);

/* Explains it, from `at` to `end` of the region, below the path that was shown last and deeper than `depth`. */
void content_explain(explainer *e, const content *c, unsigned depth, size_t at, size_t end);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MESSAGE_SET_H
#define TOOLS_MESSAGE_SET_H

/* Messages of magic 0 and 1, compressed or not. */

#include "batch_fields.h"

/* Explains a complete message that starts at `at` of the region. */
void explain_message_of_set(explainer *e, const kw_batch *b, int number, kw_string topic, size_t at);

/* The fields before key and value. False if they are not complete. */
bool explain_message_header(batch_header *h, uint8_t magic);

#endif

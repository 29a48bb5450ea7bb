/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REFERENCE_EXAMPLE_H
#define TOOLS_REFERENCE_EXAMPLE_H

/* Examples of messages: every field of a version has a plausible value, arrays have one element. */

#include <kwire/message.h>
#include <kwire/writer.h>

/* Whether the example is a frame, with its size and header: requests and responses, but not those with a former name,
 * which the bytes of a frame do not tell. */
bool example_is_frame(const kw_message *m);

/* Appends an example of the message: a frame, or its bytes alone. Every message has one in each of its versions: a
 * failure ends the program. */
void example_write(const kw_message *m, int16_t version, kw_writer *out);

#endif

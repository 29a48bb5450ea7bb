/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PLAUSIBLE_H
#define TOOLS_PLAUSIBLE_H

/* Whether bytes are the start of a frame, judged by the bytes alone: size, API key, version, client id or correlation
 * id must be plausible, and the available part of the body must decode. */

#include <kwire/arena.h>
#include <kwire/pairing.h>

#include "framer.h"

/* Whether a request that this library knows starts at `data`, its size field first. `at_edge`: these are the first
 * bytes of a segment; there, bytes may be left over behind the fields of the body, which Kafka accepts. The arena is
 * reset. */
verdict request_begins(const uint8_t *data, size_t size, bool at_edge, kw_arena *arena);

/* The same for a frame that may lack its end. */
bool request_is_plausible(const frame *f, kw_arena *arena);

/* Whether the response to this request, whose correlation id is in bytes 4 to 7 of `data`, starts at `data`. `at_edge`
 * as above. */
verdict response_begins(const uint8_t *data, size_t size, bool at_edge, const kw_in_flight *request, kw_arena *arena);

/* Whether a header that was read may belong to a Kafka newer than this library. */
bool request_may_be_newer(const kw_request *request);

#endif

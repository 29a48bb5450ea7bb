/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PLAUSIBLE_H
#define TOOLS_PLAUSIBLE_H

/* Whether bytes are the beginning of a frame, where nothing but the bytes themselves can tell: size, API key, version,
 * client id or correlation id must make sense, and the body must decode, as far as it is there. */

#include <kwire/arena.h>
#include <kwire/pairing.h>

#include "framer.h"

/* Whether a request that this library knows begins at `data`, its size field first. The arena is reset. */
verdict request_begins(const uint8_t *data, size_t size, kw_arena *arena);

/* The same for a frame, of which nothing but its end can be missing. */
bool request_is_plausible(const frame *f, kw_arena *arena);

/* Whether the response to this request, whose correlation id follows the first 4 of at least 8 bytes, begins at `data`.
 * `at_edge`: these are the first bytes of a segment. */
verdict response_begins(const uint8_t *data, size_t size, bool at_edge, const kw_in_flight *request, kw_arena *arena);

/* Whether a header that was read can be that of a request to a Kafka newer than this library. */
bool request_may_be_newer(const kw_request *request);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_CANONICAL_H
#define FUZZ_CANONICAL_H

#include <kwire/message.h>

/* True if the bytes, from which the message decodes without an error in strict mode, are those that encoding must
 * give: no varint longer than necessary, true is 1, null is -1, a nullable struct that is present is marked by 1,
 * and no tagged field holds its default. Judged from the steps of dissection alone. */
bool is_canonical(const kw_message *m, int16_t version, const uint8_t *body, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BYTES_H
#define TOOLS_BYTES_H

/* Arbitrary bytes, which may be text; null if `len` is negative. */

#include "emit.h"

/* A JSON string if they are UTF-8, else {"base64":"..."}. */
void json_bytes(emitter *e, const uint8_t *data, int32_t len);

/* Text in quotes if they are UTF-8, else 0x and hex digits. */
void text_bytes(emitter *e, const uint8_t *data, int32_t len);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include "utf8.h"

void json_bytes(emitter *e, const uint8_t *data, int32_t len)
{
    size_t size = len > 0 ? (size_t)len : 0;
    if (len < 0) {
        EMIT_LITERAL(e, "null");
    } else if (utf8_valid(data, size)) {
        emit_quoted(e, data, size);
    } else {
        EMIT_LITERAL(e, "{\"base64\":\"");
        emit_base64(e, data, size);
        EMIT_LITERAL(e, "\"}");
    }
}

void text_bytes(emitter *e, const uint8_t *data, int32_t len)
{
    size_t size = len > 0 ? (size_t)len : 0;
    if (len < 0) {
        EMIT_LITERAL(e, "null");
    } else if (utf8_valid(data, size)) {
        emit_quoted(e, data, size);
    } else {
        EMIT_LITERAL(e, "0x");
        emit_hex(e, data, size);
    }
}

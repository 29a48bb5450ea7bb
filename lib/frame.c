/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/frame.h>

#include <kwire/endian.h>

#include "writer_back.h"

#define PREFIX ((size_t)4)
#define SMALLEST_HEADER 4 /* of a response: the correlation id */

/* A TLS record starts with its content type (20 to 24) and version 3.0 to 3.4; the hello of SSL 2 with a length
 * whose top bit is set, message type 1 and the version that the client requests. */
static bool looks_like_tls(const uint8_t *p)
{
    bool record = p[0] >= 20 && p[0] <= 24 && p[1] == 3 && p[2] <= 4;
    bool old_hello = p[0] >= 0x80 && p[2] == 1 && p[3] == 3;
    return record || old_hello;
}

static bool looks_like_http(const uint8_t *p)
{
    static const char starts[][5] = {"GET ", "POST", "PUT ", "HEAD", "DELE", "OPTI",
                                     "CONN", "TRAC", "PATC", "PRI ", "HTTP"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
        if (memcmp(p, starts[i], 4) == 0)
            return true;
    return false;
}

static bool next(const uint8_t *data, size_t size, uint32_t min_size, size_t max_size, kw_frame *out)
{
    out->payload.data = NULL;
    out->payload.len = 0;
    out->consumed = 0;
    out->needed = PREFIX;
    out->status = KW_OK;
    if (size < PREFIX)
        return false;

    uint32_t payload = kw_load_be32(data);
    if (payload > INT32_MAX || payload < min_size || payload > max_size) {
        out->status = KW_ERR_FRAME_SIZE;
        out->needed = 0;
        return false;
    }
    bool complete = size - PREFIX >= payload;
    out->payload.data = data + PREFIX;
    out->payload.len = (int32_t)(complete ? payload : size - PREFIX);
    out->needed = PREFIX + payload;
    out->consumed = complete ? out->needed : 0;
    return complete;
}

bool kw_frame_next(const void *data, size_t size, size_t max_size, kw_frame *out)
{
    bool complete = next(data, size, SMALLEST_HEADER, max_size, out);
    if (out->status != KW_OK) {
        if (looks_like_tls(data))
            out->status = KW_ERR_FRAME_TLS;
        else if (looks_like_http(data))
            out->status = KW_ERR_FRAME_HTTP;
    }
    return complete;
}

bool kw_frame_next_token(const void *data, size_t size, size_t max_size, kw_frame *out)
{
    return next(data, size, 0, max_size, out);
}

kw_status kw_frame_end(kw_writer *w, kw_frame_mark mark)
{
    if (!kw_writer_ok(w))
        return w->status;
    size_t payload = kw_frame_size(w, mark) - PREFIX;
    if (payload > INT32_MAX)
        return kw_writer_fail(w, KW_ERR_FRAME_SIZE);
    if (kwi_writer_size(w) > mark.at)
        kw_store_be32(w->buf + mark.at, (uint32_t)payload);
    return KW_OK;
}

void kw_frame_cancel(kw_writer *w, kw_frame_mark mark)
{
    if (mark.status != KW_OK)
        return;
    kwi_writer_back(w, mark.at, mark.before - mark.at);
    w->gathered_len = mark.gathered;
}

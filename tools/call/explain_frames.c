/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/endian.h>

#include "explain_frames.h"

/* Whether it is shorter than its size field says. */
static bool is_cut(const uint8_t *data, size_t size)
{
    return size < 4 || size - 4 < kw_load_be32(data);
}

void explain_bytes(explainer *e, const uint8_t *data, size_t size)
{
    if (e == NULL)
        return;
    explain_request(e, &(explain_input){.data = data, .size = size, .has_size = true, .cut = is_cut(data, size)});
    output_flush();
}

void explain_sent(explainer *e, const client *c)
{
    if (e == NULL)
        return;
    kw_span frame = kw_writer_data(&c->out);
    explain_bytes(e, frame.data, frame.size);
}

void explain_received(explainer *e, const client *c)
{
    if (e == NULL || c->in_size == 0)
        return;
    const uint8_t *data = (const uint8_t *)c->in.data;
    const explain_input in = {.data = data, .size = c->in_size, .has_size = true, .cut = is_cut(data, c->in_size)};
    explain_response(e, &in, c->api_key, c->api_version);
    output_flush();
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "asked.h"

#include <stdlib.h>
#include <string.h>

#include "../command/output.h"

asked *asked_create(const kw_request *request, const frame *f, bool keep, budget *memory)
{
    size_t id = request->client_id.len > 0 ? (size_t)request->client_id.len : 0;
    size_t size = sizeof(asked) + id + (keep ? FRAME_PREFIX : 0);
    if (!budget_take(memory, size))
        return NULL;
    size_t kept = 0;
    if (keep) {
        size_t most = budget_left_for_bulk(memory);
        kept = f->captured < most ? f->captured : most;
        (void)budget_take(memory, kept);
        size += kept;
    }
    asked *a = malloc(size);
    if (a == NULL)
        die("out of memory: %zu bytes were asked for", size);
    memset(a, 0, sizeof *a);
    a->size = size;
    a->header = *request;
    a->header.unknown_tags = NULL;
    a->header.body = (kw_bytes){NULL, 0};
    if (id != 0)
        memcpy(a->bytes, request->client_id.data, id);
    a->header.client_id.data = (const char *)a->bytes;
    a->frame = (frame){NULL, f->captured, f->size, f->time};
    if (keep) {
        a->frame.data = a->bytes + id + FRAME_PREFIX;
        a->frame.captured = kept;
        memcpy(a->bytes + id, f->data - FRAME_PREFIX, FRAME_PREFIX + kept);
    }
    return a;
}

void asked_destroy(asked *a, budget *memory)
{
    budget_give(memory, a->size);
    free(a);
}

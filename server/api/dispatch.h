/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_DISPATCH_H
#define SERVER_API_DISPATCH_H

/* From a frame to the function that answers it, and back to a frame. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/arena.h>
#include <kwire/message.h>
#include <kwire/view.h>

#include "../network/responses.h"
#include "broker.h"
#include "handlers.h"

/* An API that is served. What is advertised is this. */
struct api {
    int16_t key;
    kw_versions versions;
    const kw_message *request;
    const kw_message *response;
    kw_status (*handle)(const struct call *call, const void *request, void *response);
};

/* Why a frame was not answered, as text for the log. */
struct fault {
    char text[512];
};

/* All APIs that are served, by key. */
const struct api *served_apis(size_t *count);

/* Appends the answer to one request. False if there is none, because the frame is bad; `out` then has what it had
 * before, or has sent it. `endpoint` is where the client reaches the broker. */
bool dispatch(struct broker *broker, const struct endpoint *endpoint, kw_bytes frame, kw_arena *arena,
              struct responses *out, struct fault *fault);

#endif

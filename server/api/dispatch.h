/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_DISPATCH_H
#define SERVER_API_DISPATCH_H

/* From a frame to the function that answers it. */

#include <stddef.h>

#include <kwire/message.h>

#include "call.h"

/* An API that is served. What is advertised is this. */
struct api {
    int16_t key;
    kw_versions versions;
    const kw_message *request;
    const kw_message *response;
    call_function *handle;
};

/* All APIs that are served, by key. */
const struct api *served_apis(size_t *count);

/* NULL: it is not served. */
const struct api *served_api(int16_t key);

/* What the network hands its frames to. The broker stays the caller's. */
struct service dispatch_service(struct broker *broker);

#endif

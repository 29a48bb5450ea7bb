/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REQUEST_H
#define TOOLS_REQUEST_H

/* The request that the arguments of `call` describe. */

#include <jansson.h>

#include <kwire/message.h>

#include "../command/buffer.h"
#include "../command/report.h"

typedef struct request {
    const kw_message *message;
    void *value; /* the message's struct, in the arena */
    kw_arena arena;
    json_t *json; /* of request_read() */
    buffer text;
} request;

/* Before request_take(); request_finish() must be called after it. */
void request_init(request *q, int16_t api_key, size_t max_memory);

/* Sets the value from JSON, which must outlive the request. Missing fields as below. */
bool request_take(request *q, json_t *json, report *r);

/* `json` is the text, "-" for standard input, "@FILE" for a file, or NULL for {}. Missing fields take Kafka's defaults,
 * except that an ApiVersions request names kwire as software. This does not depend on the version, which is not known
 * yet. request_finish() must be called in either case. */
bool request_read(request *q, int16_t api_key, const char *json, size_t max_memory, report *r);
void request_finish(request *q);

/* Whether this version of the message can carry the value. */
bool request_fits(const request *q, int16_t version, report *r);

#endif

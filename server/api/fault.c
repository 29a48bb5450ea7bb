/* SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <stdio.h>

#include <kwire/api.h>
#include <kwire/walk.h>

enum { SIZE_FIELD = 4, FIELD_PATH_SIZE = 160 };

void fault_describe(struct exchange *exchange, int16_t api_key, int16_t version, int32_t correlation_id,
                    const char *problem)
{
    const kw_api *known = kw_api_find(api_key);
    char key[24] = "";
    if (known == NULL)
        (void)snprintf(key, sizeof key, "api key %d", api_key);
    (void)snprintf(exchange->fault, EXCHANGE_FAULT_SIZE, "%s v%d, correlation id %ld: %s",
                   known != NULL ? known->name : key, version, (long)correlation_id, problem);
}

void fault_in_header(struct exchange *exchange, const kw_request *request, kw_status status)
{
    char problem[128];
    (void)snprintf(problem, sizeof problem, "request header: %s, at byte %zu of the frame", kw_status_text(status),
                   request->error_at + SIZE_FIELD);
    fault_describe(exchange, request->api_key, request->api_version, request->correlation_id, problem);
}

void fault_in_body(struct exchange *exchange, const kw_request *request, const kw_message *message, kw_bytes frame,
                   const kw_reader *in)
{
    char path[FIELD_PATH_SIZE] = "", problem[320];
    size_t body_at = (size_t)(request->body.data - frame.data) + SIZE_FIELD;
    kw_arena_reset(exchange->arena);
    (void)kw_decode_error_path(message, request->api_version, request->body.data, (size_t)request->body.len, 0,
                               exchange->arena, path, sizeof path);
    (void)snprintf(problem, sizeof problem, "%s, at byte %zu of the frame%s%s", kw_status_text(in->status),
                   in->error_at + body_at, path[0] != '\0' ? ", field " : "", path);
    fault_describe(exchange, request->api_key, request->api_version, request->correlation_id, problem);
}

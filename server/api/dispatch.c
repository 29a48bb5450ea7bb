/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch.h"

#include <stdio.h>

#include <kwire/api.h>
#include <kwire/api_keys.h>
#include <kwire/frame.h>
#include <kwire/walk.h>

enum { SIZE_FIELD = 4, FIELD_PATH_SIZE = 160 };

/* KEY, the name in C, first and last version; ascending by key. */
#define SERVED(X)                               \
    X(PRODUCE, produce, 0, 13)                  \
    X(FETCH, fetch, 0, 18)                      \
    X(LIST_OFFSETS, list_offsets, 0, 11)        \
    X(METADATA, metadata, 0, 13)                \
    X(API_VERSIONS, api_versions, 0, 4)         \
    X(DESCRIBE_CLUSTER, describe_cluster, 0, 2) \
    X(DESCRIBE_TOPIC_PARTITIONS, describe_topic_partitions, 0, 0)

/* The handlers take their own types, the table has one; these stand between. */
#define ADAPTER(KEY, name, first, last)                                                        \
    static kw_status call_##name(const struct call *call, const void *request, void *response) \
    {                                                                                          \
        return handle_##name(call, request, response);                                         \
    }
SERVED(ADAPTER)
#undef ADAPTER

#define ROW(KEY, name, first, last) \
    {KW_KEY_##KEY, {first, last}, &kw_##name##_request_message, &kw_##name##_response_message, call_##name},
static const struct api apis[] = {SERVED(ROW)};
#undef ROW
#undef SERVED

const struct api *served_apis(size_t *count)
{
    *count = sizeof apis / sizeof apis[0];
    return apis;
}

static const struct api *find_api(int16_t key)
{
    for (size_t i = 0; i < sizeof apis / sizeof apis[0]; i++)
        if (apis[i].key == key)
            return &apis[i];
    return NULL;
}

/* "Metadata v12, correlation id 7: " and what follows. */
static void begin_fault(struct fault *fault, const kw_request *request, const char *problem)
{
    const kw_api *known = kw_api_find(request->api_key);
    char key[24] = "";
    if (known == NULL)
        (void)snprintf(key, sizeof key, "api key %d", request->api_key);
    (void)snprintf(fault->text, sizeof fault->text, "%s v%d, correlation id %ld: %s", known != NULL ? known->name : key,
                   request->api_version, (long)request->correlation_id, problem);
}

static void fault_in_header(struct fault *fault, const kw_request *request, kw_status status)
{
    char problem[128];
    (void)snprintf(problem, sizeof problem, "request header: %s, at byte %zu of the frame", kw_status_text(status),
                   request->error_at + SIZE_FIELD);
    begin_fault(fault, request, problem);
}

static void fault_in_body(struct fault *fault, const kw_request *request, const struct api *api, kw_bytes frame,
                          const kw_reader *in, kw_arena *arena)
{
    char path[FIELD_PATH_SIZE] = "", problem[320];
    size_t body_at = (size_t)(request->body.data - frame.data) + SIZE_FIELD;
    kw_arena_reset(arena);
    (void)kw_decode_error_path(api->request, request->api_version, request->body.data, (size_t)request->body.len, 0,
                               arena, path, sizeof path);
    (void)snprintf(problem, sizeof problem, "%s, at byte %zu of the frame%s%s", kw_status_text(in->status),
                   in->error_at + body_at, path[0] != '\0' ? ", field " : "", path);
    begin_fault(fault, request, problem);
}

static void fault_in_version(struct fault *fault, const kw_request *request, const struct api *api)
{
    char problem[64];
    (void)snprintf(problem, sizeof problem, "only versions %d to %d are served", api->versions.first,
                   api->versions.last);
    begin_fault(fault, request, problem);
}

static kw_status encode(const struct api *api, int16_t version, int32_t correlation_id, const void *response,
                        kw_writer *out)
{
    kw_frame_mark mark = kw_response_begin(out, api->key, version, correlation_id);
    kw_status status = kw_message_encode(api->response, version, response, out);
    if (status == KW_OK)
        status = kw_frame_end(out, mark);
    if (status != KW_OK)
        kw_frame_cancel(out, mark);
    return status;
}

/* Clients that are newer than this broker ask so; every one of them can read version 0. The body is of no known form,
 * so it is not looked at. */
static kw_status answer_unserved_version(const struct call *call, const struct api *api, const kw_request *request)
{
    kw_api_versions_response response;
    kw_api_versions_response_init(&response);
    kw_status status = refuse_api_versions(call, &response);
    return status != KW_OK ? status : encode(api, 0, request->correlation_id, &response, &call->answers->writer);
}

static kw_status answer(struct call *call, const struct api *api, const kw_request *request, const void *body)
{
    void *response = kw_arena_alloc(call->arena, api->response->type->size);
    if (response == NULL)
        return kw_arena_status(call->arena);
    kw_message_init(api->response, response);
    call->image = metadata_image_acquire(&call->broker->metadata);
    kw_status status = api->handle(call, body, response);
    if (status == KW_OK)
        status = encode(api, call->version, request->correlation_id, response, &call->answers->writer);
    responses_end_one(call->answers);
    metadata_image_release(call->image);
    call->image = NULL;
    return status;
}

/* Produce with acks 0. What cannot be done without an answer ends the connection instead, so that the client learns of
 * it. */
static bool expects_no_answer(const kw_request *request)
{
    bool answered = true;
    return kw_request_is_answered(request, &answered) == KW_OK && !answered;
}

static bool is_cut(kw_status status)
{
    return status == KW_ERR_TRUNCATED || status == KW_ERR_LENGTH || status == KW_ERR_COUNT;
}

/* Bytes after the body are not looked at: clients send some, and Kafka does not mind. */
static bool serve(struct call *call, const struct api *api, const kw_request *request, kw_bytes frame,
                  struct fault *fault)
{
    kw_reader in;
    void *body = NULL;
    kw_reader_init_bytes(&in, request->body);
    kw_status status = kw_message_decode(api->request, request->api_version, &in, call->arena, &body);
    call->cut_short = api->key == KW_KEY_API_VERSIONS && is_cut(status) && body != NULL;
    if (status != KW_OK && !call->cut_short) {
        fault_in_body(fault, request, api, frame, &in, call->arena);
        return false;
    }
    if (expects_no_answer(request)) {
        begin_fault(fault, request, "refused, though no answer is expected");
        return false;
    }
    status = answer(call, api, request, body);
    if (status != KW_OK)
        begin_fault(fault, request, kw_status_text(status));
    return status == KW_OK;
}

bool dispatch(struct broker *broker, const struct endpoint *endpoint, kw_bytes frame, kw_arena *arena,
              struct responses *out, struct fault *fault)
{
    kw_request request;
    kw_arena_reset(arena);
    kw_status status = kw_request_decode_header(&request, frame, arena);
    if (status != KW_OK) {
        fault_in_header(fault, &request, status);
        return false;
    }
    const struct api *api = find_api(request.api_key);
    if (api == NULL) {
        begin_fault(fault, &request, request.kind == KW_FRAME_UNKNOWN_API ? "no such API" : "this API is not served");
        return false;
    }
    struct call call = {
        .broker = broker, .endpoint = endpoint, .arena = arena, .answers = out, .version = request.api_version};
    if (kw_versions_have(api->versions, request.api_version))
        return serve(&call, api, &request, frame, fault);
    if (request.api_key != KW_KEY_API_VERSIONS) {
        fault_in_version(fault, &request, api);
        return false;
    }
    status = answer_unserved_version(&call, api, &request);
    if (status != KW_OK)
        begin_fault(fault, &request, kw_status_text(status));
    return status == KW_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <kwire/api_keys.h>

#include "../client/trouble.h"
#include "../client/versions.h"
#include "../command/input.h"
#include "../command/message.h"
#include "../json/from_json.h"
#include "../json/parse.h"
#include "request.h"

/* Brokers refuse a client without a software name. */
static void name_software(const request *q, const json_t *json)
{
    kw_api_versions_request *value = q->value;
    kw_api_versions_request named;
    versions_name_software(&named);
    if (json_object_get(json, "clientSoftwareName") == NULL)
        value->client_software_name = named.client_software_name;
    if (json_object_get(json, "clientSoftwareVersion") == NULL)
        value->client_software_version = named.client_software_version;
}

void request_init(request *q, int16_t api_key, size_t max_memory)
{
    memset(q, 0, sizeof *q);
    q->message = kw_message_find(api_key, KW_MESSAGE_REQUEST);
    kw_arena_init_growing(&q->arena, NULL, 0, kw_allocator_libc(), max_memory);
}

bool request_take(request *q, json_t *json, report *r)
{
    const int16_t any = q->message->versions.last;
    if (!message_from_json(q->message, any, json, JSON_MISSING_DEFAULT, &q->arena, &q->value, r))
        return false;
    if (q->message->api_key == KW_KEY_API_VERSIONS)
        name_software(q, json);
    return true;
}

bool request_read(request *q, int16_t api_key, const char *json, size_t max_memory, report *r)
{
    request_init(q, api_key, max_memory);
    size_t size;
    const char *text = input_read_word(json != NULL ? json : "{}", max_memory, &q->text, &size);
    q->json = json_parse(text, size, r);
    return q->json != NULL && request_take(q, q->json, r);
}

void request_finish(request *q)
{
    json_decref(q->json);
    kw_arena_finish(&q->arena);
    buffer_finish(&q->text);
}

bool request_fits(const request *q, int16_t version, report *r)
{
    kw_writer count;
    kw_writer_init_counting(&count);
    return message_encode(q->message, version, q->value, &count, r) ||
           report_while(r, "%s %d", q->message->name, version);
}

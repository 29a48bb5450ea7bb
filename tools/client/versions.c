/* SPDX-License-Identifier: Apache-2.0 */
#include "versions.h"

#include <kwire/api_keys.h>
#include <kwire/error.h>
#include <kwire/version.h>

static const kw_versions none = {0, -1};

static kw_versions range_in(kw_api_versions_response_api_version_array apis, int16_t api_key)
{
    for (int32_t i = 0; i < apis.len; i++)
        if (apis.items[i].api_key == api_key)
            return (kw_versions){apis.items[i].min_version, apis.items[i].max_version};
    return none;
}

/* The version to try after one was refused: brokers since Kafka 2.4 list theirs in the refusal, older ones all have
 * version 0. */
static int16_t next_version(const kw_api_versions_response *refusal, int16_t refused)
{
    kw_versions have = range_in(refusal->api_keys, KW_KEY_API_VERSIONS);
    int16_t next = have.last < 0 ? 0 : have.last;
    return next < refused ? next : 0;
}

/* Adds the likely cause if the peer closed the connection on ApiVersions. Returns false. */
static bool explain_end(const client *c, report *r)
{
    if (client_was_left(c, r))
        report_cause(r, "it may be older than Kafka 0.10, or a TLS listener (--tls)");
    return false;
}

void versions_name_software(kw_api_versions_request *request)
{
    request->client_software_name = kw_string_of("kwire");
    request->client_software_version = kw_string_of(kw_version());
}

static bool ask(client *c, int16_t version, const kw_api_versions_request *request, broker_versions *out,
                kw_api_versions_response **answer, report *r)
{
    void *any;
    kw_arena_reset(&out->arena);
    if (!client_ask(c, KW_KEY_API_VERSIONS, version, request, &out->answer, &out->arena, &any, r))
        return explain_end(c, r);
    *answer = any;
    return true;
}

bool versions_ask(client *c, const kw_api_versions_request *request, broker_versions *out, report *r)
{
    kw_arena_init_growing(&out->arena, NULL, 0, kw_allocator_libc(), c->settings->max_memory);
    out->apis = (kw_api_versions_response_api_version_array){NULL, -1};
    kw_api_versions_response *answer;
    int16_t version = kw_api_find(KW_KEY_API_VERSIONS)->versions.last;
    for (;;) {
        if (!ask(c, version, request, out, &answer, r))
            return false;
        if (answer->error_code != KW_ERROR_UNSUPPORTED_VERSION || version == 0)
            break;
        version = next_version(answer, version);
    }
    if (answer->error_code != KW_ERROR_NONE) {
        report_refusal(r, answer->error_code, kw_string_of(NULL));
        return report_while(r, "ApiVersions %d", version);
    }
    out->apis = answer->api_keys;
    return true;
}

void versions_finish(broker_versions *v)
{
    kw_arena_finish(&v->arena);
}

kw_versions versions_of(const broker_versions *v, int16_t api_key)
{
    return range_in(v->apis, api_key);
}

bool versions_choose(const broker_versions *v, const kw_api *api, int16_t *version, report *r)
{
    const char *code = kw_error_name(KW_ERROR_UNSUPPORTED_VERSION);
    kw_versions have = v->apis.len >= 0 ? versions_of(v, api->key) : api->versions;
    if (have.first > have.last)
        return report_set(r, code, 0, "the broker does not serve %s here", api->name);
    *version = have.last < api->versions.last ? have.last : api->versions.last;
    if (*version >= have.first && *version >= api->versions.first)
        return true;
    return report_set(r, code, 0, "the broker serves %s %d to %d, kwire knows %d to %d", api->name, have.first,
                      have.last, api->versions.first, api->versions.last);
}

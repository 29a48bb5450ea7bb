/* SPDX-License-Identifier: Apache-2.0 */
#include "handlers.h"

#include <kwire/api_keys.h>
#include <kwire/error.h>

#include "../metadata/versions.h"
#include "dispatch.h"

enum { FIRST_WITH_SOFTWARE = 3, FIRST_WITH_MIN_0 = 4, NO_NODE = -1 };

typedef struct kw_api_versions_response_api_version entry;

static bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Letters, digits, '.' and '-', the first and the last a letter or a digit: what Kafka lets a client call itself. */
static bool is_software_text(kw_string text)
{
    if (text.len <= 0 || !is_letter_or_digit(text.data[0]) || !is_letter_or_digit(text.data[text.len - 1]))
        return false;
    for (int32_t i = 0; i < text.len; i++)
        if (!is_letter_or_digit(text.data[i]) && text.data[i] != '.' && text.data[i] != '-')
            return false;
    return true;
}

static void describe(const struct api *api, entry *out)
{
    kw_api_versions_response_api_version_init(out);
    out->api_key = api->key;
    out->min_version = api->versions.first;
    out->max_version = api->versions.last;
}

static bool has_valid_software(const kw_api_versions_request *request)
{
    return is_software_text(request->client_software_name) && is_software_text(request->client_software_version);
}

static bool is_this_broker(const struct identity *self, kw_string cluster_id, int32_t node_id)
{
    return node_id == self->node_id && kw_string_equal(cluster_id, kw_string_of(self->cluster_id));
}

/* KIP-1242: a client that knows which broker it wants to reach gives both ids, others give neither. Versions without
 * ids are decoded as if neither was given. */
static int16_t check_target(const struct identity *self, const kw_api_versions_request *request)
{
    bool has_cluster = request->cluster_id.len >= 0;
    bool has_node = request->node_id != NO_NODE;
    if (has_cluster != has_node)
        return KW_ERROR_INVALID_REQUEST;
    if (has_node && !is_this_broker(self, request->cluster_id, request->node_id))
        return KW_ERROR_REBOOTSTRAP_REQUIRED;
    return KW_ERROR_NONE;
}

static int16_t check(const struct call *call, const kw_api_versions_request *request)
{
    if (call->cut_short)
        return KW_ERROR_NONE;
    if (call->version >= FIRST_WITH_SOFTWARE && !has_valid_software(request))
        return KW_ERROR_INVALID_REQUEST;
    return check_target(&call->broker->identity, request);
}

/* Clients are shown a feature when they can use it. */
static bool is_served(const struct supported_feature *feature)
{
    return feature == NULL || feature->api == NO_API || served_api(feature->api) != NULL;
}

/* Clients that know version 3 only cannot read a feature whose least level is 0. */
static bool list_supported(const struct call *call, kw_api_versions_response *response)
{
    size_t count;
    const struct supported_feature *features = supported_features(&count);
    kw_api_versions_response_supported_feature_key *out = kw_arena_array(call->arena, count, sizeof *out);
    if (out == NULL)
        return false;
    response->supported_features.items = out;
    response->supported_features.len = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_served(&features[i]) || (features[i].min == 0 && call->version < FIRST_WITH_MIN_0))
            continue;
        kw_api_versions_response_supported_feature_key_init(out);
        out->name = kw_string_of(features[i].name);
        out->min_version = features[i].min;
        out->max_version = features[i].max;
        out++;
        response->supported_features.len++;
    }
    return true;
}

static void add_finalized(kw_api_versions_response *response, kw_string name, int16_t level)
{
    kw_api_versions_response_finalized_feature_key *out =
        &response->finalized_features.items[response->finalized_features.len++];
    kw_api_versions_response_finalized_feature_key_init(out);
    out->name = name;
    out->min_version_level = level;
    out->max_version_level = level;
}

/* At the last record of the image; kraft.version, which is of the log and not of the image, is shown if it is not 0. */
static bool list_finalized(const struct call *call, kw_api_versions_response *response)
{
    const struct metadata_parts *parts = &call->image->parts;
    response->finalized_features.len = 0;
    response->finalized_features.items =
        kw_arena_array(call->arena, parts->feature_count + 1, sizeof *response->finalized_features.items);
    if (response->finalized_features.items == NULL)
        return false;
    for (size_t i = 0; i < parts->feature_count; i++)
        if (is_served(supported_feature(parts->features[i].name)))
            add_finalized(response, parts->features[i].name, parts->features[i].level);
    int16_t kraft_version = atomic_load(&call->broker->kraft_version);
    if (kraft_version > 0)
        add_finalized(response, kw_string_of("kraft.version"), kraft_version);
    response->finalized_features_epoch = parts->offset - 1;
    return true;
}

static bool list_apis(const struct call *call, kw_api_versions_response *response)
{
    size_t count;
    const struct api *apis = served_apis(&count);
    entry *entries = kw_arena_array(call->arena, count, sizeof *entries);
    if (entries == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        describe(&apis[i], &entries[i]);
    response->api_keys.items = entries;
    response->api_keys.len = (int32_t)count;
    return true;
}

enum call_outcome handle_api_versions(struct call *call, const kw_api_versions_request *request,
                                      kw_api_versions_response *response)
{
    response->error_code = check(call, request);
    if (response->error_code != KW_ERROR_NONE)
        return CALL_ANSWERED;
    return list_apis(call, response) && list_supported(call, response) && list_finalized(call, response) ? CALL_ANSWERED
                                                                                                         : CALL_FAILED;
}

enum call_outcome refuse_api_versions(struct call *call)
{
    kw_api_versions_response *response = call->response;
    entry *only = kw_arena_alloc(call->arena, sizeof *only);
    if (only == NULL)
        return CALL_FAILED;
    describe(served_api(KW_KEY_API_VERSIONS), only);
    response->error_code = KW_ERROR_UNSUPPORTED_VERSION;
    response->api_keys.items = only;
    response->api_keys.len = 1;
    return CALL_ANSWERED;
}

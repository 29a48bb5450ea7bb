/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

const kw_api *kw_api_find(int16_t key)
{
    size_t low = 0;
    size_t high = kwi_api_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const kw_api *api = &kwi_apis[middle];
        if (api->key == key)
            return api;
        if (key < api->key)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

size_t kw_api_count(void)
{
    return kwi_api_count;
}

const kw_api *kw_api_at(size_t index)
{
    return index < kwi_api_count ? &kwi_apis[index] : NULL;
}

int16_t kw_header_version(int16_t api_key, int16_t version, kw_message_kind type)
{
    const kw_api *api = kw_api_find(api_key);
    if (api == NULL || (type != KW_MESSAGE_REQUEST && type != KW_MESSAGE_RESPONSE))
        return -1;
    for (uint32_t i = 0; i < api->header_count; i++)
        if (kw_versions_have(api->headers[i].versions, version))
            return type == KW_MESSAGE_REQUEST ? api->headers[i].request : api->headers[i].response;
    return -1;
}

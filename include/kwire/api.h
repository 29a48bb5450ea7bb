/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_API_H
#define KWIRE_API_H

/* Facts about each API that need no messages: name, versions, header versions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/message.h>

/* Consecutive versions with the same header versions. */
typedef struct kw_header_run {
    kw_versions versions;
    int16_t request;  /* version of the RequestHeader */
    int16_t response; /* version of the ResponseHeader */
} kw_header_run;

/* One API of the protocol. All of it is in static storage. */
typedef struct kw_api {
    const char *name; /* Kafka's name, e.g. "Metadata" */
    int16_t key;
    kw_versions versions; /* all versions of all releases */
    kw_versions current;  /* versions of Kafka KW_KAFKA_RELEASE; none if it dropped the API */
    const kw_header_run *headers;
    uint32_t header_count;
} kw_api;

KW_BEGIN_DECLS

/* NULL if the key is not known. Static storage. */
KW_API const kw_api *kw_api_find(int16_t key);

/* All APIs, sorted by key. */
KW_API size_t kw_api_count(void);
KW_API const kw_api *kw_api_at(size_t index);

/* Version of the header before a request or response (KW_MESSAGE_REQUEST, KW_MESSAGE_RESPONSE) of this API and version;
 * -1 if the API or the version is not known. */
KW_API int16_t kw_header_version(int16_t api_key, int16_t version, kw_message_kind type);

KW_END_DECLS
#endif

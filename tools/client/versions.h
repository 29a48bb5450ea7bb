/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_VERSIONS_H
#define TOOLS_VERSIONS_H

/* The API versions that a broker serves, and the choice of one. */

#include <kwire/api.h>
#include <kwire/messages/api_versions_request.h>
#include <kwire/messages/api_versions_response.h>

#include "client.h"

typedef struct broker_versions {
    kw_api_versions_response_api_version_array apis; /* in the arena; null: not known */
    kw_response answer;                              /* the response with them; a view of client.in */
    kw_arena arena;
} broker_versions;

/* Sets the client's software name and version, which brokers require. */
void versions_name_software(kw_api_versions_request *request);

/* Requests them as Kafka's clients do: with the newest version of ApiVersions that kwire knows and, if the broker does
 * not have it, with the newest that both have. versions_finish() must be called in either case. */
bool versions_ask(client *c, const kw_api_versions_request *request, broker_versions *out, report *r);
void versions_finish(broker_versions *v);

/* The versions that the broker serves; none, with first > last, if it does not serve the API. */
kw_versions versions_of(const broker_versions *v, int16_t api_key);

/* The newest version that both have; kwire's newest if the broker's are not known. The report is UNSUPPORTED_VERSION if
 * there is none. */
bool versions_choose(const broker_versions *v, const kw_api *api, int16_t *version, report *r);

#endif

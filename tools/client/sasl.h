/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SASL_H
#define TOOLS_SASL_H

/* Login with SaslHandshake and SaslAuthenticate, as in Kafka since 1.0. */

#include "client.h"
#include "versions.h"

typedef enum sasl_mechanism {
    SASL_NONE,
    SASL_PLAIN,
    SASL_SCRAM_SHA_256,
    SASL_SCRAM_SHA_512,
    SASL_OAUTHBEARER
} sasl_mechanism;

typedef struct sasl_settings {
    sasl_mechanism mechanism;
    const char *user;       /* neither empty nor NULL, except for SASL_NONE; of SASL_OAUTHBEARER may be NULL */
    const char *password;   /* neither empty nor NULL, except for SASL_NONE and SASL_OAUTHBEARER */
    const char *token;      /* of SASL_OAUTHBEARER, as bearer_is_token() accepts it */
    const char *extensions; /* of SASL_OAUTHBEARER, as bearer_write_first() takes them */
} sasl_settings;

/* By Kafka's name, "SCRAM-SHA-256". False if there is no such mechanism. */
bool sasl_find(const char *name, sasl_mechanism *out);

#define SASL_MECHANISMS "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER"

/* Logs in, if there is a mechanism. */
bool sasl_login(client *c, const broker_versions *versions, const sasl_settings *settings, report *r);

#endif

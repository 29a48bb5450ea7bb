/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SASL_TOKEN_H
#define TOOLS_SASL_TOKEN_H

/* Tokens of SASL mechanisms, which do not say of which they are. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/view.h>

typedef struct sasl_token {
    const char *what;   /* mechanism and message, e.g. "PLAIN"; static storage */
    kw_string user;     /* whom it is about; null if it does not say. A view of the token */
    size_t secret_at;   /* what of it is secret: from here, */
    size_t secret_size; /* as many bytes; 0: nothing */
} sasl_token;

/* Of what a client sends that is not recognised, all is secret. */
sasl_token sasl_token_read(kw_bytes token, bool from_client);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SASL_TOKEN_H
#define TOOLS_SASL_TOKEN_H

/* Recognises SASL tokens, which do not name their mechanism. */

#include <stdbool.h>
#include <stddef.h>

#include <kwire/view.h>

typedef struct sasl_token {
    const char *what;   /* mechanism and message, e.g. "PLAIN"; static storage */
    kw_string user;     /* null if it has none. A view of the token */
    size_t secret_at;   /* its secret bytes: from here, */
    size_t secret_size; /* this many; 0: none */
} sasl_token;

/* A client's token that is not recognised is all secret. */
sasl_token sasl_token_read(kw_bytes token, bool from_client);

#endif

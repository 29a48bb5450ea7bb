/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SECRET_H
#define TOOLS_SECRET_H

/* What nobody is to read over a shoulder or find in a log: passwords, keys, tokens. */

#include <kwire/walk.h>

#include "explainer.h"

/* Whether fields of the message may be secret: what cannot be explained of it is masked then. */
bool secret_message(const kw_message *m);

/* Sets which bytes of the row are secret, unless they are to be shown; may note a meaning that does not tell. */
void secret_mark(explainer *e, const kw_message *m, const kw_step *step, explain_row *r);

/* The same for a token of SASL that is the row's value. */
void secret_mark_token(explainer *e, bool from_client, explain_row *r);

#endif

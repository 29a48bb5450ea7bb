/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SECRET_H
#define TOOLS_SECRET_H

/* Values that must not appear on a screen or in a log: passwords, keys, tokens. */

#include <kwire/walk.h>

#include "explainer.h"

/* Whether fields of the message may be secret: bytes of it that cannot be explained are masked then. */
bool secret_message(const kw_message *m);

/* Sets which bytes of the row are secret, unless secrets are shown; may note a meaning that does not reveal them. */
void secret_mark(explainer *e, const kw_message *m, const kw_step *step, explain_row *r);

/* The same for a SASL token that is the row's value. */
void secret_mark_token(explainer *e, bool from_client, explain_row *r);

#endif

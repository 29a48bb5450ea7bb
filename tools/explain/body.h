/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BODY_H
#define TOOLS_BODY_H

/* The fields of a message of the schema. */

#include "explainer.h"

/* Explains a message that starts at `at` of the region and ends at `end` at the latest, as a part. True if it could be
 * read; *next is the byte after it then. */
bool explain_body(explainer *e, const kw_message *m, int16_t version, size_t at, size_t end, size_t *next);

/* The same, and shows trailing bytes up to `end`. */
bool explain_whole_body(explainer *e, const kw_message *m, int16_t version, size_t at, size_t end);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_EXPLANATION_H
#define FUZZ_EXPLANATION_H

/* For targets about explanations: explains an input, and checks what every explanation promises. */

#include "../tools/explain/explain.h"
#include "fuzz.h"

/* What an explanation said, and whether that was among it. */
typedef struct explanation {
    bool fine;
    size_t problems;
    bool has_wanted; /* a problem of this status at this byte of the input: */
    kw_status wanted;
    size_t wanted_at;
} explanation;

/* Does the explaining: calls one of the functions of explain.h. */
typedef bool (*explain_with)(explainer *e, const explain_input *in, const void *what);

/* Explains the input three times: told to a printer that sees that each byte is told of once, in order; as a dump,
 * whose lines have no control characters and no blanks at their ends; and as JSON, which jansson reads. `flags` choose
 * the options. Fills in *out but for what is wanted. */
void explain_and_check(explain_with with, const explain_input *in, const void *what, uint8_t flags, explanation *out);

enum { EXPLAIN_STRICT = 8 }; /* of the flags */

#endif

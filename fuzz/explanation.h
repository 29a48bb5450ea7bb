/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FUZZ_EXPLANATION_H
#define FUZZ_EXPLANATION_H

/* For targets about explanations: explains an input, and checks the properties of every explanation. */

#include "../tools/explain/explain.h"
#include "fuzz.h"

/* How an explanation ended, and whether it reported the problem that was expected. */
typedef struct explanation {
    bool fine;
    size_t problems;
    bool has_wanted; /* a problem of this status at this byte of the input: */
    kw_status wanted;
    size_t wanted_at;
} explanation;

/* Explains by calling one of the functions of explain.h. */
typedef bool (*explain_with)(explainer *e, const explain_input *in, const void *what);

/* Explains the input four times: to a printer that checks that each byte is explained once, in order; as HTML, whose
 * elements nest; as a dump, whose lines have no control characters and no blanks at their ends; and as JSON, which
 * jansson reads. `flags` choose the options. Fills in *out except `wanted`. */
void explain_and_check(explain_with with, const explain_input *in, const void *what, uint8_t flags, explanation *out);

enum { EXPLAIN_STRICT = 8 }; /* of the flags */

#endif

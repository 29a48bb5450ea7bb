/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REFERENCE_TEXTS_H
#define TOOLS_REFERENCE_TEXTS_H

/* What messages and fields mean, from messages.txt and fields.txt. */

#include <kwire/message.h>

typedef struct reference_text {
    const char *name;
    const char *text;
} reference_text;

/* Sorted by name; written by make_texts.py. */
extern const reference_text field_texts[];
extern const size_t field_text_count;
extern const reference_text message_texts[];
extern const size_t message_text_count;

/* Whether it is a request or response of an API that has another name now. */
bool message_is_former(const kw_message *m);

/* One or more sentences; "" if there is none. */
const char *text_of_message(const kw_message *m);
const char *text_of_field(const kw_struct *owner, const kw_field *f);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_MEANING_RULES_H
#define TOOLS_MEANING_RULES_H

/* The table of the fields whose values have a meaning. */

#include <stdint.h>

#include <kwire/message.h>

typedef enum meaning_how {
    MEANING_NUMBER,    /* only its names */
    MEANING_ERROR,     /* an error code */
    MEANING_API,       /* an API key */
    MEANING_CONTROL,   /* a type of control record */
    MEANING_TIME,      /* ms since 1970 */
    MEANING_DURATION,  /* ms */
    MEANING_SIZE,      /* bytes */
    MEANING_ACLS,      /* a bit for each ACL operation */
    MEANING_TOPIC,     /* a topic id */
    MEANING_ID,        /* another UUID; all zero is none */
    MEANING_DIRECTORY, /* the UUID of a log directory */
    MEANING_ADDRESS,   /* bytes of an IP address */
    MEANING_FEATURE    /* the level of the feature named next to it */
} meaning_how;

/* A number with a name. Tables end with a NULL name. */
typedef struct meaning_name {
    int32_t number;
    const char *name;
} meaning_name;

typedef struct meaning_rule {
    const char *field;   /* Kafka's JSON name */
    const char *message; /* prefix of the message's name; "" for any */
    meaning_how how;
    const meaning_name *names; /* tried first; NULL: none */
} meaning_rule;

/* The first rule for a field of this message; NULL if there is none. */
const meaning_rule *meaning_rule_find(const char *message, const kw_field *field);

/* NULL if none of them is this number. */
const char *meaning_name_of(const meaning_name *names, int64_t number);

/* The name of an ACL operation by its number, which is also that of its bit; NULL for other numbers. */
const char *meaning_acl_operation(unsigned number);

/* The name of a level of the feature metadata.version; NULL if it is not known. */
const char *meaning_metadata_version(int64_t level);

#endif

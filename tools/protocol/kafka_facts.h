/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_KAFKA_FACTS_H
#define TOOLS_KAFKA_FACTS_H

/* Facts about Kafka's error codes and releases that the library's tables lack. Generated from the text files in schema/
 * by codegen/emit_facts.py. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/message.h>

/* What Kafka's Java client does about an error, by the class of its exception. */
typedef enum error_handling {
    HANDLING_NONE,         /* nothing: it is the application's */
    HANDLING_RETRIABLE,    /* repeats the request */
    HANDLING_REFRESH,      /* repeats the request, with new metadata or another coordinator */
    HANDLING_RECOVERABLE,  /* the application goes on with a new client or member */
    HANDLING_ABORTABLE,    /* the application aborts the transaction */
    HANDLING_CONFIGURATION /* a person changes the configuration, the request or the permissions */
} error_handling;

typedef struct error_fact {
    int16_t code;
    error_handling handling;
    const char *since; /* the first minor release that knew it, or the oldest one that was examined */
    const char *meaning;
} error_fact;

/* One for each error, in the order of kw_error_at(). */
extern const error_fact error_facts[];

/* A tagged field that a release added to versions that older ones had. */
typedef struct late_field {
    const char *message;
    const char *path; /* as field_place_path() writes it */
    kw_versions versions;
    const char *release;
} late_field;

extern const late_field late_fields[];
extern const size_t late_field_count;

/* Kafka's minor releases that were examined, oldest first. */
extern const char *const release_names[];
extern const size_t release_count;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXPLAIN_H
#define TOOLS_EXPLAIN_H

/* Explains bytes of the protocol field by field: as an annotated dump, as JSON, or through a printer of the caller.
 * Used by the verb explain, and by those that show what they send, receive or find.
 *
 *     explainer *e = explainer_create(&(explain_options){.style = EXPLAIN_PLAIN});
 *     bool fine = explain_request(e, &(explain_input){.data = data, .size = size, .has_size = true});
 *     fine = explain_response(e, &answer, api_key, api_version) && fine;
 *     explainer_destroy(e);
 *
 * Invalid bytes are explained up to the first error, with the reason; the functions return false then. If memory fails
 * the program ends, as everywhere in the command. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/message.h>
#include <kwire/view.h>

#include "printer.h"

typedef enum explain_style {
    EXPLAIN_PLAIN,
    EXPLAIN_COLOUR, /* the same dump with ANSI colours */
    EXPLAIN_JSON    /* a line of JSON for each input */
} explain_style;

/* All zero: a plain dump to standard output. */
typedef struct explain_options {
    explain_style style;
    bool full;         /* shows every byte; otherwise long runs are cut */
    bool short_names;  /* shows fields by their names, indented below what contains them */
    bool secrets;      /* shows passwords and keys; otherwise they are masked, in bytes and values */
    bool strict;       /* refuses bytes after the message and tags out of order, which Kafka accepts */
    const char *topic; /* of records whose topic is not known otherwise; NULL: none */
    size_t max_memory; /* for the values of one message, and again for decompressed records; 0: 256 MiB */
    /* The name of the topic with this id; null if it is not known. May be NULL. The name must stay valid until the next
     * call. */
    kw_string (*topic_name)(void *context, kw_uuid id);
    /* Takes the output; NULL: standard output. */
    void (*write)(void *context, const void *data, size_t size);
    void *context;          /* of both */
    const printer *printer; /* receives rows instead of text; NULL: printed in `style` */
} explain_options;

/* A frame or a part of one. */
typedef struct explain_input {
    const uint8_t *data;
    size_t size;        /* at most INT32_MAX */
    bool has_size;      /* the first four bytes are the size of the frame */
    bool cut;           /* the bytes are the start of something longer */
    uint64_t offset;    /* of `data` in its source, for the title only */
    const char *label;  /* for the title, e.g. a file's name or a connection's ends; NULL: none */
    const char *remark; /* printed below it, e.g. how the bytes were recognised; NULL: none */
} explain_input;

typedef struct explainer explainer;

explainer *explainer_create(const explain_options *options);

/* Accepts NULL. */
void explainer_destroy(explainer *e);

/* A request; its header has the API and version. */
bool explain_request(explainer *e, const explain_input *in);

/* The response to a request of this API and version. */
bool explain_response(explainer *e, const explain_input *in, int16_t api_key, int16_t api_version);

/* The bare body of a message, or a header. `has_size` is ignored. */
bool explain_message(explainer *e, const explain_input *in, const kw_message *m, int16_t version);

/* A SASL token, which has no header. */
bool explain_token(explainer *e, const explain_input *in);

/* Bytes that were not recognised, for a reason; NULL: that of the status. Returns false. */
bool explain_unknown(explainer *e, const explain_input *in, kw_status status, const char *reason);

/* Record batches, as in a log segment or a Produce request. The topic, null if not known, determines how records are
 * decoded. `has_size` is ignored. */
bool explain_records(explainer *e, const explain_input *in, kw_string topic);

#endif

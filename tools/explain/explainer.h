/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXPLAINER_H
#define TOOLS_EXPLAINER_H

/* State and output functions that the parts of an explanation share. */

#include <kwire/arena.h>
#include <kwire/compression.h>
#include <kwire/reader.h>
#include <kwire/writer.h>

#include "explain.h"
#include "note.h"
#include "print_json.h"
#include "print_text.h"
#include "topics.h"

/* Nesting of messages in byte fields; deeper ones are shown as bytes. */
enum { MOST_NESTING = 6 };

/* A cache of the rules of fields. */
enum { RULE_SLOTS = 512 };
typedef struct rule_slot {
    const kw_field *field;
    const struct meaning_rule *rule; /* NULL: there is none */
} rule_slot;

/* The request in an Envelope. */
enum { ENVELOPES = 64 };
typedef struct envelope {
    bool is_known;
    int32_t correlation_id; /* of the Envelope */
    int16_t api_key;
    int16_t api_version;
} envelope;

struct explainer {
    explain_options options;
    printer out;
    print_text text;
    print_json json;
    kw_arena arenas[MOST_NESTING]; /* one for each level of nesting */
    unsigned nesting;
    topics topics;                 /* learned from messages */
    kw_decompressor *decompressor; /* NULL until needed, as is the content of */
    kw_writer scratch;             /* what was decompressed last */
    uint64_t inputs;               /* explained so far */
    unsigned regions;              /* of the current input */
    bool fine;                     /* no error in it so far */
    int32_t correlation_id;        /* of the current request or response */
    bool secret;                   /* bytes that cannot be explained may hold secrets */
    bool cut;                      /* it is the start of something longer */
    const explain_region *in;
    unsigned depth;
    size_t local; /* start in `path` of names in the part, */
    size_t stem;  /* and of names that path_set() adds */
    char path[1024];
    envelope envelopes[ENVELOPES]; /* requests whose response was not explained yet; a ring */
    unsigned next_envelope;
    const envelope *envelope; /* request of the current response; NULL: not known, or not an Envelope */
    note meaning;             /* of the next row; cleared by it */
    note reason;
    rule_slot rules[RULE_SLOTS];
};

/* The place of a part, to return to after a nested one. */
typedef struct scope {
    const explain_region *in;
    unsigned depth;
    size_t local;
    size_t stem;
    bool cut;
    bool secret;
} scope;

/* Enters the content of the path that was shown last: names are below it from now on. */
scope scope_enter(explainer *e, unsigned depth);
void scope_leave(explainer *e, scope before);

/* Names in the part are below this from now on, e.g. "batches[3]."; "" ends that. */
PRINTF_LIKE(2, 3) void path_stem(explainer *e, const char *format, ...);

/* The same below the current stem. Returns the value to restore e->stem to. */
PRINTF_LIKE(2, 3) size_t path_stem_more(explainer *e, const char *format, ...);

/* Appends a name to the path of the part. */
void path_set(explainer *e, const char *name);

/* The width of a path of a part in the output. */
unsigned explain_name_width(const explainer *e, const char *path);

/* Starts a part. `m` may be NULL. */
void show_part(explainer *e, const char *title, const kw_message *m, int version);

/* A row whose path is set, with the noted meaning. */
void show_row(explainer *e, explain_row r);

/* A field outside the schema, at `offset` of the region, named `name` in this part. */
void show_field(explainer *e, size_t offset, size_t size, const char *name, const char *type, explain_value v);

/* An error; the reason is the one noted in `reason`, or that of the status if there is none. */
void show_problem(explainer *e, explain_problem p, kw_status status);

void show_remark(explainer *e, const char *text);

/* Bytes, if any, that are not explained, and why. */
void show_raw(explainer *e, size_t offset, size_t end, unsigned depth, const char *why);

/* Bytes after a message. */
void show_trailing(explainer *e, size_t offset, size_t end);

static inline explain_value value_none(void)
{
    return (explain_value){.kind = VALUE_NONE};
}
static inline explain_value value_null(void)
{
    return (explain_value){.kind = VALUE_NULL};
}
static inline explain_value value_integer(int64_t n)
{
    return (explain_value){.kind = VALUE_INTEGER, .integer = n};
}
static inline explain_value value_count(int64_t n)
{
    return (explain_value){.kind = VALUE_COUNT, .integer = n};
}
static inline explain_value value_size(size_t n)
{
    return (explain_value){.kind = VALUE_SIZE, .integer = (int64_t)n};
}
static inline explain_value value_bytes(value_kind kind, const void *data, size_t size)
{
    return (explain_value){.kind = kind, .bytes = {data, (int32_t)size}};
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXPLAINER_H
#define TOOLS_EXPLAINER_H

/* What the parts of an explanation share: where they are, and how they tell what they see. */

#include <kwire/arena.h>
#include <kwire/compression.h>
#include <kwire/reader.h>
#include <kwire/writer.h>

#include "explain.h"
#include "note.h"
#include "print_json.h"
#include "print_text.h"
#include "topics.h"

/* Messages inside of byte fields of messages; deeper ones are shown as bytes. */
enum { MOST_NESTING = 6 };

/* What was found out about a field before. */
enum { RULE_SLOTS = 512 };
typedef struct rule_slot {
    const kw_field *field;
    const struct meaning_rule *rule; /* NULL: there is none */
} rule_slot;

/* The request that an Envelope carried. */
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
    topics topics;                 /* that messages told of */
    kw_decompressor *decompressor; /* NULL until it is needed, as are the contents of */
    kw_writer scratch;             /* what was decompressed last */
    uint64_t inputs;               /* explained so far */
    unsigned regions;              /* of the input at hand */
    bool fine;                     /* nothing is wrong with it so far */
    int32_t correlation_id;        /* of the request or response at hand */
    bool secret;                   /* what cannot be explained may hold secrets */
    bool cut;                      /* it is the beginning of something longer */
    const explain_region *in;
    unsigned depth;
    size_t local; /* where names inside of the part begin in `path`, */
    size_t stem;  /* and where those that path_set() puts there */
    char path[1024];
    envelope envelopes[ENVELOPES]; /* requests whose response was not explained yet: a ring */
    unsigned next_envelope;
    const envelope *envelope; /* what the response at hand answers; NULL: not known, or it is no Envelope */
    note meaning;             /* of the row that is told next; empty again after that */
    note reason;
    rule_slot rules[RULE_SLOTS];
};

/* Where a part is; to return to after one inside of it. */
typedef struct scope {
    const explain_region *in;
    unsigned depth;
    size_t local;
    size_t stem;
    bool cut;
    bool secret;
} scope;

/* Goes into what the path that was told last contains: names are below it from here on. */
scope scope_enter(explainer *e, unsigned depth);
void scope_leave(explainer *e, scope before);

/* Inside of the part, names are below this from here on, e.g. "batches[3]."; "" ends that. */
PRINTF_LIKE(2, 3) void path_stem(explainer *e, const char *format, ...);

/* The same below the names so far. Returns what e->stem is to be set to afterwards. */
PRINTF_LIKE(2, 3) size_t path_stem_more(explainer *e, const char *format, ...);

/* Puts a name behind the path of the part. */
void path_set(explainer *e, const char *name);

/* How wide a path of a part is when it is shown. */
unsigned explain_name_width(const explainer *e, const char *path);

/* Begins a part. `m` may be NULL. */
void tell_part(explainer *e, const char *title, const kw_message *m, int version);

/* A row whose path is set; meaning is what was noted. */
void tell_row(explainer *e, explain_row r);

/* A field that no schema describes, at `offset` of the region, called `name` in this part. */
void tell_field(explainer *e, size_t offset, size_t size, const char *name, const char *type, explain_value v);

/* Something is wrong; the reason is what was noted in `reason`, or that of the status if there is none. */
void tell_problem(explainer *e, explain_problem p, kw_status status);

void tell_remark(explainer *e, const char *text);

/* Bytes, if there are any, that are not explained, and why. */
void tell_raw(explainer *e, size_t offset, size_t end, unsigned depth, const char *why);

/* Bytes left over after a message. */
void tell_trailing(explainer *e, size_t offset, size_t end);

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

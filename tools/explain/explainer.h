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

/* Messages inside of byte fields of messages; deeper ones are shown as bytes. */
enum { MOST_NESTING = 6 };

struct explainer {
    explain_options options;
    printer out;
    print_text text;
    print_json json;
    kw_arena arenas[MOST_NESTING]; /* one for each level of nesting */
    unsigned nesting;
    kw_decompressor *decompressor; /* NULL until it is needed, as are the contents of */
    kw_writer scratch;             /* what was decompressed last */
    uint64_t inputs;               /* explained so far */
    unsigned regions;              /* of the input at hand */
    bool fine;                     /* nothing is wrong with it so far */
    bool cut;                      /* it is the beginning of something longer */
    const explain_region *in;
    unsigned depth;
    size_t local; /* where names inside of the part begin in */
    char path[1024];
    note meaning; /* of the row that is told next; empty again after that */
    note reason;
};

/* Where a part is; to return to after one inside of it. */
typedef struct scope {
    const explain_region *in;
    unsigned depth;
    size_t local;
} scope;

/* Goes into what the path that was told last contains: names are below it from here on. */
scope scope_enter(explainer *e, unsigned depth);
void scope_leave(explainer *e, scope before);

/* Puts a name behind the path of the part. */
void path_set(explainer *e, const char *name);

/* Begins a part. `m` may be NULL. */
void tell_part(explainer *e, const char *title, const kw_message *m, int version);

/* A row whose path is set; meaning is what was noted. */
void tell_row(explainer *e, explain_row r);

/* A field that no schema describes, at `offset` of the region, called `name` in this part. */
void tell_field(explainer *e, size_t offset, size_t size, const char *name, const char *type, explain_value v);

/* Something is wrong; the reason is what was noted in `reason`, or that of the status if there is none. */
void tell_problem(explainer *e, explain_problem p, kw_status status);

void tell_remark(explainer *e, const char *text);

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

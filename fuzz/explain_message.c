/* SPDX-License-Identifier: Apache-2.0 */
/* The body of any message, explained. An error that the decoder finds is found by the explanation at the same byte.
 * The input: the message (see message.h), with the flags of the explanation and, 16, that it is cut; then the body. */
#include "explanation.h"
#include "message.h"

enum { CUT = 16 };

static bool explain(explainer *e, const explain_input *in, const void *what)
{
    const choice *c = what;
    return explain_message(e, in, c->message, c->version);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, data + size};
    choice c = choice_take(&input);
    explain_input in = {.data = input.pos, .size = fuzz_left(&input), .cut = (c.flags & CUT) != 0};
    uint32_t flags = (in.cut ? KW_READ_PARTIAL : 0) | ((c.flags & EXPLAIN_STRICT) != 0 ? KW_READ_STRICT_TAGS : 0);
    kw_arena arena;
    fuzz_arena(&arena);
    reading r = decode_message(c.message, c.version, in.data, in.size, flags, &arena);
    explanation found = {.wanted = r.status, .wanted_at = r.error_at};
    explain_and_check(explain, &in, &c, c.flags, &found);
    FUZZ_REQUIRE(found.has_wanted == (r.status != KW_OK));
    kw_arena_finish(&arena);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "reason.h"

#include <kwire/status.h>

#include "field_type.h"

/* A length or count as it is on the wire. */
typedef struct prefix {
    int64_t number;
    size_t size;
} prefix;

/* Tagged fields start with varints, whatever their kind. */
static bool is_struct(const kw_step *step)
{
    return step->field == NULL || (step->field->kind == KW_KIND_STRUCT && !step_is_array(step));
}

static size_t classic_prefix_size(const kw_step *step)
{
    return !step_is_array(step) && step->field->kind == KW_KIND_STRING ? 2 : 4;
}

static prefix read_prefix(const failed_field *f)
{
    kw_reader r;
    prefix p;
    kw_reader_init(&r, f->at, f->left);
    if (is_struct(f->step))
        p.number = kw_read_unsigned_varint(&r);
    else if (f->compact)
        p.number = (int64_t)kw_read_unsigned_varint(&r) - 1;
    else if (classic_prefix_size(f->step) == 2)
        p.number = kw_read_int16(&r);
    else
        p.number = kw_read_int32(&r);
    p.size = kw_reader_offset(&r);
    return p;
}

static const char *plural(size_t n)
{
    return n == 1 ? "byte" : "bytes";
}

static void say_left(note *out, size_t left)
{
    if (left == 0)
        note_text(out, "no byte is left");
    else
        note_format(out, "%zu %s left", left, left == 1 ? "byte is" : "bytes are");
}

static void truncated(note *out, const failed_field *f)
{
    size_t fixed = f->step->field != NULL && !step_is_array(f->step) ? kw_field_wire_size(f->step->field) : 0;
    if (is_struct(f->step))
        note_text(out, "input ends inside the struct: ");
    else if (fixed != 0)
        note_format(out, "%s takes %zu %s, ", f->type, fixed, plural(fixed));
    else if (step_is_array(f->step) && f->left == 0)
        note_text(out, "input ends before the array does: ");
    else if (f->compact)
        note_format(out, "input ends inside the %s: ", step_is_array(f->step) ? "count" : "length");
    else
        note_format(out, "the %s takes %zu bytes, ", step_is_array(f->step) ? "count" : "length",
                    classic_prefix_size(f->step));
    say_left(out, f->left);
}

static void too_long(note *out, const failed_field *f, const char *what, prefix p)
{
    note_format(out, "%s %lld exceeds the ", what, (long long)p.number);
    size_t left = f->left - p.size;
    note_format(out, "%zu %s left", left, plural(left));
}

void reason_of(note *out, kw_status status, const failed_field *f, size_t *blamed)
{
    prefix p = read_prefix(f);
    *blamed = p.size;
    switch (status) {
    case KW_ERR_TRUNCATED:
        *blamed = 0;
        truncated(out, f);
        break;
    case KW_ERR_NULL:
        note_format(out, "null, which version %d does not allow here", f->version);
        break;
    case KW_ERR_NEGATIVE:
        note_format(out, "%s %lld", step_is_array(f->step) ? "count" : "length", (long long)p.number);
        break;
    case KW_ERR_LENGTH:
        too_long(out, f, is_struct(f->step) ? "size of a tagged field" : "length", p);
        break;
    case KW_ERR_COUNT:
        note_format(out, "%s %lld is more than the %zu %s left can hold",
                    is_struct(f->step) ? "number of tagged fields" : "count", (long long)p.number, f->left - p.size,
                    plural(f->left - p.size));
        break;
    case KW_ERR_STRING_SIZE:
        note_format(out, "a string of %lld bytes; no more than 32767 are allowed", (long long)p.number);
        break;
    default:
        *blamed = status == KW_ERR_VARINT ? (f->left < 5 ? f->left : 5) : 1;
        note_text(out, kw_status_text(status));
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "fields.h"

fields fields_between(explainer *e, size_t at, size_t end, unsigned depth)
{
    fields f = {.e = e, .shown = at, .end = end, .depth = depth};
    kw_reader_init(&f.in, e->in->data, end);
    f.in.pos = f.in.start + at;
    return f;
}

bool fields_refuse(fields *f, const char *name, const char *type, kw_status status)
{
    note_clear(&f->e->meaning);
    path_set(f->e, name);
    explain_problem p = {.start = f->shown,
                         .offset = f->shown,
                         .size = status == KW_ERR_TRUNCATED ? 0 : kw_reader_offset(&f->in) - f->shown,
                         .depth = f->depth,
                         .type = type,
                         .fatal = true,
                         .end = f->end};
    show_problem(f->e, p, status);
    return false;
}

bool fields_show(fields *f, const char *name, const char *type, explain_value v)
{
    if (!kw_reader_ok(&f->in))
        return fields_refuse(f, name, type, f->in.status);
    size_t offset = kw_reader_offset(&f->in);
    path_set(f->e, name);
    explain_row r = {.offset = f->shown, .size = offset - f->shown, .depth = f->depth, .type = type, .value = v};
    show_row(f->e, r);
    f->shown = offset;
    return true;
}

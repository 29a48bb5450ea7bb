/* SPDX-License-Identifier: Apache-2.0 */
#include <kwire/reader.h>

#define MAX_STRING 0x7fff

kw_status kw_reader_fail(kw_reader *r, kw_status status)
{
    if (r->status == KW_OK && status != KW_OK) {
        r->status = status;
        r->error_at = kw_reader_offset(r);
        r->end = r->pos;
    }
    return r->status;
}

uint64_t kwi_read_short(kw_reader *r)
{
    (void)kw_reader_fail(r, KW_ERR_TRUNCATED);
    return 0;
}

static size_t size_in_run(char c)
{
    return c == 'G' ? 16 : (size_t)(c - '0');
}

const uint8_t *kwi_read_run_short(kw_reader *r, const char *sizes, uint8_t *spare)
{
    uint8_t *p = spare;
    for (; *sizes != '\0'; sizes++) {
        size_t size = size_in_run(*sizes);
        if (size <= kw_reader_remaining(r)) {
            memcpy(p, r->pos, size);
            r->pos += size;
        } else {
            memset(p, 0, size);
            (void)kwi_read_short(r);
        }
        p += size;
    }
    return spare;
}

/* At most `bits` bits in groups of 7; moves past the varint only if it is complete and fits. */
static uint64_t read_groups(kw_reader *r, unsigned bits)
{
    const uint8_t *p = r->pos;
    uint64_t v = 0;
    for (unsigned shift = 0; shift < bits; shift += 7) {
        if (p == r->end)
            return kwi_read_short(r);
        uint64_t group = *p & 0x7f;
        if (bits - shift < 7 && group >> (bits - shift) != 0)
            break;
        v |= group << shift;
        if (*p++ < 0x80) {
            r->pos = p;
            return v;
        }
    }
    (void)kw_reader_fail(r, KW_ERR_VARINT);
    return 0;
}

uint32_t kwi_read_uvarint_long(kw_reader *r)
{
    return (uint32_t)read_groups(r, 32);
}

uint64_t kw_read_unsigned_varlong(kw_reader *r)
{
    return read_groups(r, 64);
}

kw_bytes kw_read_raw(kw_reader *r, size_t size)
{
    kw_bytes v = {r->pos, 0};
    if (size > kw_reader_remaining(r) || size > INT32_MAX) {
        (void)kw_reader_fail(r, KW_ERR_LENGTH);
        return v;
    }
    v.len = (int32_t)size;
    r->pos += size;
    return v;
}

/* A length or count of any kind: -1 for null, and errors for negative and impossible ones. The caller moves the
 * cursor back if the content does not fit. */
static int64_t read_size(kw_reader *r, uint32_t how)
{
    const uint8_t *before = r->pos;
    int64_t n;
    if ((how & KWI_COMPACT) != 0)
        n = (int64_t)kw_read_unsigned_varint(r) - 1;
    else if ((how & KWI_STRING) != 0)
        n = kw_read_int16(r);
    else
        n = kw_read_int32(r);
    if (n >= 0 || r->status != KW_OK)
        return n;
    if ((how & KWI_NULLABLE) != 0)
        return -1;
    r->pos = before;
    (void)kw_reader_fail(r, n == -1 ? KW_ERR_NULL : KW_ERR_NEGATIVE);
    return 0;
}

static void fail_at(kw_reader *r, const uint8_t *where, kw_status status)
{
    r->pos = where;
    (void)kw_reader_fail(r, status);
}

kw_bytes kwi_read_view_long(kw_reader *r, uint32_t how)
{
    const uint8_t *before = r->pos;
    kw_bytes v = {NULL, 0};
    int64_t n = read_size(r, how);
    if (r->status != KW_OK)
        return v;
    if (n < 0)
        v.len = -1;
    else if ((how & KWI_STRING) != 0 && n > MAX_STRING)
        fail_at(r, before, KW_ERR_STRING_SIZE);
    else if (n > INT32_MAX || (uint64_t)n > kw_reader_remaining(r))
        fail_at(r, before, KW_ERR_LENGTH);
    else {
        v.data = r->pos;
        v.len = (int32_t)n;
        r->pos += n;
    }
    return v;
}

int32_t kwi_read_count_long(kw_reader *r, size_t min_size, uint32_t how)
{
    const uint8_t *before = r->pos;
    int64_t n = read_size(r, how);
    if (r->status != KW_OK)
        return 0;
    size_t most = kw_reader_remaining(r) / min_size;
    bool fits = n <= 0 || (uint64_t)n <= most;
    bool partial = (r->flags & KW_READ_PARTIAL) != 0 && n <= INT32_MAX;
    if (n <= KW_MAX_ARRAY && fits)
        return (int32_t)n;
    if (n <= KW_MAX_ARRAY && partial)
        return (int32_t)most + 1; /* one more than fits: reading them ends in TRUNCATED at the end of the input */
    fail_at(r, before, fits || partial ? KW_ERR_COUNT_LIMIT : KW_ERR_COUNT);
    return 0;
}

/* ---- tagged fields ---- */

#define MIN_TAG_SIZE 2 /* tag and size */

void kw_tag_reader_init(kw_tag_reader *t, kw_reader *r)
{
    const uint8_t *before = r->pos;
    t->reader = r;
    t->outer_end = r->end;
    t->tag = 0;
    t->at = before;
    t->inside = false;
    t->cut = false;
    t->first = true;
    t->left = kw_read_unsigned_varint(r);
    if (t->left > kw_reader_remaining(r) / MIN_TAG_SIZE && (r->flags & KW_READ_PARTIAL) == 0)
        fail_at(r, before, KW_ERR_COUNT);
    else if (t->left > KW_MAX_TAGS)
        fail_at(r, before, KW_ERR_COUNT_LIMIT);
}

static bool check_order(kw_tag_reader *t, uint32_t tag, const uint8_t *where)
{
    if ((t->reader->flags & KW_READ_STRICT_TAGS) == 0 || t->first || tag > t->tag)
        return true;
    fail_at(t->reader, where, tag == t->tag ? KW_ERR_TAG_DUPLICATE : KW_ERR_TAG_ORDER);
    return false;
}

bool kw_tag_reader_next(kw_tag_reader *t)
{
    kw_reader *r = t->reader;
    if (r->status != KW_OK)
        return false;
    if (t->inside) {
        if (r->pos != r->end) {
            (void)kw_reader_fail(r, KW_ERR_TAG_SIZE);
            return false;
        }
        if (t->cut) {
            (void)kwi_read_short(r);
            return false;
        }
        r->end = t->outer_end;
        t->inside = false;
    }
    if (t->left == 0)
        return false;
    t->left--;
    const uint8_t *before = r->pos;
    uint32_t tag = kw_read_unsigned_varint(r);
    if (r->status != KW_OK || !check_order(t, tag, before))
        return false;
    const uint8_t *size_at = r->pos;
    uint32_t size = kw_read_unsigned_varint(r);
    if (r->status != KW_OK)
        return false;
    t->cut = size > kw_reader_remaining(r);
    if (t->cut && (r->flags & KW_READ_PARTIAL) == 0) {
        fail_at(r, size_at, KW_ERR_LENGTH);
        return false;
    }
    t->tag = tag;
    t->at = before;
    t->first = false;
    t->inside = true;
    if (!t->cut)
        r->end = r->pos + size;
    return true;
}

void kw_tag_reader_refuse(kw_tag_reader *t)
{
    fail_at(t->reader, t->at, KW_ERR_TAG_VERSION);
}

void kw_tag_reader_keep(kw_tag_reader *t, kw_arena *arena, kw_raw_tags **list)
{
    kw_reader *r = t->reader;
    if (*list == NULL) {
        /* Memory for this one and all that may follow; each takes bytes of the input, so the input limits it. */
        size_t most = 1 + t->left;
        size_t after = (size_t)(t->outer_end - r->end) / MIN_TAG_SIZE;
        if (most > 1 + after)
            most = 1 + after;
        kw_raw_tags *fresh = kw_arena_alloc(arena, sizeof *fresh);
        kw_raw_tag *items = fresh == NULL ? NULL : kw_arena_array(arena, most, sizeof *items);
        if (items == NULL) {
            (void)kw_reader_fail(r, kw_arena_status(arena));
            return;
        }
        fresh->items = items;
        fresh->len = 0;
        *list = fresh;
    }
    kw_raw_tag *kept = &(*list)->items[(*list)->len++];
    kept->tag = t->tag;
    kept->value = kw_read_raw(r, kw_reader_remaining(r));
}

void kwi_read_unknown_tags_long(kw_reader *r, kw_arena *arena, kw_raw_tags **out)
{
    kw_tag_reader t;
    for (kw_tag_reader_init(&t, r); kw_tag_reader_next(&t);)
        kw_tag_reader_keep(&t, arena, out);
}

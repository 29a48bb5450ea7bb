/* SPDX-License-Identifier: Apache-2.0 */
/* A records field, explained: it has no problem if the library can iterate all of it. The input: flags (8 bits;
 * those of the explanation, and 128: checksums are corrected), one of Kafka's own topics (8 bits; others: none),
 * then the field. */
#include <kwire/control_record.h>
#include <kwire/persisted.h>
#include <kwire/records.h>

#include <stdlib.h>

#include "explanation.h"
#include "fix_checksums.h"

enum { FIX_CHECKSUMS = 128 };

static bool explain(explainer *e, const explain_input *in, const void *what)
{
    const kw_string *topic = what;
    return explain_records(e, in, *topic);
}

/* Memory for decompression and control records. */
typedef struct memory {
    kw_decompressor *decompressor;
    kw_writer scratch;
    kw_arena arena;
} memory;

static bool is_fine(const kw_batch *b, memory *m)
{
    kw_records rs;
    kw_record r;
    bool fine = kw_batch_check_crc(b) == KW_OK;
    if (kw_records_init(&rs, b, m->decompressor, &m->scratch) == KW_OK)
        rs.flags = KW_RECORDS_CHECK_CRC;
    while (kw_records_next(&rs, &r)) {
        kw_control_record control;
        kw_arena_reset(&m->arena);
        if (kw_batch_is_control(b) && r.key.len >= 0 && r.value.len >= 0 &&
            kw_control_record_decode(&control, &r, &m->arena) != KW_OK)
            fine = false;
    }
    return rs.status == KW_OK && fine;
}

/* *cut: the library does not read the last batch, whose end is missing; the explanation does. */
static bool all_is_fine(const explain_input *in, bool *cut)
{
    memory m;
    kw_batches bs;
    kw_batch b;
    bool fine = true;
    m.decompressor = kw_decompressor_create(kw_allocator_libc());
    FUZZ_REQUIRE(m.decompressor != NULL);
    kw_writer_init_growing(&m.scratch, kw_allocator_libc(), FUZZ_MEMORY);
    fuzz_arena(&m.arena);
    for (kw_batches_init_memory(&bs, in->data, in->size); kw_batches_next(&bs, &b);)
        fine = is_fine(&b, &m) && fine;
    kw_decompressor_destroy(m.decompressor);
    kw_writer_finish(&m.scratch);
    kw_arena_finish(&m.arena);
    *cut = bs.partial != 0;
    return bs.status == KW_OK && fine;
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input input = {data, data + size};
    uint8_t flags = fuzz_take8(&input);
    kw_string topic = kw_string_of(kw_internal_topic_name((kw_internal_topic)fuzz_take8(&input)));
    size_t left = fuzz_left(&input);
    uint8_t *field = fuzz_copy(input.pos, left);
    if ((flags & FIX_CHECKSUMS) != 0)
        fix_checksums(field, left);
    explain_input in = {.data = field, .size = left};
    explanation found = {.wanted = KW_OK};
    explain_and_check(explain, &in, &topic, flags, &found);
    bool cut;
    bool fine = all_is_fine(&in, &cut);
    FUZZ_REQUIRE(fine || !found.fine);
    if (!cut && topic.len < 0 && (flags & EXPLAIN_STRICT) == 0)
        FUZZ_REQUIRE(fine == found.fine);
    free(field);
}

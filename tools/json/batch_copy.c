/* SPDX-License-Identifier: Apache-2.0 */
#include "batch_copy.h"

#include <string.h>

#include <kwire/control_record.h>

enum { KNOWN_ATTRIBUTES = (KW_ATTRIBUTE_DELETE_HORIZON << 1) - 1 };

void batch_copy_init(batch_copy *c, size_t max_memory)
{
    *c = (batch_copy){.original = NULL};
    kw_writer_init_growing(&c->batch, kw_allocator_libc(), max_memory);
    kw_writer_init_growing(&c->content, kw_allocator_libc(), max_memory);
    kw_arena_init_growing(&c->arena, NULL, 0, kw_allocator_libc(), max_memory);
}

void batch_copy_finish(batch_copy *c)
{
    kw_compressor_destroy(c->compressor);
    kw_writer_finish(&c->batch);
    kw_writer_finish(&c->content);
    kw_arena_finish(&c->arena);
}

static bool is_compressed(const batch_copy *c)
{
    return c->options.codec != KW_CODEC_NONE;
}

static bool equal(kw_span found, const void *data, size_t size)
{
    return found.size == size && (size == 0 || memcmp(found.data, data, size) == 0);
}

void batch_copy_begin(batch_copy *c, const kw_batch *b)
{
    kw_batch_options *o = &c->options;
    c->original = b;
    c->builder = (kw_batch_builder){.count = 0};
    c->same = true;
    kw_batch_options_init(o);
    o->base_offset = b->base_offset;
    o->append_time = kw_batch_has_append_time(b) ? b->max_timestamp : KW_NO_TIMESTAMP;
    o->delete_horizon = kw_batch_delete_horizon(b);
    o->producer_id = b->producer_id;
    o->producer_epoch = b->producer_epoch;
    o->base_sequence = b->base_sequence;
    o->leader_epoch = b->leader_epoch;
    o->transactional = kw_batch_is_transactional(b);
    o->control = kw_batch_is_control(b);
    o->magic = b->magic;
    o->codec = kw_batch_codec(b);
    kw_writer_reset(&c->batch);
    kw_writer_reset(&c->content);
    if (is_compressed(c) && c->compressor == NULL)
        c->compressor = kw_compressor_create(kw_allocator_libc());
    o->compressor = is_compressed(c) ? c->compressor : NULL;
    o->scratch = is_compressed(c) ? &c->content : NULL;
}

/* A compressed message does not say at which offset its records start. */
static kw_status start(batch_copy *c, const kw_record *first)
{
    c->first_timestamp = first->timestamp;
    if (c->original->count == KW_COUNT_UNKNOWN)
        c->options.base_offset = first->offset;
    return kw_batch_builder_init(&c->builder, &c->batch, &c->options);
}

static kw_status add_control(batch_copy *c, const kw_record *record)
{
    kw_control_record control;
    kw_arena_reset(&c->arena);
    kw_status status = kw_control_record_decode(&control, record, &c->arena);
    if (status != KW_OK || control.message == NULL)
        return KW_ERR_ARGUMENT;
    if (control.version > control.message->versions.last)
        control.version = control.message->versions.last;
    return kw_batch_builder_append_control(&c->builder, record->timestamp, &control);
}

/* With its headers one by one, as their lengths may be written in several ways. */
static kw_status add_data(batch_copy *c, const kw_record *record)
{
    kw_record_headers hs;
    kw_new_record made = {record->timestamp, record->key, record->value, NULL, record->header_count};
    if (record->header_count > 0) {
        kw_arena_reset(&c->arena);
        kw_record_header *headers = kw_arena_array(&c->arena, (size_t)record->header_count, sizeof *headers);
        if (headers == NULL)
            return KW_ERR_NO_MEMORY;
        kw_record_headers_init(&hs, record);
        for (kw_record_header *h = headers; kw_record_headers_next(&hs, h);)
            h++;
        made.headers = headers;
    }
    return kw_batch_builder_append_at(&c->builder, record->offset, &made);
}

void batch_copy_add(batch_copy *c, const kw_record *record)
{
    kw_status status = KW_OK;
    if (!c->same)
        return;
    if (c->builder.count == 0)
        status = start(c, record);
    if (status == KW_OK)
        status = c->options.control ? add_control(c, record) : add_data(c, record);
    c->same = status == KW_OK;
}

/* Compressed bytes may differ, but not what the header says about them. */
static bool is_same_content(const batch_copy *c, kw_span content)
{
    const kw_batch *b = c->original;
    const kw_batch_builder *made = &c->builder;
    int64_t base = c->options.delete_horizon != KW_NO_TIMESTAMP ? c->options.delete_horizon : c->first_timestamp;
    if (!equal(kw_writer_data(&c->content), content.data, content.size) || made->max_timestamp != b->max_timestamp)
        return false;
    if (b->magic != KW_MAGIC_V2)
        return made->last_offset == b->last_offset;
    return base == b->base_timestamp && made->count == b->count && (b->attributes & ~KNOWN_ATTRIBUTES) == 0;
}

static bool is_same_empty(batch_copy *c)
{
    const kw_batch *b = c->original;
    return kw_write_empty_batch(&c->batch, &c->options, b->last_offset, b->max_timestamp) == KW_OK &&
           equal(kw_writer_data(&c->batch), b->data, b->size);
}

bool batch_copy_end(batch_copy *c, kw_span content)
{
    const kw_batch *b = c->original;
    if (c->same && c->builder.count == 0)
        return b->magic == KW_MAGIC_V2 && is_same_empty(c);
    if (c->same && b->magic == KW_MAGIC_V2)
        c->same = kw_batch_builder_reach(&c->builder, b->last_offset) == KW_OK;
    if (c->same && is_compressed(c))
        c->same = is_same_content(c, content);
    else if (c->same)
        c->same = kw_batch_builder_end(&c->builder) == KW_OK && equal(kw_writer_data(&c->batch), b->data, b->size);
    kw_batch_builder_cancel(&c->builder);
    return c->same;
}

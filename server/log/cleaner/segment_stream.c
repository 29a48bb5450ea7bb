/* SPDX-License-Identifier: Apache-2.0 */
#include "segment_stream.h"

#include <kwire/endian.h>
#include <kwire/error.h>

/* Reading less than SPARSE bytes costs as much as leaving them out; and so does asking too often what is cached. */
enum { SPARSE = 8 * 1024, HEADER = 64, LOOK_EVERY = 1024 * 1024 };

void segment_stream_open(struct segment_stream *s, const char *folder, const struct segment *segment, size_t position,
                         uint8_t *buffer, size_t buffer_size)
{
    char path[KW_PATH_SIZE];
    *s = (struct segment_stream){.segment = segment,
                                 .file = FILE_NONE,
                                 .buffer = buffer,
                                 .buffer_size = buffer_size,
                                 .filled_from = position,
                                 .filled_to = position,
                                 .ahead = buffer_size,
                                 .position = position};
    if (file_can_read() && path_of_segment(path, folder, KW_SEGMENT_FILE_LOG, segment->base_offset) == KW_OK)
        (void)file_open(&s->file, path, 0);
}

void segment_stream_close(struct segment_stream *s)
{
    (void)file_close(&s->file);
}

/* The batch at the position, of which that many bytes are at `data`. */
static bool look(const struct segment_stream *s, const uint8_t *data, size_t size, kw_batch *out, kw_batches *batches)
{
    kw_batches_init_memory(batches, data, size);
    batches->flags |= KW_BATCHES_CHECK_CRC;
    if (!kw_batches_next(batches, out))
        return false;
    out->position = s->position;
    return true;
}

static bool look_at_mapping(const struct segment_stream *s, kw_batch *out, kw_batches *batches)
{
    const struct file_map *log = &s->segment->log;
    return look(s, log->data + s->position, log->size - s->position, out, batches);
}

static bool look_at_buffer(const struct segment_stream *s, kw_batch *out, kw_batches *batches)
{
    bool has_any = s->position < s->filled_to; /* a batch of the mapping may end behind what is in the buffer */
    size_t skipped = has_any ? s->position - s->filled_from : 0;
    return look(s, s->buffer + skipped, has_any ? s->filled_to - s->position : 0, out, batches);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* From the position on, `wanted` bytes at least if the buffer and the file have them. Twice as much is read the next
 * time, so that what is between two skipped batches is read precisely, and the rest in few calls. */
static bool fill(struct segment_stream *s, size_t wanted)
{
    size_t left = s->segment->log.size - s->position;
    size_t size = smaller(smaller(wanted > s->ahead ? wanted : s->ahead, s->buffer_size), left);
    s->filled_from = s->filled_to = s->position;
    s->status = file_read_at(&s->file, s->position, s->buffer, size);
    s->ahead = smaller(size * 2, s->buffer_size);
    if (s->status == KW_OK)
        s->filled_to += size;
    return s->status == KW_OK;
}

/* A batch that is larger than the buffer is in the mapping as well. */
static bool find(struct segment_stream *s, kw_batch *out, kw_batches *batches)
{
    if (!file_is_open(&s->file))
        return look_at_mapping(s, out, batches);
    if (look_at_buffer(s, out, batches))
        return true;
    if (batches->status == KW_OK && s->filled_to < s->segment->log.size)
        return fill(s, batches->needed != 0 ? batches->needed + HEADER : s->buffer_size) &&
               (look_at_buffer(s, out, batches) || look_at_mapping(s, out, batches));
    return false;
}

/* NULL: there is none, or it does not fit into the buffer, or could not be read. */
static const uint8_t *next_header(struct segment_stream *s)
{
    if (s->status != KW_OK || s->segment->log.size - s->position < KW_BATCH_V2_RECORDS)
        return NULL;
    if (!file_is_open(&s->file))
        return s->segment->log.data + s->position;
    if (s->buffer_size < HEADER || (s->position + KW_BATCH_V2_RECORDS > s->filled_to && !fill(s, KW_BATCH_V2_RECORDS)))
        return NULL;
    return s->buffer + (s->position - s->filled_from);
}

bool segment_stream_peek(struct segment_stream *s, kw_batch *out)
{
    const uint8_t *p = next_header(s);
    if (p == NULL || p[KW_BATCH_MAGIC] != KW_MAGIC_V2)
        return false;
    size_t size = (size_t)kw_load_be32(p + KW_BATCH_LENGTH) + KW_BATCH_OVERHEAD;
    int64_t base_offset = (int64_t)kw_load_be64(p);
    int32_t last_delta = (int32_t)kw_load_be32(p + KW_BATCH_V2_LAST_OFFSET_DELTA);
    if (size < KW_BATCH_V2_RECORDS || size > s->segment->log.size - s->position)
        return false;
    *out = (kw_batch){
        .data = p,
        .size = size,
        .position = s->position,
        .base_offset = base_offset,
        .last_offset = (int64_t)((uint64_t)base_offset + (uint64_t)last_delta),
        .producer_id = (int64_t)kw_load_be64(p + KW_BATCH_V2_PRODUCER_ID),
        .producer_epoch = (int16_t)kw_load_be16(p + KW_BATCH_V2_PRODUCER_EPOCH),
        .attributes = kw_load_be16(p + KW_BATCH_V2_ATTRIBUTES),
        .magic = KW_MAGIC_V2,
    };
    return true;
}

/* What comes from the disk is read in order, as that is what disks and systems are good at. Of what is said to be
 * cached the first and the last byte are: what the system reads ahead is less. */
static bool is_cached(struct segment_stream *s)
{
    const struct file_map *log = &s->segment->log;
    size_t end = s->position + smaller(LOOK_EVERY, log->size - s->position);
    if (s->position >= s->cached_to && file_map_is_resident(log, s->position, s->position + 1) &&
        file_map_is_resident(log, end - 1, end))
        s->cached_to = end;
    return s->position < s->cached_to;
}

void segment_stream_skip(struct segment_stream *s, const kw_batch *header)
{
    s->position += header->size;
    if (s->position > s->filled_to && header->size >= SPARSE && s->position < s->segment->log.size)
        s->ahead = is_cached(s) ? HEADER : s->buffer_size;
}

bool segment_stream_next(struct segment_stream *s, kw_batch *out)
{
    kw_batches batches;
    if (s->status != KW_OK || s->position == s->segment->log.size)
        return false;
    if (find(s, out, &batches)) {
        s->position += out->size;
        return true;
    }
    if (s->status == KW_OK) {
        s->status = batches.status != KW_OK ? batches.status : KW_ERR_TORN;
        s->position += batches.error_at;
    }
    return false;
}

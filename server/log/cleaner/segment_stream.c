/* SPDX-License-Identifier: Apache-2.0 */
#include "segment_stream.h"

#include <kwire/error.h>

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

/* From the position on. */
static bool fill(struct segment_stream *s)
{
    size_t left = s->segment->log.size - s->position, size = left < s->buffer_size ? left : s->buffer_size;
    s->filled_from = s->filled_to = s->position;
    s->status = file_read_at(&s->file, s->position, s->buffer, size);
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
        return fill(s) && (look_at_buffer(s, out, batches) || look_at_mapping(s, out, batches));
    return false;
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

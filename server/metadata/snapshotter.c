/* SPDX-License-Identifier: Apache-2.0 */
#include "snapshotter.h"

#include <errno.h>
#include <string.h>

#include "../observe/console.h"
#include "snapshot.h"

/* ---- on a worker ---- */

static void work(struct task *task)
{
    struct snapshotter *s = (struct snapshotter *)(void *)((char *)task - offsetof(struct snapshotter, work));
    int64_t now = s->options.now();
    const struct snapshot_options options = {
        .now = now, .last_timestamp = now, .kraft_version = s->kraft_version, .voters = s->voters};
    s->status = snapshot_write(s->options.writer->folder, s->image, &options);
    s->error = errno;
    executor_post(s->options.executor, &s->done);
}

/* ---- on the executor ---- */

/* A failure is tried again when as much has been written once more. */
static void done(struct task *task)
{
    struct snapshotter *s = (struct snapshotter *)(void *)((char *)task - offsetof(struct snapshotter, done));
    if (s->status == KW_OK)
        metadata_writer_remove_below(s->options.writer, s->image->parts.offset);
    else
        console_line("%s: no snapshot of the metadata: %s", s->options.writer->folder,
                     s->status == KW_ERR_FILE ? strerror(s->error) : kw_status_text(s->status));
    metadata_image_release(s->image);
    s->image = NULL;
}

/* The log continues in a new segment, so that the snapshot replaces those before it. */
static void begin(struct snapshotter *s)
{
    if (s->image != NULL || s->last->parts.offset <= s->last_offset || s->options.writer->is_broken)
        return;
    s->image = metadata_image_share(s->last);
    s->kraft_version = s->options.kraft_version;
    s->voters = s->options.voters;
    s->last_offset = s->last->parts.offset;
    s->last_written = s->options.writer->written;
    metadata_writer_roll(s->options.writer);
    executor_offload(s->options.executor, &s->work);
}

static void fire(struct timer *timer)
{
    struct snapshotter *s = (struct snapshotter *)(void *)((char *)timer - offsetof(struct snapshotter, timer));
    begin(s);
    executor_start_timer(s->options.executor, &s->timer, s->options.interval_ms);
}

static void consider(struct snapshotter *s)
{
    if (s->options.writer->written - s->last_written >= (uint64_t)s->options.bytes)
        begin(s);
}

void snapshotter_start(struct snapshotter *s, const struct snapshotter_options *options,
                       const struct metadata_image *image, int64_t offset, uint64_t bytes)
{
    memset(s, 0, sizeof *s);
    s->options = *options;
    s->work.run = work;
    s->done.run = done;
    s->timer.fire = fire;
    s->last = metadata_image_share(image);
    s->last_offset = offset;
    s->last_written = options->writer->written - bytes; /* the difference counts, modulo 2^64 */
    if (options->interval_ms > 0)
        executor_start_timer(options->executor, &s->timer, options->interval_ms);
    consider(s);
}

void snapshotter_set_quorum(struct snapshotter *s, int16_t kraft_version, const kw_voters_record *voters)
{
    s->options.kraft_version = kraft_version;
    s->options.voters = voters;
}

void snapshotter_published(struct snapshotter *s, const struct metadata_image *image)
{
    if (s->last == NULL)
        return;
    metadata_image_release(s->last);
    s->last = metadata_image_share(image);
    consider(s);
}

void snapshotter_finish(struct snapshotter *s)
{
    metadata_image_release(s->last);
    s->last = NULL;
}

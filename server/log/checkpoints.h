/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_CHECKPOINTS_H
#define SERVER_LOG_CHECKPOINTS_H

/* The checkpoint files of a log directory. */

#include <kwire/arena.h>
#include <kwire/status.h>
#include <kwire/storage/checkpoint.h>

#include "../base/problem.h"
#include "log_dir.h"
#include "log_map.h"

struct log_checkpoints {
    kw_offset_checkpoint high_watermarks; /* replication-offset-checkpoint */
    kw_offset_checkpoint recovery_points; /* recovery-point-offset-checkpoint */
    kw_offset_checkpoint start_offsets;   /* log-start-offset-checkpoint */
    kw_offset_checkpoint cleaned;         /* cleaner-offset-checkpoint */
};

/* Reads them into the arena. What is damaged is reported, and the lines before it are used. The status is of a
 * shortage. */
kw_status checkpoints_load(struct log_checkpoints *out, const char *folder, kw_arena *arena,
                           const struct problem_listener *listener);

/* Creates that of the log cleaner, empty, where there is none, as Kafka does at each start: what nobody has cleaned
 * yet.
 */
void checkpoint_create_of_cleaner(struct log_dir *dir);

/* That such a file says something of a log, which must not be said of a later one of its name. */
void checkpoint_note(struct managed_log *log, enum log_checkpoint which, int64_t offset);

/* Writes one of them, with the logs of the list that are in the directory, unless it would be as it was written last.
 * Recovery points are written in any case: so a directory that has failed is noticed though nobody uses it. As Kafka's,
 * the log starts are those of logs whose first segment starts before. What is wrong is a line on the console, once;
 * false. */
bool checkpoint_write(struct log_dir *dir, enum log_checkpoint which, const struct log_list *logs);

#endif

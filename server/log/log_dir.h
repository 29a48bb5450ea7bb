/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_DIR_H
#define SERVER_LOG_LOG_DIR_H

/* One log directory, in Kafka's form: meta.properties says whose data it is, .lock keeps other brokers away, Kafka
 * itself included, .kafka_cleanshutdown says that its logs need not be checked. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/status.h>
#include <kwire/view.h>

#include "../base/file.h"
#include "disk_pace.h"

enum { CLUSTER_ID_SIZE = 128 };

struct identity {
    int32_t node_id;
    char cluster_id[CLUSTER_ID_SIZE];
};

/* An identity that lasts as long as the process. node_id -1: 1. False after a complaint. */
bool identity_create(struct identity *out, int32_t node_id);

struct appender;
struct flusher;

enum log_checkpoint {
    CHECKPOINT_RECOVERY_POINTS,
    CHECKPOINT_LOG_STARTS,
    CHECKPOINT_HIGH_WATERMARKS,
    CHECKPOINT_CLEANED,
    LOG_CHECKPOINTS
};

/* What has been written last, so that only what changes is written. */
struct written_checkpoint {
    bool is_written;
    bool is_failing; /* the last attempt to write it failed */
    uint64_t hash;
};

struct log_dir;

/* Whom a directory tells that it has failed. Called once, on any thread, which may have the turn of a log. */
struct log_dir_listener {
    void (*failed)(void *context, struct log_dir *dir);
    void *context;
};

struct log_dir {
    char *path;
    kw_uuid id;              /* directory.id; zero: it has none */
    size_t folder_count;     /* of partitions, when it was opened, whatever their state */
    bool has_deleted;        /* some of them are to be removed */
    bool has_renamed;        /* folders since its names were synced; under the manager's lock for changes */
    unsigned stale;          /* checkpoints, by bits, that may name logs which are not there any more; as has_renamed */
    bool was_clean;          /* the broker stopped in an orderly way */
    int64_t clean_epoch;     /* with was_clean: the broker epoch of that time; -1: not known */
    bool has_metadata;       /* the first one */
    atomic_bool is_offline;  /* it could not be opened, or has failed: its logs cannot be used until the next start */
    atomic_size_t log_count; /* of live logs */
    atomic_bool is_unclean;  /* a log of it could not be closed */
    struct disk_pace pace;
    struct flusher *flusher;                 /* NULL: nobody writes */
    struct appender *appender;               /* NULL: who appends waits for the disk */
    const struct log_dir_listener *listener; /* NULL: nobody */
    bool is_tried;                           /* of log_creation.c */
    struct written_checkpoint written[LOG_CHECKPOINTS];
};

/* A copy of the path; nothing is opened yet. NULL: there is no memory. */
struct log_dir *log_dir_create(const char *path);
void log_dir_destroy(struct log_dir *dir);

/* Something in the directory could not be read or written, and not because the disk is full or the process short of
 * something: the whole directory is offline, as in Kafka, after a line on the console. False: it has the metadata, and
 * stays in use. */
bool log_dir_fail(struct log_dir *dir);

/* The same for a status, if it is one of that kind; reads errno with KW_ERR_FILE, and keeps it. */
bool log_dir_fail_with(struct log_dir *dir, kw_status status);

/* NULL is a directory that does not fail. */
static inline bool log_dir_is_offline(const struct log_dir *dir)
{
    return dir != NULL && atomic_load_explicit(&dir->is_offline, memory_order_relaxed);
}

/* Creates the directory if it is missing, and locks it for as long as the process runs. TAKEN and FAILED after a
 * complaint. */
enum file_lock_outcome log_dir_lock(const char *path);

/* Reads .kafka_cleanshutdown. The status is of a shortage. */
kw_status log_dir_read_clean(struct log_dir *dir);

/* After the start: whatever happens now, it has to be stopped in an orderly way again. False: errno says why. */
bool log_dir_remove_clean(struct log_dir *dir);

/* At the very end. False: errno says why. */
bool log_dir_write_clean(struct log_dir *dir, int64_t broker_epoch);

#endif

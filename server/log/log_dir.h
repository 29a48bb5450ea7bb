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

enum { CLUSTER_ID_SIZE = 128 };

struct identity {
    int32_t node_id;
    char cluster_id[CLUSTER_ID_SIZE];
};

/* An identity that lasts as long as the process. node_id -1: 1. False after a complaint. */
bool identity_create(struct identity *out, int32_t node_id);

struct flusher;

enum log_checkpoint { CHECKPOINT_RECOVERY_POINTS, CHECKPOINT_LOG_STARTS, CHECKPOINT_HIGH_WATERMARKS, LOG_CHECKPOINTS };

/* What has been written last, so that only what changes is written. */
struct written_checkpoint {
    bool is_written;
    bool is_failing; /* the last attempt to write it failed */
    uint64_t hash;
};

struct log_dir {
    char *path;
    kw_uuid id;              /* directory.id; zero: it has none */
    size_t folder_count;     /* of partitions, when it was opened, whatever their state */
    bool was_clean;          /* the broker stopped in an orderly way */
    int64_t clean_epoch;     /* with was_clean: the broker epoch of that time; -1: not known */
    atomic_bool is_offline;  /* it could not be opened */
    atomic_size_t log_count; /* of live logs */
    atomic_bool is_unclean;  /* a log of it could not be closed */
    struct flusher *flusher; /* NULL: nobody writes */
    struct written_checkpoint written[LOG_CHECKPOINTS];
};

/* A copy of the path; nothing is opened yet. NULL: there is no memory. */
struct log_dir *log_dir_create(const char *path);
void log_dir_destroy(struct log_dir *dir);

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

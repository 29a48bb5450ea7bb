/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_CREATION_H
#define SERVER_LOG_LOG_CREATION_H

/* Which logs there are: created, configured and deleted as the metadata has it. Any thread may call these functions;
 * they wait for the disk, and for each other. Errors are reported on the console. */

#include "log_manager.h"

struct log_wanted {
    kw_string topic;
    kw_uuid topic_id;
    int32_t partition;
    kw_uuid directory; /* directory.id; one that Kafka reserves, as zero: whichever has the fewest logs */
    bool is_new;       /* it has never had a log; else that may be in a directory that is offline */
};

/* Sees to it that there is a log of the partition, with a folder, and that it has these settings: who finds it may
 * append to it. KW_ERR_NO_MEMORY: memory is short, or the disk is full, so that it may be made later. KW_ERR_FILE: it
 * could not be made, or its directory is offline or not known. */
kw_status log_manager_create(struct log_manager *logs, const struct log_wanted *wanted,
                             const struct log_config *config);

/* The directory.id of where the log of a partition is; zero: there is no log, or its directory has no id. */
kw_uuid log_manager_directory(struct log_manager *logs, kw_string topic, int32_t partition);

/* Takes the log of a partition away, if there is one of that topic. Its folder gets another name, and is removed later
 * (see log_upkeep.h). Who has found the log may still read the segments that it has open; all else fails. False: the
 * folder could not be renamed; it is set aside at the next start. The new name is on the disk after
 * log_manager_sync_names(). */
bool log_manager_delete(struct log_manager *logs, kw_string topic, kw_uuid topic_id, int32_t partition);

/* What has been deleted, and set aside by log_manager_keep(), stays so after a loss of power, and no checkpoint names
 * it: one sync for each directory in which folders have been renamed, and each checkpoint that has to change. A topic
 * must not get the name of an earlier one before: it would get its offsets, and its records where the folder has lost
 * its id. False: descriptors, memory or space are short; it is to be called again. */
bool log_manager_sync_names(struct log_manager *logs);

/* Those of log_manager_list(), and those of replicas that were being moved to another directory; is_future says which.
 */
bool log_manager_list_all(struct log_manager *logs, struct log_list *out);

/* Sets the logs aside that no partition of this node has, as folders with the ending -stray: those for which `find` is
 * false, or gives another topic id. Where a folder has no topic id it gets that of `find`. Replicas that were being
 * moved to another directory arrive there. */
void log_manager_keep(struct log_manager *logs,
                      bool (*find)(void *context, kw_string topic, int32_t partition, kw_uuid *topic_id),
                      void *context);

/* [flush.ms] of a log, and the shortest of all; INT64_MAX: there is none. */
int64_t log_manager_flush_ms(struct log_manager *logs, const struct managed_log *log);
int64_t log_manager_shortest_flush_ms(struct log_manager *logs);

/* Frees what the functions above have left; after the logs. */
void log_creation_finish(struct log_manager *logs);

/* The directory of a log; NULL: it has no folder. */
const struct log_dir *log_manager_dir_of(struct partition_log *log);

#endif

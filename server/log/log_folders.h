/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_LOG_FOLDERS_H
#define SERVER_LOG_LOG_FOLDERS_H

/* The folders of partitions in a log directory, made and named as Kafka does it. */

#include <stdint.h>

#include <kwire/status.h>
#include <kwire/storage/names.h>
#include <kwire/view.h>

#include "../base/file.h"
#include "../base/random.h"

/* KW_OK: the folder of a partition has no record, as its creation has failed. EEXIST: it has. */
kw_status log_folder_check_empty(const char *folder);

/* Creates <topic>-<partition> with partition.metadata and the first segment, empty, and stores its path. On an error
 * nothing of it remains; EEXIST: there is such a folder, with records. What it has reaches the disk with the first sync
 * of the log.
 */
kw_status log_folder_create(const char *dir, kw_string topic, int32_t partition, kw_uuid topic_id,
                            char path[KW_PATH_SIZE]);

/* Returns once the disk has the folder's partition.metadata. */
kw_status log_folder_sync_id(const char *folder);

/* What the first sync of a log includes besides its own files, as its folder was created without waiting for the disk:
 * partition.metadata, if there is one, and the folder's name in the log directory. */
kw_status log_folder_sync_first(const char *folder, const char *dir);

/* Writes that of a folder that was there before, and waits for the disk: that of a new folder is synced with its first
 * records, but those of this one may be on the disk already. */
kw_status log_folder_replace_id(const char *folder, kw_uuid topic_id);

/* Renames the folder to <topic>-<partition>.<random>-delete, or -stray, and stores its new path. */
kw_status log_folder_set_aside(const char *dir, const char *folder, kw_string topic, int32_t partition,
                               kw_partition_dir_kind kind, struct random_source *random, char path[KW_PATH_SIZE]);

/* That of <topic>-<partition>. */
kw_status log_folder_path(char path[KW_PATH_SIZE], const char *dir, kw_string topic, int32_t partition);

/* Removes all folders of a log directory that are to be deleted; returns the first error, after trying the others. */
kw_status log_folders_purge(const char *dir);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_REPORT_H
#define KWI_STORAGE_REPORT_H

/* Telling the listener, and paths. */

#include <stdbool.h>
#include <stdio.h>

#include <kwire/storage/file.h>
#include <kwire/storage/problem.h>
#include <kwire/view.h>

/* Whether a file was not read for want of memory or descriptors. That says nothing about the file, so it is no problem
 * to be worked around: who opens something then gets the error, and may come again. Reads errno where the status is
 * KW_ERR_FILE. */
KW_NODISCARD bool kwi_is_shortage(kw_status status);

/* A problem with the file as a whole; reads errno where the status is KW_ERR_FILE. */
void kwi_report_file(const kw_disk_listener *listener, const char *file, kw_status status, const char *detail);

/* A problem at a byte; `offset` is Kafka's, or -1. */
void kwi_report_at(const kw_disk_listener *listener, const char *file, size_t position, int64_t offset,
                   kw_status status, const char *detail);

/* <folder>/<name>; KW_ERR_FILE with errno ENAMETOOLONG. */
KW_NODISCARD kw_status kwi_path(char path[KW_PATH_SIZE], const char *folder, kw_string name);

/* <folder>/<20 digits><suffix>. */
KW_NODISCARD kw_status kwi_segment_path(char path[KW_PATH_SIZE], const char *folder, int64_t offset,
                                        const char *suffix);

#endif

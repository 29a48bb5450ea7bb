/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_LOG_WRITE_FILES_H
#define SERVER_LOG_WRITE_FILES_H

/* The descriptors of files that are written to now and then, one for each log at most. The process keeps a limited
 * number of them open: the one that was used least recently is closed, and opened again when it is needed. Any thread
 * may call these functions; one file is used by one thread at a time. */

#include <stdbool.h>
#include <stddef.h>

#include "../base/file.h"

enum { WRITE_FILES_MAX = 512 };

/* Private fields. One of zero bytes is as after write_file_close(). */
struct write_file {
    struct file file;
    bool is_open;
    struct write_file *next; /* of those that are open and not used, the most recently used first */
    struct write_file *previous;
};

/* The open file; NULL: it has been closed, or was never open, and is to be opened. write_file_end() must follow, unless
 * there is no file. */
struct file *write_file_begin(struct write_file *w);
kw_status write_file_open(struct write_file *w, const char *path, unsigned how, struct file **file);
void write_file_end(struct write_file *w);

/* Not between the two above. */
void write_file_close(struct write_file *w);

/* For tests: another limit. */
void write_files_set_limit(size_t limit);

#endif

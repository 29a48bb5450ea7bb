/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_FILE_CONTENT_H
#define SERVER_BASE_FILE_CONTENT_H

/* The bytes of a file in memory. They are in a buffer that is replaced by a larger one as the file grows. A mapping
 * keeps the buffer that it was made of: what is written later is written to that as well, as far as it reaches, so that
 * a mapping sees what one of the system would, at addresses that do not change.
 *
 * Counted: by the name, by each that has it open, and by each mapping. */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "file.h"

/* What all files together may take. Private fields. */
struct file_quota {
    pthread_mutex_t lock;
    size_t used;
    size_t limit;
};

struct file_content;

/* An empty one with one reference; NULL: there is no memory. */
struct file_content *file_content_create(struct file_quota *quota);
void file_content_share(struct file_content *content);
void file_content_release(struct file_content *content);

kw_status file_content_write(struct file_content *content, size_t position, const kw_span *parts, size_t count);
kw_status file_content_truncate(struct file_content *content, size_t size);
size_t file_content_size(struct file_content *content);
int64_t file_content_modified_ms(struct file_content *content);
void file_content_set_modified(struct file_content *content, int64_t modified_ms);

/* As the functions of file.h. */
kw_status file_content_map(struct file_content *content, struct file_map *map, size_t capacity);
void file_content_unmap(struct file_map *map);
kw_status file_content_load(struct file_content *content, size_t limit, kw_arena *arena, kw_bytes *out);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_FILE_LAYER_H
#define SERVER_BASE_FILE_LAYER_H

/* What is behind file.h: the system's files, files in memory, or those of a test. The process has one layer, so that
 * none of the many who use files has to hand it on. */

#include "file.h"

/* Each does what the function of file.h with its name says, but for the differences stated here. errno is
 * set with KW_ERR_NO_FILE as well: ENOENT or ENOTDIR. */
struct file_layer {
    kw_status (*open)(struct file *file, const char *path, unsigned how);
    kw_status (*close)(struct file *file); /* of one that is open */
    kw_status (*write)(struct file *file, size_t position, const kw_span *parts, size_t count);
    kw_status (*read)(struct file *file, size_t position, void *to, size_t size); /* NULL: a mapping is as fast */
    void (*write_back)(struct file *file, size_t position, size_t size);          /* NULL: nothing is done */
    kw_status (*truncate)(struct file *file, size_t size);
    kw_status (*size)(struct file *file, size_t *size);
    kw_status (*sync)(struct file *file);
    kw_status (*rename)(const char *from, const char *to);
    kw_status (*remove)(const char *path); /* a folder is EISDIR or EPERM */
    kw_status (*look)(const char *path, struct file_facts *out);
    kw_status (*set_modified)(const char *path, int64_t modified_ms);
    kw_status (*map)(struct file_map *file, const char *path, size_t capacity); /* `file` is as FILE_MAP_NONE */
    void (*unmap)(struct file_map *file);                                       /* one that is open */
    bool (*is_resident)(const struct file_map *file, size_t from, size_t to);   /* from < to <= capacity */
    kw_status (*load)(const char *path, size_t limit, kw_arena *arena, kw_bytes *out);
    enum file_lock_outcome (*lock)(const char *folder, const char *path);
    kw_status (*list)(const char *path, kw_arena *arena, struct folder_names *out); /* need not be sorted */
    kw_status (*create_folder)(const char *path);                                   /* one; EEXIST if it exists */
    kw_status (*remove_folder)(const char *path);                                   /* an empty one; else ENOTEMPTY */
    kw_status (*sync_folder)(const char *path);
    kw_status (*space)(const char *path, uint64_t *total, uint64_t *usable);
    bool is_sparse; /* zeros that were never written take no space */
};

/* The system's, which is in use at first. */
extern const struct file_layer file_layer_system;

/* Chooses a layer; it must outlive its use. To be called before any thread starts, and while nothing is open or mapped.
 */
void file_layer_use(const struct file_layer *chosen);

/* The one in use, for a layer that stands in front of another. */
const struct file_layer *file_layer_in_use(void);

/* For layers: adds a copy of a name to what folder_list() returns. */
kw_status folder_names_add(struct folder_names *names, size_t *capacity, kw_string name, kw_arena *arena);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_DISK_H
#define TESTS_FAULTS_DISK_H

/* A disk in memory of which chosen calls fail: a file layer in front of base/file_memory. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/storage/file.h>
#include <kwire/view.h>

/* Kinds of calls; or'ed together. */
enum {
    DISK_OPEN = 1,
    DISK_CREATE = 2, /* opening a file that may be made or emptied */
    DISK_WRITE = 4,
    DISK_TRUNCATE = 8,
    DISK_SIZE = 16,
    DISK_SYNC = 32, /* of files and folders */
    DISK_RENAME = 64,
    DISK_REMOVE = 128, /* of files and folders */
    DISK_LOOK = 256,
    DISK_MAP = 512,
    DISK_LOAD = 1024,
    DISK_LIST = 2048,
    DISK_MAKE_FOLDER = 4096,
    DISK_TOUCH = 8192, /* the time of a file */
    DISK_LOCK = 16384,
    DISK_SPACE = 32768,
    DISK_CLOSE = 65536,
    DISK_CHANGES = DISK_CREATE | DISK_WRITE | DISK_TRUNCATE | DISK_SYNC | DISK_RENAME | DISK_REMOVE | DISK_MAKE_FOLDER |
                   DISK_TOUCH,
    DISK_ALL = 131071
};

enum { DISK_FOREVER = 1 << 30 };

struct disk_plan {
    unsigned kinds;
    size_t pass; /* of these calls, that succeed first */
    size_t fail; /* that fail then */
    int error;
    size_t cut;         /* bytes that a write that fails writes before */
    const char *folder; /* only what is in it; NULL: everything */
    bool keeps;         /* what was not synced is known, for disk_cut_power() */
    bool drops; /* with that: a file of which a sync fails loses what was written since the last one, as pages that
                 * Linux could not write are clean afterwards, and may be dropped */
};

/* An empty one, of which nothing fails. */
void disk_start(void);

/* Nothing may be open. */
void disk_stop(void);

/* From now on; NULL: nothing fails. */
void disk_fail(const struct disk_plan *plan);

/* Nothing fails any more, if something has. */
void disk_recover(void);

/* How many calls the plan has let fail, the kind and the path of the first of them. */
size_t disk_failures(void);
unsigned disk_failed_kind(void);
const char *disk_failed_path(void);

/* Calls that the plan means, so far. */
size_t disk_calls(void);

/* Whether a file has lost what was written to it. */
bool disk_has_dropped(const char **path);

/* Lets nothing reach the disk, as long as it is dead, whatever the plan. */
void disk_die(bool is_dead);

/* All files lose what was written to them since their last sync; their names and sizes stay. Nothing may be open. */
void disk_cut_power(void);

/* ---- what is on it ---- */

/* Calls back for each file, in the order of their paths. The disk must not be changed meanwhile. */
void disk_list(const char *folder, void (*found)(void *context, const char *path, size_t size), void *context);

/* What a file contains, to be freed; NULL: there is no such file. */
uint8_t *disk_read(const char *path, size_t *size);

/* Replaces it, or makes it, and the folders that lead to it. */
void disk_write(const char *path, const uint8_t *bytes, size_t size);

#endif

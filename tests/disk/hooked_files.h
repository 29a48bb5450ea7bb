/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DISK_HOOKED_FILES_H
#define TESTS_DISK_HOOKED_FILES_H

/* The broker's files in memory (base/file_memory), with hooks before and after each call: what tests make of them is a
 * disk that fails, dies, loses its power, or is recorded. There is one set of files, and one thread. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/file_layer.h"
#include "numbers.h"

/* Kinds of calls; or'ed together. */
enum {
    CALL_OPEN = 1,
    CALL_CREATE = 2, /* opening a file that may be made or emptied */
    CALL_WRITE = 4,
    CALL_TRUNCATE = 8,
    CALL_SIZE = 16,
    CALL_SYNC = 32, /* of files and folders */
    CALL_RENAME = 64,
    CALL_REMOVE = 128, /* of files and folders */
    CALL_LOOK = 256,
    CALL_MAP = 512,
    CALL_LOAD = 1024,
    CALL_LIST = 2048,
    CALL_MAKE_FOLDER = 4096,
    CALL_TOUCH = 8192, /* the time of a file */
    CALL_LOCK = 16384, /* which may make the file */
    CALL_SPACE = 32768,
    CALL_CLOSE = 65536,
    CALL_CHANGES = CALL_CREATE | CALL_WRITE | CALL_TRUNCATE | CALL_SYNC | CALL_RENAME | CALL_REMOVE | CALL_MAKE_FOLDER |
                   CALL_TOUCH,
    CALL_ALL = 131071,
    CALL_PAGES = 131072 /* after CALL_MAP has succeeded: refused, no page of that mapping can be read */
};

struct file_call {
    unsigned kind;
    const char *path;  /* of a file that is open: when it was opened */
    const char *to;    /* of a rename */
    struct file *file; /* CALL_WRITE, _TRUNCATE, _SIZE, _SYNC, _CLOSE: as file_layer_memory knows it */
    bool is_folder;    /* CALL_SYNC, _REMOVE: of a folder */
    bool makes;        /* CALL_CREATE, _LOCK: there is no such file yet */
    bool empties;      /* CALL_CREATE: what the file contains is removed */
    size_t position;   /* CALL_WRITE, and the next three */
    size_t size;       /* in all; CALL_TRUNCATE: of the file */
    const kw_span *parts;
    size_t count;
    size_t some;         /* a hook that refuses may let so many of the bytes be written */
    int64_t modified_ms; /* CALL_TOUCH */
    int32_t number;      /* for `after`: of the file or folder; numbers.h */
    int32_t replaced;    /* for `after`, CALL_RENAME: of the file that had the other name; NO_NUMBER: there was none */
};

struct file_hooks {
    bool (*before)(struct file_call *call);      /* false: it fails; errno says why */
    void (*after)(const struct file_call *call); /* CALL_CHANGES, _OPEN, _LOCK: it has succeeded */
    bool is_sparse;                              /* segments are preallocated */
};

/* No files yet, and at most `capacity` bytes of them later. The hooks must stay. */
void hooked_files_start(size_t capacity, const struct file_hooks *hooks);

/* Nothing may be open. The system's files are in use again. */
void hooked_files_stop(void);

/* Whether the hooks are called. */
void hooked_files_hook(bool hooks);

#endif

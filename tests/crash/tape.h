/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CRASH_TAPE_H
#define TESTS_CRASH_TAPE_H

/* The broker's files, in memory, and all that changes them, in order: what state.h builds crashes of. There is one
 * tape, and one set of files. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum op_kind {
    OP_CREATE, /* a file, empty */
    OP_FOLDER, /* a folder, empty */
    OP_WRITE,
    OP_TRUNCATE, /* to `size`, shorter or longer */
    OP_SYNC,
    OP_SYNC_FOLDER,
    OP_RENAME, /* replaces what has the other name */
    OP_REMOVE, /* a file or an empty folder */
    OP_TOUCH   /* sets its time */
};

/* Files and folders have numbers, which their names do not change; that of the root is 0. */
struct op {
    enum op_kind kind;
    uint32_t node;         /* what is changed or synced */
    uint32_t from, to;     /* folders of the names */
    const char *from_name; /* of a rename and a removal */
    const char *to_name;   /* of a rename, a new file or folder */
    const uint8_t *bytes;  /* of a write */
    size_t position;       /* of a write */
    size_t size;           /* of a write or truncation */
    int64_t time;          /* of OP_TOUCH, else when it was done; ms since 1970 */
    int64_t now;           /* of the monotonic clock */
};

struct tape {
    struct op *ops;
    size_t count, capacity;
    uint32_t nodes; /* numbers that have been given */
};

extern struct tape tape;

/* Files are in memory from now on, with none but the root; nothing is recorded. */
void tape_load(void);

/* Removes all files; the system's are in use again. */
void tape_unload(void);

/* What is there counts as on the disk; all further changes are recorded. */
void tape_record(void);

/* Nothing more is recorded; what was stays. */
void tape_pause(void);
bool tape_is_recording(void);

/* Forgets what was recorded. */
void tape_forget(void);

/* The process is killed: no change and no sync succeeds until the next one is started. */
void tape_kill(void);
void tape_revive(void);

/* A digest of names and contents in a folder without folders; 0: there is none. Zeros at the end of a file do not
 * count: they are what is preallocated. With `segments` only of segments. */
uint64_t tape_digest(const char *path, bool segments);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_STORAGE_FOLDER_H
#define KWI_STORAGE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include <kwire/arena.h>
#include <kwire/status.h>
#include <kwire/view.h>

typedef struct kwi_names {
    kw_string *items; /* sorted by their bytes; each has a zero byte behind it */
    size_t len;
} kwi_names;

/* What is in a folder, "." and ".." left out, copied to the arena. KW_ERR_NO_FILE, KW_ERR_FILE, and the arena's. */
KW_NODISCARD kw_status kwi_list_folder(const char *path, kw_arena *arena, kwi_names *out);

/* Whether the path is that of a folder. */
KW_NODISCARD bool kwi_is_folder(const char *path);

/* `*items` with room for one more after `len`, copied to twice the room when it is full; NULL if the arena is. */
KW_NODISCARD void *kwi_room(kw_arena *arena, void *items, size_t len, size_t *capacity, size_t item_size);

/* A copy with a zero byte behind it; data is NULL if the arena is full. Null stays null. */
KW_NODISCARD kw_string kwi_copy_string(kw_arena *arena, kw_string s);

#endif

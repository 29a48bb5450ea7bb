/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_UNREADABLE_PAGES_H
#define TESTS_SERVER_SUPPORT_UNREADABLE_PAGES_H

/* A file layer in front of the system's by which files are mapped of which the disk cannot read pages: the mapping is
 * that of a copy, which is truncated once it is mapped.
 *
 *     unreadable_pages_start(folder);                where the copies are made
 *     unreadable_pages_plan(".log", 4096);           files whose name ends so, from the second page on
 *     ...
 *     unreadable_pages_plan(".log", SIZE_MAX);       all can be read, but of the one that is mapped last
 *     ...
 *     unreadable_pages_lose(4096);                   from now on only the first page
 *     ...
 *     unreadable_pages_stop();
 */

#include "../../unit/disk_support.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/file_layer.h"
#include "base/file_reading.h"

static struct {
    const struct file_layer *below;
    struct file_layer layer;
    char copy[KW_PATH_SIZE];
    const char *name_ends; /* NULL: all can be read */
    size_t readable;
    unsigned mapped; /* such files */
    int last;        /* the copy of the last one; -1: none */
} unreadable_pages;

static inline bool unreadable_pages_are_of(const char *path)
{
    const char *end = unreadable_pages.name_ends;
    return end != NULL && strlen(path) >= strlen(end) && strcmp(path + strlen(path) - strlen(end), end) == 0;
}

static inline kw_status unreadable_pages_map(struct file_map *file, const char *path, size_t capacity)
{
    if (!unreadable_pages_are_of(path))
        return unreadable_pages.below->map(file, path, capacity);
    kw_bytes whole = read_file(path);
    write_file(unreadable_pages.copy, whole.data, (size_t)whole.len);
    kw_status status = unreadable_pages.below->map(file, unreadable_pages.copy, capacity);
    size_t kept = unreadable_pages.readable < (size_t)whole.len ? unreadable_pages.readable : (size_t)whole.len;
    if (unreadable_pages.last >= 0)
        close(unreadable_pages.last);
    unreadable_pages.last = open(unreadable_pages.copy, O_WRONLY | O_CLOEXEC);
    assert_true(unreadable_pages.last >= 0);
    assert_int_equal(ftruncate(unreadable_pages.last, (off_t)kept), 0);
    assert_int_equal(unlink(unreadable_pages.copy), 0);
    unreadable_pages.mapped++;
    return status;
}

/* To be called in the test itself, for which cmocka has taken the signal. */
static inline void unreadable_pages_plan(const char *name_ends, size_t readable)
{
    assert_true(file_reading_take_signal());
    unreadable_pages.name_ends = name_ends;
    unreadable_pages.readable = readable;
    unreadable_pages.mapped = 0;
}

static inline void unreadable_pages_lose(size_t readable)
{
    assert_true(unreadable_pages.last >= 0);
    assert_int_equal(ftruncate(unreadable_pages.last, (off_t)readable), 0);
}

static inline void unreadable_pages_start(const char *folder)
{
    unreadable_pages.last = -1;
    unreadable_pages.below = file_layer_in_use();
    unreadable_pages.layer = *unreadable_pages.below;
    unreadable_pages.layer.map = unreadable_pages_map;
    assert_status(path_join(unreadable_pages.copy, folder, kw_string_of("unreadable-copy")), KW_OK);
    unreadable_pages_plan(NULL, 0);
    file_layer_use(&unreadable_pages.layer);
}

static inline void unreadable_pages_stop(void)
{
    file_layer_use(unreadable_pages.below);
    if (unreadable_pages.last >= 0)
        close(unreadable_pages.last);
}

#endif

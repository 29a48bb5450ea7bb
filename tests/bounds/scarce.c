/* SPDX-License-Identifier: Apache-2.0 */
#include "scarce.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#ifdef __linux__
#include <sys/epoll.h>
#include <sys/eventfd.h>
#endif

#include <kwire/arena.h>

enum { MOST_DESCRIPTORS = 1024 };

static atomic_size_t calls, fail_at, blocks;
static atomic_int failing;
static atomic_bool counts_arenas;

/* The names are the linker's. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *memory);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
DIR *__real_opendir(const char *path);
void *__real_kwi_arena_grow(kw_arena *arena, size_t size);
void __real_kw_arena_reset(kw_arena *arena);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *memory);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument);
DIR *__wrap_opendir(const char *path);
void *__wrap_kwi_arena_grow(kw_arena *arena, size_t size);
void __wrap_kw_arena_reset(kw_arena *arena);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

void scarce_fail_at(scarce_kind kind, size_t n)
{
    atomic_store(&failing, kind);
    atomic_store(&fail_at, n);
    atomic_store(&calls, 0);
}

bool scarce_has_failed(void)
{
    return atomic_load(&fail_at) != 0 && atomic_load(&calls) >= atomic_load(&fail_at);
}

size_t scarce_blocks(void)
{
    return atomic_load(&blocks);
}

size_t open_descriptors(void)
{
    size_t count = 0;
    for (int fd = 0; fd < MOST_DESCRIPTORS; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static bool is_refused(scarce_kind kind)
{
    if (atomic_load(&failing) != (int)kind || atomic_fetch_add(&calls, 1) + 1 != atomic_load(&fail_at))
        return false;
    errno = kind == SCARCE_MEMORY ? ENOMEM : EMFILE;
    return true;
}

/* ---- memory ---- */

static void *counted(void *block)
{
    if (block != NULL)
        atomic_fetch_add(&blocks, 1);
    return block;
}

void *__wrap_malloc(size_t size)
{
    return is_refused(SCARCE_MEMORY) ? NULL : counted(__real_malloc(size));
}

void *__wrap_calloc(size_t count, size_t size)
{
    return is_refused(SCARCE_MEMORY) ? NULL : counted(__real_calloc(count, size));
}

void *__wrap_realloc(void *old, size_t size)
{
    if (is_refused(SCARCE_MEMORY))
        return NULL;
    void *block = __real_realloc(old, size);
    return old == NULL ? counted(block) : block;
}

char *__wrap_strdup(const char *text)
{
    return is_refused(SCARCE_MEMORY) ? NULL : counted(__real_strdup(text));
}

void __wrap_free(void *memory)
{
    if (memory != NULL)
        atomic_fetch_sub(&blocks, 1);
    __real_free(memory);
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *argument)
{
    return is_refused(SCARCE_MEMORY) ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}

/* ---- arenas ---- */

/* As in lib/arena.c. */
struct kwi_arena_block {
    struct kwi_arena_block *older;
    size_t size; /* with this header */
};

void scarce_count_arenas(void)
{
    atomic_store(&counts_arenas, true);
}

/* The end of a block is hidden, so that each allocation comes here. */
static void hide_end(kw_arena *arena)
{
    if (arena->grown != NULL)
        arena->end = arena->pos;
}

static void *take(kw_arena *arena, size_t size)
{
    if (arena->grown != NULL) {
        size_t padded = (size + (KW_ARENA_ALIGN - 1)) & ~(KW_ARENA_ALIGN - 1);
        size_t left = (size_t)((uint8_t *)arena->grown + arena->grown->size - arena->pos);
        if (padded >= size && padded <= left) {
            arena->pos += padded;
            return arena->pos - padded;
        }
    }
    return __real_kwi_arena_grow(arena, size);
}

void *__wrap_kwi_arena_grow(kw_arena *arena, size_t size)
{
    if (!atomic_load(&counts_arenas) || arena->allocator == NULL)
        return __real_kwi_arena_grow(arena, size);
    if (is_refused(SCARCE_MEMORY)) {
        arena->status = KW_ERR_NO_MEMORY;
        return NULL;
    }
    void *memory = take(arena, size);
    hide_end(arena);
    return memory;
}

void __wrap_kw_arena_reset(kw_arena *arena)
{
    __real_kw_arena_reset(arena);
    if (atomic_load(&counts_arenas))
        hide_end(arena);
}

/* ---- descriptors ---- */

#ifdef __linux__
int __real_epoll_create1(int flags);
int __wrap_epoll_create1(int flags);
int __real_eventfd(unsigned value, int flags);
int __wrap_eventfd(unsigned value, int flags);

int __wrap_epoll_create1(int flags)
{
    return is_refused(SCARCE_DESCRIPTORS) ? -1 : __real_epoll_create1(flags);
}

int __wrap_eventfd(unsigned value, int flags)
{
    return is_refused(SCARCE_DESCRIPTORS) ? -1 : __real_eventfd(value, flags);
}
#endif

DIR *__wrap_opendir(const char *path)
{
    return is_refused(SCARCE_DESCRIPTORS) ? NULL : __real_opendir(path);
}

static int open_unless_refused(const char *path, int flags, int mode)
{
    return is_refused(SCARCE_DESCRIPTORS) ? -1 : openat(AT_FDCWD, path, flags, mode);
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = (flags & O_CREAT) != 0 ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return open_unless_refused(path, flags, mode);
}

/* The name of open() with a 64-bit off_t. */
int __wrap_open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = (flags & O_CREAT) != 0 ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return open_unless_refused(path, flags, mode);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "file_content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"

/* Smaller buffers are of the allocator. Larger ones take address space, and memory as they are touched. */
enum { SMALLEST = 256, LARGEST_ALLOCATED = 64 * 1024 };

/* Bytes above the size of the file are zero. */
struct buffer {
    struct file_content *content;
    struct buffer *older; /* mapped ones that a larger one has replaced */
    size_t mappings;
    uint8_t *data;
    size_t capacity;
    size_t charged; /* bytes of the quota */
};

struct file_content {
    pthread_mutex_t lock; /* of all that follows */
    struct file_quota *quota;
    size_t references;
    struct buffer *buffer; /* NULL: nothing was written or mapped yet */
    size_t size;
    int64_t modified_ms;
};

/* ---- the quota ---- */

static bool charge(struct file_quota *quota, size_t size)
{
    (void)pthread_mutex_lock(&quota->lock);
    bool fits = size <= quota->limit - quota->used;
    if (fits)
        quota->used += size;
    (void)pthread_mutex_unlock(&quota->lock);
    return fits;
}

static void discharge(struct file_quota *quota, size_t size)
{
    (void)pthread_mutex_lock(&quota->lock);
    quota->used -= size;
    (void)pthread_mutex_unlock(&quota->lock);
}

/* ---- buffers ---- */

static struct buffer *create_buffer(struct file_content *content, size_t capacity)
{
    struct buffer *buffer = calloc(1, sizeof *buffer);
    if (buffer == NULL)
        return NULL;
    if (capacity <= LARGEST_ALLOCATED) {
        buffer->data = calloc(1, capacity);
    } else {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS;
#ifdef MAP_NORESERVE
        flags |= MAP_NORESERVE;
#endif
        void *data = mmap(NULL, capacity, PROT_READ | PROT_WRITE, flags, -1, 0);
        buffer->data = data != MAP_FAILED ? data : NULL;
    }
    if (buffer->data == NULL) {
        free(buffer);
        return NULL;
    }
    buffer->content = content;
    buffer->capacity = capacity;
    return buffer;
}

static void free_buffer(struct buffer *buffer)
{
    discharge(buffer->content->quota, buffer->charged);
    if (buffer->capacity <= LARGEST_ALLOCATED)
        free(buffer->data);
    else
        (void)munmap(buffer->data, buffer->capacity);
    free(buffer);
}

/* Makes bytes zero, and gives back the memory of whole pages. */
static void clear(struct buffer *buffer, size_t from, size_t to)
{
#ifdef __linux__
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (from + page - 1) / page * page;
    if (buffer->capacity > LARGEST_ALLOCATED && whole < to &&
        madvise(buffer->data + whole, to - whole, MADV_DONTNEED) == 0)
        to = whole;
#endif
    memset(buffer->data + from, 0, to - from);
}

/* How many bytes of a buffer a file of this size takes. */
static size_t part_of(const struct buffer *buffer, size_t size)
{
    return size < buffer->capacity ? size : buffer->capacity;
}

/* Charges the quota for a file of this size, for all buffers or for none of them. */
static bool charge_buffers(struct file_content *content, size_t size)
{
    size_t more = 0;
    for (const struct buffer *b = content->buffer; b != NULL; b = b->older)
        if (part_of(b, size) > b->charged)
            more += part_of(b, size) - b->charged;
    if (more != 0 && !charge(content->quota, more))
        return false;
    for (struct buffer *b = content->buffer; more != 0 && b != NULL; b = b->older)
        if (part_of(b, size) > b->charged)
            b->charged = part_of(b, size);
    return true;
}

/* A buffer of at least this capacity with what the file contains. The one before remains as long as it is mapped. */
static bool reserve(struct file_content *content, size_t capacity)
{
    struct buffer *before = content->buffer;
    if (before != NULL && capacity <= before->capacity)
        return true;
    size_t larger = before != NULL && before->capacity <= SIZE_MAX / 4 ? before->capacity * 2 : SMALLEST;
    struct buffer *buffer = create_buffer(content, larger > capacity ? larger : capacity);
    if (buffer == NULL)
        return false;
    bool keep = before != NULL && before->mappings != 0;
    if (keep && !charge(content->quota, content->size)) {
        free_buffer(buffer);
        return false;
    }
    buffer->charged = content->size;
    if (content->size != 0)
        memcpy(buffer->data, before->data, content->size);
    content->buffer = buffer;
    buffer->older = before;
    if (before != NULL && !keep) {
        before->charged = 0; /* the new one has it */
        buffer->older = before->older;
        free_buffer(before);
    }
    return true;
}

/* ---- content ---- */

struct file_content *file_content_create(struct file_quota *quota)
{
    struct file_content *content = calloc(1, sizeof *content);
    if (content != NULL && pthread_mutex_init(&content->lock, NULL) != 0) {
        free(content);
        return NULL;
    }
    if (content != NULL) {
        content->quota = quota;
        content->references = 1;
        content->modified_ms = clock_wall_ms();
    }
    return content;
}

static void lock(struct file_content *content)
{
    (void)pthread_mutex_lock(&content->lock);
}

static void unlock(struct file_content *content)
{
    (void)pthread_mutex_unlock(&content->lock);
}

void file_content_share(struct file_content *content)
{
    lock(content);
    content->references++;
    unlock(content);
}

void file_content_release(struct file_content *content)
{
    lock(content);
    bool last = --content->references == 0;
    unlock(content);
    if (!last)
        return;
    for (struct buffer *b = content->buffer, *older; b != NULL; b = older) {
        older = b->older;
        free_buffer(b);
    }
    (void)pthread_mutex_destroy(&content->lock);
    free(content);
}

/* Capacity and quota for a file that becomes this long. */
static kw_status lengthen(struct file_content *content, size_t size)
{
    if (size <= content->size)
        return KW_OK;
    if (reserve(content, size) && charge_buffers(content, size)) {
        content->size = size;
        return KW_OK;
    }
    errno = ENOSPC;
    return KW_ERR_FILE;
}

static void copy_part(struct file_content *content, size_t position, kw_span part)
{
    for (struct buffer *b = content->buffer; b != NULL; b = b->older)
        if (position < b->capacity)
            memcpy(b->data + position, part.data,
                   part.size < b->capacity - position ? part.size : b->capacity - position);
}

kw_status file_content_write(struct file_content *content, size_t position, const kw_span *parts, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > SIZE_MAX - position - size) {
            errno = EFBIG;
            return KW_ERR_FILE;
        }
        size += parts[i].size;
    }
    if (size == 0)
        return KW_OK;
    lock(content);
    kw_status status = lengthen(content, position + size);
    for (size_t i = 0; status == KW_OK && i < count; position += parts[i++].size)
        if (parts[i].size != 0)
            copy_part(content, position, parts[i]);
    content->modified_ms = clock_wall_ms();
    unlock(content);
    return status;
}

static void shorten(struct file_content *content, size_t size)
{
    for (struct buffer *b = content->buffer; b != NULL; b = b->older) {
        size_t from = part_of(b, size), to = part_of(b, content->size);
        if (from == to)
            continue;
        clear(b, from, to);
        discharge(content->quota, b->charged - from);
        b->charged = from;
    }
    content->size = size;
}

kw_status file_content_truncate(struct file_content *content, size_t size)
{
    kw_status status = KW_OK;
    lock(content);
    if (size < content->size)
        shorten(content, size);
    else
        status = lengthen(content, size);
    content->modified_ms = clock_wall_ms();
    unlock(content);
    return status;
}

size_t file_content_size(struct file_content *content)
{
    lock(content);
    size_t size = content->size;
    unlock(content);
    return size;
}

int64_t file_content_modified_ms(struct file_content *content)
{
    lock(content);
    int64_t modified_ms = content->modified_ms;
    unlock(content);
    return modified_ms;
}

void file_content_set_modified(struct file_content *content, int64_t modified_ms)
{
    lock(content);
    content->modified_ms = modified_ms;
    unlock(content);
}

/* ---- mappings ---- */

kw_status file_content_map(struct file_content *content, struct file_map *map, size_t capacity)
{
    lock(content);
    if (capacity < content->size)
        capacity = content->size;
    bool reserved = reserve(content, capacity);
    if (reserved) {
        content->buffer->mappings++;
        content->references++;
        map->data = content->buffer->data;
        map->size = content->size;
        map->capacity = capacity;
        map->content = content->buffer;
        map->is_open = true;
    }
    unlock(content);
    if (!reserved)
        errno = ENOMEM;
    return reserved ? KW_OK : KW_ERR_FILE;
}

void file_content_unmap(struct file_map *map)
{
    struct buffer *buffer = map->content;
    struct file_content *content = buffer->content;
    lock(content);
    if (--buffer->mappings == 0 && buffer != content->buffer) {
        struct buffer *newer = content->buffer;
        while (newer->older != buffer)
            newer = newer->older;
        newer->older = buffer->older;
        free_buffer(buffer);
    }
    unlock(content);
    file_content_release(content);
}

kw_status file_content_load(struct file_content *content, size_t limit, kw_arena *arena, kw_bytes *out)
{
    kw_status status = KW_OK;
    uint8_t *copy = NULL;
    lock(content);
    size_t size = content->size;
    bool fits = size <= limit && size <= INT32_MAX;
    if (fits && (copy = kw_arena_alloc(arena, size)) == NULL)
        status = kw_arena_status(arena);
    else if (fits && size != 0)
        memcpy(copy, content->buffer->data, size);
    unlock(content);
    if (!fits) {
        errno = EFBIG;
        return KW_ERR_FILE;
    }
    out->data = copy;
    out->len = status == KW_OK ? (int32_t)size : 0;
    return status;
}

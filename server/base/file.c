/* SPDX-License-Identifier: Apache-2.0 */
#include "file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "growth.h"

bool is_shortage(kw_status status)
{
    if (status == KW_ERR_FILE)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    return status == KW_ERR_NO_MEMORY || status == KW_ERR_MEMORY_LIMIT;
}

static kw_status check_path(kw_status status)
{
    if (status == KW_OK)
        return KW_OK;
    errno = ENAMETOOLONG;
    return KW_ERR_FILE;
}

kw_status path_join(char path[KW_PATH_SIZE], const char *folder, kw_string name)
{
    return check_path(kw_file_path(path, KW_PATH_SIZE, folder, name));
}

kw_status path_of_segment(char path[KW_PATH_SIZE], const char *folder, kw_segment_file file, int64_t offset)
{
    return check_path(kw_segment_path(path, KW_PATH_SIZE, folder, kw_segment_name_of(file, offset)));
}

static kw_status open_regular(const char *path, int *descriptor, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? KW_ERR_NO_FILE : KW_ERR_FILE;
    struct stat st;
    int error = 0;
    if (fstat(fd, &st) != 0)
        error = errno;
    else if (!S_ISREG(st.st_mode))
        error = EINVAL;
    else if ((uintmax_t)st.st_size > (uintmax_t)PTRDIFF_MAX)
        error = EFBIG;
    if (error != 0) {
        (void)close(fd);
        errno = error;
        return KW_ERR_FILE;
    }
    *descriptor = fd;
    *size = (size_t)st.st_size;
    return KW_OK;
}

/* ---- mappings ---- */

kw_status file_map_open(struct file_map *file, const char *path)
{
    static const uint8_t nothing = 0;
    const struct file_map none = FILE_MAP_NONE;
    *file = none;
    int fd;
    size_t size;
    kw_status status = open_regular(path, &fd, &size);
    if (status != KW_OK)
        return status;
    const void *data = size != 0 ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : &nothing;
    int error = errno;
    (void)close(fd); /* a mapping needs no descriptor */
    if (data == MAP_FAILED) {
        errno = error;
        return KW_ERR_FILE;
    }
    file->data = data;
    file->size = size;
    file->is_open = true;
    return KW_OK;
}

void file_map_close(struct file_map *file)
{
    const struct file_map none = FILE_MAP_NONE;
    if (file->is_open && file->size != 0)
        (void)munmap((void *)(uintptr_t)file->data, file->size); /* munmap() takes a pointer to what is not const */
    *file = none;
}

/* Where the system cannot tell, nothing is said to wait. */
bool file_map_is_resident(const struct file_map *file, size_t from, size_t to)
{
#ifdef __linux__
    enum { PAGES = 1024 };
    unsigned char pages[PAGES];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    to = file->is_open && to < file->size ? to : file->is_open ? file->size : 0;
    for (from = from / page * page; from < to; from += PAGES * page) {
        size_t size = to - from < PAGES * page ? to - from : PAGES * page;
        if (mincore((void *)((uintptr_t)file->data + from), size, pages) != 0)
            return false;
        for (size_t i = 0; i < (size + page - 1) / page; i++)
            if ((pages[i] & 1) == 0)
                return false;
    }
#else
    (void)file;
    (void)from;
    (void)to;
#endif
    return true;
}

/* ---- small files ---- */

/* Reads `size` bytes, or up to the end of the file, which may have shrunk since fstat(). */
static bool read_all(int fd, uint8_t *to, size_t size, size_t *got)
{
    *got = 0;
    while (*got < size) {
        ssize_t n = read(fd, to + *got, size - *got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        if (n == 0)
            break;
        *got += (size_t)n;
    }
    return true;
}

kw_status file_load(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
{
    return kw_file_load(path, limit, arena, out);
}

char *file_read(const char *path, size_t limit, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    uint8_t *text = fd >= 0 ? malloc(limit) : NULL;
    bool read = text != NULL && read_all(fd, text, limit, size);
    int error = errno;
    if (fd >= 0)
        (void)close(fd);
    if (!read) {
        free(text);
        text = NULL;
    }
    errno = error;
    return (char *)text;
}

bool file_exists(const char *path)
{
    return access(path, F_OK) == 0;
}

int64_t file_modified_ms(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return -1;
    return (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
}

static bool write_all(int fd, const char *data, size_t size)
{
    while (size != 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        size -= (size_t)n;
    }
    return true;
}

static bool write_and_sync(const char *path, kw_string text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    bool written = write_all(fd, text.data, (size_t)text.len) && fsync(fd) == 0;
    return close(fd) == 0 && written;
}

static bool folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        (void)close(fd);
    return synced;
}

bool file_replace(const char *folder, const char *name, kw_string text)
{
    char path[KW_PATH_SIZE], unfinished[KW_PATH_SIZE];
    int n = snprintf(unfinished, sizeof unfinished, "%s/%s.tmp", folder, name);
    if (path_join(path, folder, kw_string_of(name)) != KW_OK || n < 0 || (size_t)n >= sizeof unfinished)
        return false;
    return write_and_sync(unfinished, text) && rename(unfinished, path) == 0 && folder_sync(folder);
}

/* ---- locks ---- */

/* A medium that cannot be written to keeps other processes away as well as a lock does. */
static int open_lock(const char *path, short *type)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    *type = F_WRLCK;
    if (fd < 0 && (errno == EROFS || errno == EACCES)) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        *type = F_RDLCK;
    }
    return fd;
}

enum file_lock_outcome file_lock(const char *folder, const char *name)
{
    char path[KW_PATH_SIZE];
    struct flock whole = {.l_whence = SEEK_SET};
    if (path_join(path, folder, kw_string_of(name)) != KW_OK)
        return FILE_LOCK_FAILED;
    int fd = open_lock(path, &whole.l_type);
    if (fd < 0)
        return errno == ENOENT && access(folder, W_OK) != 0 ? FILE_LOCKED : FILE_LOCK_FAILED;
    if (fcntl(fd, F_SETLK, &whole) == 0)
        return FILE_LOCKED;
    int error = errno;
    (void)close(fd);
    errno = error;
    return error == EACCES || error == EAGAIN ? FILE_LOCK_TAKEN : FILE_LOCK_FAILED;
}

/* ---- folders ---- */

bool folder_create(const char *path)
{
    char part[KW_PATH_SIZE];
    size_t size = strlen(path);
    if (size >= sizeof part) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (size_t i = 1; i <= size; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b)
{
    return kw_string_compare(*(const kw_string *)a, *(const kw_string *)b);
}

static kw_status add(struct folder_names *names, size_t *capacity, const char *name, kw_arena *arena)
{
    void *items = arena_grow(arena, names->items, names->len, capacity, sizeof *names->items);
    if (items == NULL)
        return kw_arena_status(arena);
    names->items = items;
    kw_string copy = arena_copy_string(arena, kw_string_of(name));
    if (copy.data == NULL)
        return kw_arena_status(arena);
    names->items[names->len++] = copy;
    return KW_OK;
}

bool folder_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

kw_status folder_list(const char *path, kw_arena *arena, struct folder_names *out)
{
    out->items = NULL;
    out->len = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT ? KW_ERR_NO_FILE : KW_ERR_FILE;
    size_t capacity = 0;
    kw_status status = KW_OK;
    const struct dirent *entry;
    errno = 0;
    while (status == KW_OK && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = add(out, &capacity, entry->d_name, arena);
        errno = 0;
    }
    int error = errno;
    (void)closedir(folder);
    if (status == KW_OK && error != 0) {
        errno = error;
        return KW_ERR_FILE;
    }
    if (out->len > 1)
        qsort(out->items, out->len, sizeof *out->items, compare_names);
    return status;
}

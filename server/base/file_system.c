/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* for sync_file_range() */
#include "file_layer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include "file_reading.h"

/* What errno says about a path. */
static kw_status status_of_path(void)
{
    return errno == ENOENT || errno == ENOTDIR ? KW_ERR_NO_FILE : KW_ERR_FILE;
}

static kw_status status_of(int result)
{
    return result == 0 ? KW_OK : KW_ERR_FILE;
}

static void close_keeping_errno(int fd)
{
    int error = errno;
    (void)close(fd);
    errno = error;
}

/* ---- files that are written ---- */

static int descriptor(const struct file *file)
{
    return (int)file->handle;
}

static kw_status open_file(struct file *file, const char *path, unsigned how)
{
    int flags = O_RDWR | O_CLOEXEC | ((how & FILE_CREATE) != 0 ? O_CREAT : 0) |
                ((how & FILE_EXCLUSIVE) != 0 ? O_EXCL : 0) | ((how & FILE_TRUNCATE) != 0 ? O_TRUNC : 0);
    int fd = open(path, flags, 0666);
    if (fd < 0)
        return status_of_path();
    file->handle = fd;
    return KW_OK;
}

static kw_status close_file(struct file *file)
{
    return close(descriptor(file)) == 0 || errno == EINTR ? KW_OK : KW_ERR_FILE;
}

/* Takes up to `limit` parts, of which the first begins at `skip`. */
static int take_parts(struct iovec *to, int limit, const kw_span *parts, size_t count, size_t skip)
{
    int taken = 0;
    for (size_t i = 0; i < count && taken < limit; i++, skip = 0, taken++) {
        to[taken].iov_base = (void *)((uintptr_t)parts[i].data + skip); /* iovec has no const */
        to[taken].iov_len = parts[i].size - skip;
    }
    return taken;
}

static kw_status write_file(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    enum { PARTS = 64 };
    struct iovec vector[PARTS];
    size_t skip = 0; /* of the first part that is left */
    for (;;) {
        for (; count != 0 && skip == parts->size; skip = 0, count--)
            parts++;
        if (count == 0)
            return KW_OK;
        ssize_t n = pwritev(descriptor(file), vector, take_parts(vector, PARTS, parts, count, skip), (off_t)position);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO; /* which no system does */
        if (n <= 0)
            return KW_ERR_FILE;
        position += (size_t)n;
        for (skip += (size_t)n; count != 0 && skip >= parts->size; count--)
            skip -= parts++->size;
    }
}

static kw_status read_file(struct file *file, size_t position, void *to, size_t size)
{
    for (uint8_t *at = to; size != 0;) {
        ssize_t n = pread(descriptor(file), at, size, (off_t)position);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return KW_ERR_FILE;
        at += n;
        position += (size_t)n;
        size -= (size_t)n;
    }
    return KW_OK;
}

/* Reports no error, so that whoever syncs finds it. */
#ifdef SYNC_FILE_RANGE_WRITE
static void write_back(struct file *file, size_t position, size_t size)
{
    (void)sync_file_range(descriptor(file), (off_t)position, (off_t)size, SYNC_FILE_RANGE_WRITE);
}
#endif

static kw_status truncate_file(struct file *file, size_t size)
{
    int result;
    do
        result = ftruncate(descriptor(file), (off_t)size);
    while (result != 0 && errno == EINTR);
    return status_of(result);
}

static kw_status size_of_file(struct file *file, size_t *size)
{
    struct stat st;
    if (fstat(descriptor(file), &st) != 0)
        return KW_ERR_FILE;
    *size = (size_t)st.st_size;
    return KW_OK;
}

/* fdatasync() writes the size as well, as the data could not be read without it; it leaves out times. */
static kw_status sync_file(struct file *file)
{
#if defined(_POSIX_SYNCHRONIZED_IO) && _POSIX_SYNCHRONIZED_IO > 0
    return status_of(fdatasync(descriptor(file)));
#else
    return status_of(fsync(descriptor(file)));
#endif
}

/* ---- names ---- */

static kw_status rename_path(const char *from, const char *to)
{
    return rename(from, to) == 0 ? KW_OK : status_of_path();
}

static kw_status remove_file(const char *path)
{
    return unlink(path) == 0 ? KW_OK : status_of_path();
}

static kw_status look(const char *path, struct file_facts *out)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return status_of_path();
    out->is_folder = S_ISDIR(st.st_mode);
    out->size = (size_t)st.st_size;
    out->device = (uint64_t)st.st_dev;
    out->number = (uint64_t)st.st_ino;
    out->modified_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    return KW_OK;
}

static kw_status set_modified(const char *path, int64_t modified_ms)
{
    const struct timespec modified = {(time_t)(modified_ms / 1000), (long)(modified_ms % 1000) * 1000000};
    const struct timespec times[] = {modified, modified};
    return utimensat(AT_FDCWD, path, times, 0) == 0 ? KW_OK : status_of_path();
}

/* ---- mappings ---- */

static kw_status open_regular(const char *path, int *descriptor, size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return status_of_path();
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

static kw_status map_file(struct file_map *file, const char *path, size_t capacity)
{
    static const uint8_t nothing = 0;
    int fd = -1;
    size_t size = 0;
    kw_status status = open_regular(path, &fd, &size);
    if (status != KW_OK)
        return status;
    if (capacity < size)
        capacity = size;
    atomic_bool *has_failed = file_reading_flag();
    const void *data = &nothing;
    if (has_failed != NULL && capacity != 0)
        data = mmap(NULL, capacity, PROT_READ, MAP_SHARED, fd, 0);
    close_keeping_errno(fd); /* a mapping needs no descriptor */
    if (has_failed == NULL)
        return KW_ERR_NO_MEMORY;
    if (data == MAP_FAILED) {
        int error = errno;
        free(has_failed);
        errno = error;
        return KW_ERR_FILE;
    }
    file->has_failed = has_failed;
    file->data = data;
    file->size = size;
    file->capacity = capacity;
    file->is_open = true;
    return KW_OK;
}

static void unmap_file(struct file_map *file)
{
    if (file->capacity != 0)
        (void)munmap((void *)(uintptr_t)file->data, file->capacity); /* munmap() takes a pointer to what is not const */
    free(file->has_failed);
}

/* Where the system cannot tell, nothing is said to wait. */
static bool is_resident(const struct file_map *file, size_t from, size_t to)
{
#ifdef __linux__
    enum { PAGES = 1024 };
    unsigned char pages[PAGES];
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
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

/* Reads `size` bytes, or up to the end of the file. */
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

static kw_status load_file(const char *path, size_t limit, kw_arena *arena, kw_bytes *out)
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

static enum file_lock_outcome lock_file(const char *folder, const char *path)
{
    struct flock whole = {.l_whence = SEEK_SET};
    int fd = open_lock(path, &whole.l_type);
    if (fd < 0)
        return errno == ENOENT && access(folder, W_OK) != 0 ? FILE_LOCKED : FILE_LOCK_FAILED;
    if (fcntl(fd, F_SETLK, &whole) == 0)
        return FILE_LOCKED;
    close_keeping_errno(fd);
    return errno == EACCES || errno == EAGAIN ? FILE_LOCK_TAKEN : FILE_LOCK_FAILED;
}

/* ---- folders ---- */

static kw_status list_folder(const char *path, kw_arena *arena, struct folder_names *out)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT ? KW_ERR_NO_FILE : KW_ERR_FILE;
    size_t capacity = 0;
    kw_status status = KW_OK;
    const struct dirent *entry;
    errno = 0;
    while (status == KW_OK && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = folder_names_add(out, &capacity, kw_string_of(entry->d_name), arena);
        errno = 0;
    }
    int error = errno;
    (void)closedir(folder);
    if (status == KW_OK && error != 0) {
        errno = error;
        return KW_ERR_FILE;
    }
    return status;
}

static kw_status create_folder(const char *path)
{
    return mkdir(path, 0777) == 0 ? KW_OK : status_of_path();
}

static kw_status remove_folder(const char *path)
{
    return rmdir(path) == 0 ? KW_OK : status_of_path();
}

static kw_status sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return status_of_path();
    kw_status status = status_of(fsync(fd));
    if (is_shortage(status)) /* which would mean that nothing had been tried */
        errno = EIO;
    close_keeping_errno(fd);
    return status;
}

static kw_status space(const char *path, uint64_t *total, uint64_t *usable)
{
    struct statvfs st;
    if (statvfs(path, &st) != 0)
        return status_of_path();
    *total = (uint64_t)st.f_frsize * st.f_blocks;
    *usable = (uint64_t)st.f_frsize * st.f_bavail;
    return KW_OK;
}

const struct file_layer file_layer_system = {
    .open = open_file,
    .close = close_file,
    .write = write_file,
    .read = read_file,
#ifdef SYNC_FILE_RANGE_WRITE
    .write_back = write_back,
#endif
    .truncate = truncate_file,
    .size = size_of_file,
    .sync = sync_file,
    .rename = rename_path,
    .remove = remove_file,
    .look = look,
    .set_modified = set_modified,
    .map = map_file,
    .unmap = unmap_file,
    .is_resident = is_resident,
    .load = load_file,
    .lock = lock_file,
    .list = list_folder,
    .create_folder = create_folder,
    .remove_folder = remove_folder,
    .sync_folder = sync_folder,
    .space = space,
    .is_sparse = true,
};

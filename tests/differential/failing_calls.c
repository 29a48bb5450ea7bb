/* SPDX-License-Identifier: Apache-2.0 */
/* A library to be preloaded: calls of a process on files below a folder fail, as those of a disk do, once the file that
 * FAILING_CALLS names says so: `ERRNO KINDS FOLDER`, where KINDS are letters: r for what reads, w for what changes, g
 * for what needs space. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { LINE = 4096 };

struct plan {
    int error;
    char kinds[8];
    char folder[LINE - 64];
};

/* False: nothing fails. */
static bool read_plan(struct plan *plan)
{
    const char *path = getenv("FAILING_CALLS");
    char line[LINE];
    if (path == NULL)
        return false;
    long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    long size = syscall(SYS_read, (int)fd, line, sizeof line - 1);
    (void)syscall(SYS_close, (int)fd);
    line[size > 0 ? size : 0] = '\0';
    return sscanf(line, "%d %7s %4031s", &plan->error, plan->kinds, plan->folder) == 3;
}

static bool is_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static bool path_fails(char kind, const char *path)
{
    struct plan plan;
    int before = errno;
    bool fails = read_plan(&plan) && strchr(plan.kinds, kind) != NULL && is_below(path, plan.folder);
    errno = fails ? plan.error : before;
    return fails;
}

static bool fd_fails(char kind, int fd)
{
    char link[64], path[LINE];
    int before = errno;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long size = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = before;
    if (size <= 0)
        return false;
    path[size] = '\0';
    return path_fails(kind, path);
}

#define NEXT(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

/* ---- names ---- */

static bool open_fails(const char *path, int flags)
{
    bool is_new = (flags & O_CREAT) != 0 && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    bool changes = is_new || (flags & (O_WRONLY | O_RDWR | O_TRUNC)) != 0;
    return (is_new && path_fails('g', path)) || (changes && path_fails('w', path)) || path_fails('r', path);
}

#define OPEN(name)                                                            \
    int name(const char *path, int flags, ...)                                \
    {                                                                         \
        va_list arguments;                                                    \
        va_start(arguments, flags);                                           \
        mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0; \
        va_end(arguments);                                                    \
        return open_fails(path, flags) ? -1 : NEXT(name)(path, flags, mode);  \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                 \
    int name(int folder, const char *path, int flags, ...)                           \
    {                                                                                \
        va_list arguments;                                                           \
        va_start(arguments, flags);                                                  \
        mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;        \
        va_end(arguments);                                                           \
        return open_fails(path, flags) ? -1 : NEXT(name)(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

int mkdir(const char *path, mode_t mode)
{
    return path_fails('g', path) || path_fails('w', path) ? -1 : NEXT(mkdir)(path, mode);
}

int rmdir(const char *path)
{
    return path_fails('w', path) ? -1 : NEXT(rmdir)(path);
}

int unlink(const char *path)
{
    return path_fails('w', path) ? -1 : NEXT(unlink)(path);
}

int rename(const char *from, const char *to)
{
    return path_fails('w', from) ? -1 : NEXT(rename)(from, to);
}

/* ---- contents ---- */

static bool write_fails(int fd)
{
    return fd_fails('g', fd) || fd_fails('w', fd);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    return write_fails(fd) ? -1 : NEXT(write)(fd, bytes, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    return write_fails(fd) ? -1 : NEXT(writev)(fd, parts, count);
}

#define PWRITE(name, type)                                             \
    ssize_t name(int fd, const void *bytes, size_t size, type at)      \
    {                                                                  \
        return write_fails(fd) ? -1 : NEXT(name)(fd, bytes, size, at); \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define PWRITEV(name, type)                                             \
    ssize_t name(int fd, const struct iovec *parts, int count, type at) \
    {                                                                   \
        return write_fails(fd) ? -1 : NEXT(name)(fd, parts, count, at); \
    }
PWRITEV(pwritev, off_t)
PWRITEV(pwritev64, off64_t)

#define TRUNCATE(name, type)                                  \
    int name(int fd, type size)                               \
    {                                                         \
        return fd_fails('w', fd) ? -1 : NEXT(name)(fd, size); \
    }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

int fsync(int fd)
{
    return fd_fails('w', fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
    return fd_fails('w', fd) ? -1 : NEXT(fdatasync)(fd);
}

ssize_t read(int fd, void *bytes, size_t size)
{
    return fd_fails('r', fd) ? -1 : NEXT(read)(fd, bytes, size);
}

#define PREAD(name, type)                                                \
    ssize_t name(int fd, void *bytes, size_t size, type at)              \
    {                                                                    \
        return fd_fails('r', fd) ? -1 : NEXT(name)(fd, bytes, size, at); \
    }
PREAD(pread, off_t)
PREAD(pread64, off64_t)

#define SENDFILE(name, type)                                              \
    ssize_t name(int to, int from, type *at, size_t size)                 \
    {                                                                     \
        return fd_fails('r', from) ? -1 : NEXT(name)(to, from, at, size); \
    }
SENDFILE(sendfile, off_t)
SENDFILE(sendfile64, off64_t)

/* SPDX-License-Identifier: Apache-2.0 */
#include "small_file.h"

#include <errno.h>
#include <stdio.h>

kw_status small_file_write(const char *path, kw_span bytes)
{
    struct file file;
    kw_status status = file_open(&file, path, FILE_CREATE | FILE_TRUNCATE);
    if (status != KW_OK)
        return status;
    if (bytes.size != 0)
        status = file_write(&file, 0, &bytes, 1);
    int error = errno;
    kw_status closed = file_close(&file);
    if (status == KW_OK)
        return closed;
    errno = error;
    return status;
}

kw_status small_file_replace(const char *folder, const char *name, kw_span bytes)
{
    char path[KW_PATH_SIZE], unfinished[KW_PATH_SIZE];
    kw_status status = path_join(path, folder, kw_string_of(name));
    if (status != KW_OK)
        return status;
    int n = snprintf(unfinished, sizeof unfinished, "%s.tmp", path);
    if (n < 0 || (size_t)n >= sizeof unfinished) {
        errno = ENAMETOOLONG;
        return KW_ERR_FILE;
    }
    status = small_file_write(unfinished, bytes);
    return status == KW_OK ? file_rename(unfinished, path) : status;
}

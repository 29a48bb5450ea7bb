/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_LOG_LOG_APPEND_SUPPORT_H
#define TESTS_SERVER_LOG_LOG_APPEND_SUPPORT_H

/* A log of its own for each test, appends to it, and a disk that fails. */

#include "append_support.h"

#include <errno.h>

#include "../support/captured.h"
#include "base/clock.h"
#include "base/file_layer.h"
#include "log/log_change.h"

/* Sizes of batches with one record and with two. */
enum { ONE = KW_BATCH_V2_RECORDS + 10, TWO = ONE + 10 };

static const char *root;
static struct log_folder f;
static struct log_config config;
static int64_t start_ms; /* producers that are older are forgotten */

static inline int set_up(void **state)
{
    (void)state;
    log_folder_init(&f, root, "append-0");
    log_config_init(&config);
    partition_log_configure(&f.log, &config);
    return 0;
}

static inline int tear_down(void **state)
{
    log_folder_finish(&f);
    return forget_given(state);
}

static inline struct log_append append(int32_t count, int64_t timestamp)
{
    return append_made(&f, (made_batch){.count = count, .timestamp = timestamp, .producer_id = -1}, 0);
}

static inline struct log_snapshot look(void)
{
    struct log_snapshot log = log_folder_open(&f);
    log_snapshot_release(&log); /* the numbers stay */
    return log;
}

static inline size_t size_of_file(const char *name)
{
    struct file_facts facts;
    return file_look(join(f.path, name).text, &facts) == KW_OK ? facts.size : SIZE_MAX;
}

/* ---- a disk that fails ---- */

static struct {
    struct file_layer layer;
    const struct file_layer *real;
    int write_error, truncate_error, open_error;
    size_t written; /* before the error */
} failing;

static inline kw_status fail_write(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    if (failing.write_error == 0)
        return failing.real->write(file, position, parts, count);
    const kw_span some = {parts[0].data, failing.written};
    if (failing.written != 0)
        (void)failing.real->write(file, position, &some, 1);
    errno = failing.write_error;
    return KW_ERR_FILE;
}

static inline kw_status fail_truncate(struct file *file, size_t size)
{
    if (failing.truncate_error == 0)
        return failing.real->truncate(file, size);
    errno = failing.truncate_error;
    return KW_ERR_FILE;
}

static inline kw_status fail_open(struct file *file, const char *path, unsigned how)
{
    if (failing.open_error == 0)
        return failing.real->open(file, path, how);
    errno = failing.open_error;
    return KW_ERR_FILE;
}

static inline void use_failing(void)
{
    memset(&failing, 0, sizeof failing);
    failing.real = file_layer_in_use();
    failing.layer = *failing.real;
    failing.layer.write = fail_write;
    failing.layer.truncate = fail_truncate;
    failing.layer.open = fail_open;
    file_layer_use(&failing.layer);
}

static inline int tear_down_failing(void **state)
{
    file_layer_use(failing.real);
    return tear_down(state);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* A part of kwire-slow-broker, which is kwire-broker with a slow disk: of the writes to log files below the folder
 * $SLOW_FOLDER each $SLOW_EVERY-th takes $SLOW_MS more, in the thread that makes it. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file_layer.h"

enum { HANDLES = 65536 };

static const char *folder;
static unsigned long every;
static long ms;
static const struct file_layer *below;
static atomic_bool is_slow[HANDLES]; /* by descriptor */
static atomic_ulong writes;

static kw_status open_file(struct file *file, const char *path, unsigned how)
{
    const char *end = strrchr(path, '.');
    kw_status status = below->open(file, path, how);
    if (status == KW_OK && file->handle < HANDLES)
        atomic_store(&is_slow[file->handle],
                     strncmp(path, folder, strlen(folder)) == 0 && end != NULL && strcmp(end, ".log") == 0);
    return status;
}

static kw_status write_file(struct file *file, size_t position, const kw_span *parts, size_t count)
{
    if (file->handle < HANDLES && atomic_load(&is_slow[file->handle]) && atomic_fetch_add(&writes, 1) % every == 0)
        clock_sleep_ms(ms);
    return below->write(file, position, parts, count);
}

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        fprintf(stderr, "kwire-slow-broker: %s is not set\n", name);
        exit(2);
    }
    return value;
}

__attribute__((constructor)) static void start(void)
{
    static struct file_layer layer;
    folder = setting("SLOW_FOLDER");
    every = strtoul(setting("SLOW_EVERY"), NULL, 10);
    ms = strtol(setting("SLOW_MS"), NULL, 10);
    if (every == 0)
        exit(2);
    below = file_layer_in_use();
    layer = *below;
    layer.open = open_file;
    layer.write = write_file;
    file_layer_use(&layer);
}

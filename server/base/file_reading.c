/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of mappings that cannot be read. The signal comes to the thread that has touched the page; its handler puts a
 * page of zeros there, so that the thread continues, and notes that in the mapping before anybody can see the zeros. */
#define _GNU_SOURCE /* for MAP_ANONYMOUS */
#include "file_reading.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file.h"

static _Thread_local struct file_reading *current;
static size_t page_size;

/* ---- the signal ---- */

static const struct file_map *map_of(uintptr_t page)
{
    for (const struct file_reading *r = current; r != NULL; r = r->outer)
        for (size_t i = 0; i < r->count; i++)
            if (page - (uintptr_t)r->maps[i].data < r->maps[i].capacity)
                return &r->maps[i];
    return NULL;
}

static bool replace_page(uintptr_t address)
{
    uintptr_t page = address & ~(uintptr_t)(page_size - 1);
    const struct file_map *map = map_of(page);
    if (map == NULL || map->has_failed == NULL)
        return false;
    atomic_store(map->has_failed, true);
    void *zeros =
        mmap((void *)page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    return zeros != MAP_FAILED;
}

/* Where it returns the thread touches the page again; without the handler that ends the process, as it should. */
static void on_bus_error(int number, siginfo_t *info, void *context)
{
    int error = errno;
    (void)context;
    if (info->si_code != BUS_ADRERR || !replace_page((uintptr_t)info->si_addr))
        (void)signal(number, SIG_DFL);
    errno = error;
}

bool file_reading_take_signal(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_bus_error;
    action.sa_flags = SA_SIGINFO;
    (void)sigemptyset(&action.sa_mask);
    return sigaction(SIGBUS, &action, NULL) == 0;
}

static void start(void)
{
    page_size = (size_t)sysconf(_SC_PAGESIZE);
    (void)file_reading_take_signal(); /* without it the signal ends the process */
}

atomic_bool *file_reading_flag(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, start);
    atomic_bool *flag = malloc(sizeof *flag);
    if (flag != NULL)
        atomic_init(flag, false);
    return flag;
}

/* ---- readers ---- */

void file_reading_start(struct file_reading *reading, const struct file_map *const *maps, size_t count)
{
    reading->count = 0;
    for (size_t i = 0; i < count; i++)
        if (maps[i]->has_failed != NULL)
            reading->maps[reading->count++] = *maps[i];
    reading->outer = current;
    current = reading;
    atomic_signal_fence(memory_order_seq_cst);
}

void file_map_reading_start(struct file_reading *reading, const struct file_map *map)
{
    file_reading_start(reading, &map, 1);
}

kw_status file_reading_end(struct file_reading *reading)
{
    atomic_signal_fence(memory_order_seq_cst);
    current = reading->outer;
    for (size_t i = 0; i < reading->count; i++)
        if (file_map_has_failed(&reading->maps[i])) {
            errno = EIO;
            return KW_ERR_FILE;
        }
    return KW_OK;
}

bool file_map_has_failed(const struct file_map *file)
{
    return file->has_failed != NULL && atomic_load(file->has_failed);
}

void file_map_load(const struct file_map *file, size_t from, size_t to)
{
    if (file->has_failed == NULL)
        return;
    from = from / page_size * page_size;
    if (to > file->capacity)
        to = file->capacity;
    if (from < to)
        (void)madvise((void *)((uintptr_t)file->data + from), to - from, MADV_WILLNEED);
    for (; from < to; from += page_size)
        (void)*(const volatile uint8_t *)(file->data + from);
}

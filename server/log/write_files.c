/* SPDX-License-Identifier: Apache-2.0 */
#include "write_files.h"

#include <errno.h>
#include <pthread.h>

static struct {
    pthread_mutex_t lock;
    struct write_file *first, *last;
    size_t open; /* with those that are used */
    size_t limit;
} files = {.lock = PTHREAD_MUTEX_INITIALIZER, .limit = WRITE_FILES_MAX};

/* ---- under the lock ---- */

static void take_out(struct write_file *w)
{
    *(w->previous != NULL ? &w->previous->next : &files.first) = w->next;
    *(w->next != NULL ? &w->next->previous : &files.last) = w->previous;
}

static void put_first(struct write_file *w)
{
    w->previous = NULL;
    w->next = files.first;
    *(files.first != NULL ? &files.first->previous : &files.last) = w;
    files.first = w;
}

/* What is left to be closed, without the lock. */
static struct file close_last(void)
{
    struct file file = FILE_NONE;
    struct write_file *last = files.last;
    if (files.open > files.limit && last != NULL) {
        take_out(last);
        last->is_open = false;
        file = last->file;
        files.open--;
    }
    return file;
}

/* ---- without it ---- */

static void lock(void)
{
    (void)pthread_mutex_lock(&files.lock);
}

static void unlock(void)
{
    (void)pthread_mutex_unlock(&files.lock);
}

struct file *write_file_begin(struct write_file *w)
{
    lock();
    bool is_open = w->is_open;
    if (is_open)
        take_out(w);
    unlock();
    return is_open ? &w->file : NULL;
}

kw_status write_file_open(struct write_file *w, const char *path, unsigned how, struct file **file)
{
    kw_status status = file_open(&w->file, path, how);
    if (status != KW_OK)
        return status;
    lock();
    w->is_open = true;
    files.open++;
    unlock();
    *file = &w->file;
    return KW_OK;
}

void write_file_end(struct write_file *w)
{
    int error = errno;
    lock();
    put_first(w);
    struct file old = close_last();
    unlock();
    (void)file_close(&old);
    errno = error; /* of what was done with the file */
}

void write_file_close(struct write_file *w)
{
    struct file file = FILE_NONE;
    lock();
    if (w->is_open) {
        take_out(w);
        file = w->file;
        files.open--;
    }
    w->is_open = false;
    unlock();
    (void)file_close(&file);
}

void write_files_set_limit(size_t limit)
{
    lock();
    files.limit = limit;
    unlock();
}

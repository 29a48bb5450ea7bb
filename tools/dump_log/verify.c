/* SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t folder_size(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

static bool same_folder(dump_file *a, dump_file *b)
{
    size_t size = folder_size(a->path);
    return folder_size(b->path) == size && memcmp(a->path, b->path, size) == 0;
}

static dump_file **place_in_segment(segment_files *files, file_kind kind)
{
    switch (kind) {
    case KIND_LOG:
        return &files->log;
    case KIND_INDEX:
        return &files->index;
    case KIND_TIME_INDEX:
        return &files->time_index;
    case KIND_TXN_INDEX:
        return &files->txn_index;
    default:
        return NULL;
    }
}

/* Collects the files of one segment, which are read together. Those of a folder follow each other in the list. */
static segment_files collect(file_list *list, size_t first, bool *done)
{
    segment_files files = {0};
    dump_file *one = &list->items[first];
    for (size_t i = first; i < list->count && same_folder(one, &list->items[i]); i++) {
        dump_file *file = &list->items[i];
        dump_file **place = place_in_segment(&files, file->kind);
        if (place == NULL || *place != NULL || file->offset != one->offset || file->live != one->live || done[i])
            continue;
        *place = file;
        done[i] = true;
        if (one->offset < 0)
            break;
    }
    return files;
}

/* A log starts where the one before it ended, or later. */
static void check_chain(dumper *d, dump_file *before, const verified *of_it, dump_file *log)
{
    if (before == NULL || log == NULL || !same_folder(before, log) || log->offset >= of_it->next_offset ||
        log->offset <= before->offset)
        return;
    problem why;
    problem_set(&why, 0, log->offset, KW_ERR_OFFSET_ORDER, "the log before it ends at offset %" PRId64,
                of_it->next_offset - 1);
    printer_begin(&d->printer, log, 0, "");
    printer_problem(&d->printer, &why);
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void sum_up(dumper *d, size_t files, const verified *total)
{
    char text[256];
    printer *p = &d->printer;
    int size;
    if (p->jsonl)
        size = snprintf(text, sizeof text,
                        "{\"file\":null,\"type\":\"summary\",\"files\":%zu,\"batches\":%" PRIu64 ",\"records\":%" PRIu64
                        ",\"problems\":%lld}\n",
                        files, total->batches, total->records, p->problems);
    else
        size = snprintf(text, sizeof text, "%zu file%s, %" PRIu64 " batch%s, %" PRIu64 " record%s: %lld problem%s\n",
                        files, plural(files), total->batches, total->batches == 1 ? "" : "es", total->records,
                        plural(total->records), p->problems, plural((uint64_t)p->problems));
    printer_flush(p);
    output_write(text, (size_t)size);
}

static void verify_small(dumper *d, dump_file *file)
{
    if (file->kind < KIND_LOG)
        dump_text(d, file);
    else
        dump_index(d, file);
}

void verify_files(dumper *d, file_list *list)
{
    verified total = {0}, one = {0};
    dump_file *before = NULL;
    bool *done = calloc(list->count + 1, sizeof *done);
    if (done == NULL)
        die("out of memory");
    for (size_t i = 0; i < list->count; i++) {
        dump_file *file = &list->items[i];
        if (done[i])
            continue;
        segment_files files = collect(list, i, done);
        if (file->kind == KIND_SNAPSHOT)
            files.log = file;
        if (place_in_segment(&files, file->kind) == NULL && file->kind != KIND_SNAPSHOT) {
            verify_small(d, file);
            continue;
        }
        check_chain(d, before, &one, files.log);
        verify_segment(d, &files, &one);
        before = file->kind == KIND_LOG ? file : NULL;
        total.batches += one.batches;
        total.records += one.records;
    }
    free(done);
    sum_up(d, list->count, &total);
}

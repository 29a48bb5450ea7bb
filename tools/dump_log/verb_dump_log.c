/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_log.h"
#include "file_list.h"
#include "verify.h"

static void dump(dumper *d, dump_file *file)
{
    if (file->kind == KIND_LOG || file->kind == KIND_SNAPSHOT)
        dump_log(d, file);
    else if (file->kind < KIND_LOG)
        dump_text(d, file);
    else
        dump_index(d, file);
}

static int dump_files(const dump_options *o)
{
    file_list list = {0};
    dumper d = {.options = o};
    int status = file_list_make(&list, o);
    printer_init(&d.printer, o->jsonl, o->colour, o->verify, o->max_problems);
    d.workers = log_workers_create(o->threads, o->max_memory);
    if (o->verify)
        verify_files(&d, &list);
    for (size_t i = 0; i < list.count && !o->verify; i++)
        dump(&d, &list.items[i]);
    printer_finish(&d.printer);
    if (d.printer.unlisted != 0) {
        output_flush();
        complain("%lld more problems are not listed (see --max-problems)", d.printer.unlisted);
    }
    log_workers_destroy(d.workers, o->threads);
    file_list_finish(&list);
    return status != STATUS_OK || d.printer.problems == 0 ? status : STATUS_BAD_INPUT;
}

static int run(const verb *self, int count, char **words)
{
    dump_options options;
    int status = dump_options_read(self, count, words, &options);
    if (status == CONTINUE)
        status = dump_files(&options);
    dump_options_finish(&options);
    return status;
}

const verb verb_dump_log = {"dump-log", run};

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FILE_LIST_H
#define TOOLS_FILE_LIST_H

/* The files that the command line names, and those in the folders that it names. */

#include "dump_file.h"
#include "dump_options.h"

typedef struct file_list {
    dump_file *items;
    size_t count;
    size_t capacity;
} file_list;

/* Files in the order of the words. Of a folder those that are live and whose names kwire knows, by kind and name, then
 * those of the partitions in it, by topic and number. Prints a line to standard error for each that cannot be read, or
 * whose kind is not known. Returns the worst exit status of them. */
int file_list_make(file_list *list, const dump_options *o);

void file_list_finish(file_list *list);

#endif

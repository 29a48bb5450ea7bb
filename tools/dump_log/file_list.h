/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FILE_LIST_H
#define TOOLS_FILE_LIST_H

/* The files that words of the command line mean: files by their names, folders by what is in them. */

#include "dump_file.h"
#include "dump_options.h"

typedef struct file_list {
    dump_file *items;
    size_t count;
    size_t room;
} file_list;

/* Files in the order of the words. Of a folder those that are live and whose names kwire knows, by kind and name, then
 * those of the partitions in it, by topic and number. Of what cannot be read, or of which cannot be told what it is, a
 * line goes to standard error. Returns the exit status: the worst that there was reason for. */
int file_list_make(file_list *list, const dump_options *o);

void file_list_finish(file_list *list);

#endif

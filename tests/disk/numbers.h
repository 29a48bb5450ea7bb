/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DISK_NUMBERS_H
#define TESTS_DISK_NUMBERS_H

/* Files and folders in memory have numbers, from 0 on in the order in which they are asked for. A number stays with its
 * file whatever its name, and is never given again. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NO_NUMBER = -1 };

/* None has been given. Before that, and after numbers_stop(), all have NO_NUMBER. */
void numbers_start(void);
void numbers_stop(void);

/* Of what the path leads to; NO_NUMBER: there is no such file. */
int32_t number_of(const char *path);

/* The same of its folder. *name: the last part of the path, within it. */
int32_t number_of_folder(const char *path, const char **name);

/* The file has been removed; does nothing to NO_NUMBER. */
void number_forget(int32_t number);

/* How many have been given. */
size_t numbers_count(void);

#endif

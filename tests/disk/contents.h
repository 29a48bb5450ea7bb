/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DISK_CONTENTS_H
#define TESTS_DISK_CONTENTS_H

/* Whole files in memory, beside the hooks. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calls back for each file below a folder, in the order of their paths. Names must not change meanwhile. */
void contents_list(const char *folder, void (*found)(void *context, const char *path), void *context);

/* What a file contains, to be freed; NULL: there is no such file. */
uint8_t *contents_of(const char *path, size_t *size);

/* Replaces it, or makes the file. False: its folder does not exist. */
bool contents_set(const char *path, const uint8_t *bytes, size_t size);

#endif

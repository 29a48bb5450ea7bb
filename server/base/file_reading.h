/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_FILE_READING_H
#define SERVER_BASE_FILE_READING_H

/* For the system's layer of files: what file_reading_start() needs. */

#include <stdatomic.h>
#include <stdbool.h>

/* The flag of a new mapping, to be freed with it. From the first call on the process has the handler. NULL: there is no
 * memory. */
atomic_bool *file_reading_flag(void);

/* Takes SIGBUS, whoever had it. False: errno says why. */
bool file_reading_take_signal(void);

#endif

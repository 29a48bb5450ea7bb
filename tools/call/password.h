/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PASSWORD_H
#define TOOLS_PASSWORD_H

/* A password from a file or the environment. Not from the command line, which every user of the machine can read while
 * the command runs, and which shells keep in their history. */

#include "../command/buffer.h"

#define PASSWORD_VARIABLE "KWIRE_PASSWORD"

/* The first line of the file; without a file, the variable. NULL if both are missing, or it is empty. The text is in
 * `memory` or in the environment. */
const char *password_find(const char *path, buffer *memory);

#endif

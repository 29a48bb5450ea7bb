/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PASSWORD_H
#define TOOLS_PASSWORD_H

/* Where a password comes from: a file or the environment. Not from a word of the command line, which every user of the
 * machine can read while the command runs, and which shells write down. */

#include "../command/buffer.h"

#define PASSWORD_VARIABLE "KWIRE_PASSWORD"

/* The first line of the file; without a file, the variable. NULL if there is neither, or it is empty. The text lies in
 * `memory` or in the environment. */
const char *password_find(const char *path, buffer *memory);

#endif

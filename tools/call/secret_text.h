/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SECRET_TEXT_H
#define TOOLS_SECRET_TEXT_H

/* A password or token from a file or the environment. Not from the command line, which every user of the machine can
 * read while the command runs, and which shells keep in their history. */

#include "../command/buffer.h"

/* The first line of the file, which is at most `most` bytes long; without a file, the variable of the environment. NULL
 * if both are missing, or it is empty. The text is in `memory` or in the environment. */
const char *secret_text_find(const char *path, const char *variable, size_t most, buffer *memory);

#endif

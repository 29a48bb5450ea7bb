/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REFERENCE_MESSAGE_PAGE_H
#define TOOLS_REFERENCE_MESSAGE_PAGE_H

/* The page of a message: what it is for, its fields in all versions, what each version changed, and an example of each
 * version whose bytes can be explored. */

#include <kwire/message.h>

#include "page_file.h"

/* Writes FOLDER/MESSAGE.html. */
void message_page_write(page_file *p, const char *folder, const kw_message *m);

#endif

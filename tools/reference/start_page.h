/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REFERENCE_START_PAGE_H
#define TOOLS_REFERENCE_START_PAGE_H

#include "page_file.h"

/* Writes FOLDER/index.html: all messages, with a search for names, fields and meanings. */
void start_page_write(page_file *p, const char *folder);

#endif

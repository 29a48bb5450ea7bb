/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REFERENCE_ERROR_PAGE_H
#define TOOLS_REFERENCE_ERROR_PAGE_H

#include "page_file.h"

/* Writes FOLDER/errors.html: all error codes. */
void error_page_write(page_file *p, const char *folder);

#endif

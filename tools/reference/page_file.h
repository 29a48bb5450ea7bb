/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REFERENCE_PAGE_FILE_H
#define TOOLS_REFERENCE_PAGE_FILE_H

/* A page that is written to a file of the reference. Its content is made first, as the head depends on it. */

#include "../html/page.h"

typedef struct page_file {
    html body; /* to `content` */
    html_store content;
    html file;
} page_file;

page_file *page_file_create(void);

/* Empties it for the next page. */
void page_file_reset(page_file *p);

/* Writes the page as FOLDER/NAME.html. A failure ends the program. */
void page_file_write(page_file *p, const char *folder, const char *name, const html_page *head);

void page_file_destroy(page_file *p);

#endif

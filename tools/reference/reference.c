/* SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L
#include "reference.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "../command/report.h"
#include "error_page.h"
#include "message_page.h"
#include "start_page.h"

void reference_write(const char *folder)
{
    char text[QUOTED_SIZE];
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        die("%s: %s", quoted(text, folder, strlen(folder)), strerror(errno));
    page_file *p = page_file_create();
    start_page_write(p, folder);
    error_page_write(p, folder);
    for (size_t i = 0; i < kw_message_count(); i++)
        message_page_write(p, folder, kw_message_at(i));
    page_file_destroy(p);
}

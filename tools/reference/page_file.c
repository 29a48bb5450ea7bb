/* SPDX-License-Identifier: Apache-2.0 */
#include "page_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../command/report.h"

page_file *page_file_create(void)
{
    page_file *p = zeroed_memory(sizeof *p);
    html_init(&p->body, html_keep, &p->content);
    return p;
}

void page_file_reset(page_file *p)
{
    p->content.size = 0;
}

void page_file_destroy(page_file *p)
{
    html_store_finish(&p->content);
    free(p);
}

typedef struct open_file {
    FILE *stream;
    const char *path;
} open_file;

_Noreturn static void fail(const char *path)
{
    char text[QUOTED_SIZE];
    die("%s: %s", quoted(text, path, strlen(path)), strerror(errno));
}

static void write_file(void *context, const void *data, size_t size)
{
    open_file *f = context;
    if (size != 0 && fwrite(data, 1, size, f->stream) != size)
        fail(f->path);
}

void page_file_write(page_file *p, const char *folder, const char *name, const html_page *head)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/%s.html", folder, name) >= sizeof path)
        die("the name of the folder is too long");
    open_file f = {.stream = fopen(path, "wb"), .path = path};
    if (f.stream == NULL)
        fail(path);
    html_flush(&p->body);
    html_init(&p->file, write_file, &f);
    html_page_start(&p->file, head);
    html_markup(&p->file, p->content.text.data, p->content.size);
    html_page_end(&p->file);
    if (fclose(f.stream) != 0)
        fail(path);
}

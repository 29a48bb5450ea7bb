/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVER_SUPPORT_CAPTURED_H
#define TESTS_SERVER_SUPPORT_CAPTURED_H

/* What is written to standard error meanwhile. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct captured {
    FILE *file;
    int real;
    char text[256 * 1024];
};

static inline void capture_start(struct captured *c)
{
    c->file = tmpfile();
    c->real = dup(STDERR_FILENO);
    if (c->file == NULL || c->real < 0 || dup2(fileno(c->file), STDERR_FILENO) < 0)
        abort();
    c->text[0] = '\0';
}

static inline const char *capture_end(struct captured *c)
{
    (void)dup2(c->real, STDERR_FILENO);
    close(c->real);
    rewind(c->file);
    c->text[fread(c->text, 1, sizeof c->text - 1, c->file)] = '\0';
    fclose(c->file);
    return c->text;
}

#endif

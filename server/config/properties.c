/* SPDX-License-Identifier: Apache-2.0 */
#include "properties.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../observe/console.h"

enum { FILE_LIMIT = 1024 * 1024 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\f';
}

static char *skip_blanks(char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

/* Makes one string of a line and those that continue it, in place, and steps over them. Escapes stay. */
static char *next_line(char **rest, int *lines)
{
    char *begin = skip_blanks(*rest), *to = begin, *from = begin;
    bool comment = *from == '#' || *from == '!';
    *lines = 0;
    while (*from != '\0' && *from != '\n') {
        if (*from == '\r' && from[1] == '\n') {
            from++;
        } else if (*from == '\\' && !comment && (from[1] == '\n' || (from[1] == '\r' && from[2] == '\n'))) {
            from = skip_blanks(from + (from[1] == '\r' ? 3 : 2));
            ++*lines;
        } else {
            if (*from == '\\' && from[1] != '\0' && from[1] != '\n')
                *to++ = *from++;
            *to++ = *from++;
        }
    }
    if (*from == '\n') {
        from++;
        ++*lines;
    }
    *to = '\0';
    *rest = from;
    return comment ? to : begin;
}

/* Ends the key in place and returns where the value begins. */
static char *split(char *line)
{
    char *p = line;
    while (*p != '\0' && *p != '=' && *p != ':' && !is_blank(*p))
        p += *p == '\\' && p[1] != '\0' ? 2 : 1;
    char *end = p;
    p = skip_blanks(p);
    if (*p == '=' || *p == ':')
        p = skip_blanks(p + 1);
    *end = '\0';
    return p;
}

static bool unescape(char *text)
{
    static const char codes[] = "tnrf", meanings[] = "\t\n\r\f";
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (*from == '\\' && from[1] != '\0') {
            from++;
            const char *code = strchr(codes, *from);
            if (*from == 'u')
                return false;
            *to++ = code != NULL ? meanings[code - codes] : *from;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return true;
}

static void trim_end(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && (is_blank(text[n - 1]) || text[n - 1] == '\r'))
        text[--n] = '\0';
}

static bool read_lines(const char *path, char *text, property_visitor visitor, void *context)
{
    int number = 1, lines;
    for (char *rest = text; *rest != '\0'; number += lines) {
        char *key = next_line(&rest, &lines);
        if (*key == '\0')
            continue;
        trim_end(key);
        char *value = split(key);
        if (!unescape(key) || !unescape(value)) {
            complain("%s:%d: \\u escapes are not supported, write the character itself", path, number);
            return false;
        }
        if (!visitor(context, key, value, number))
            return false;
    }
    return true;
}

/* The whole file and a zero byte. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = file != NULL ? malloc(FILE_LIMIT + 1) : NULL;
    size_t size = 0;
    if (text != NULL)
        size = fread(text, 1, FILE_LIMIT + 1, file);
    if (text == NULL || ferror(file) != 0) {
        complain("%s: %s", path, strerror(errno));
    } else if (size > FILE_LIMIT || memchr(text, '\0', size) != NULL) {
        complain("%s: not a properties file", path);
    } else {
        text[size] = '\0';
        fclose(file);
        return text;
    }
    free(text);
    if (file != NULL)
        fclose(file);
    return NULL;
}

bool properties_read(const char *path, property_visitor visitor, void *context)
{
    char *text = read_file(path);
    if (text == NULL)
        return false;
    bool read = read_lines(path, text, visitor, context);
    free(text);
    return read;
}

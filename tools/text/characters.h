/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_CHARACTERS_H
#define TOOLS_CHARACTERS_H

/* The characters of bytes written as text. */

#include <stdbool.h>
#include <string.h>

/* The value of a hex digit; 16 for any other character. */
static inline unsigned digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

static inline bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* Characters that may be between hex digits. */
static inline bool is_separator(char c)
{
    return c != '\0' && strchr(",:;-_.|\"'{}[]()<>", c) != NULL;
}

static inline bool is_word(char c)
{
    return digit_of(c) < 16 || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '_';
}

/* The value of a digit of base64, in either alphabet; 64 for any other character. */
static inline unsigned base64_digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : 64;
}

#endif

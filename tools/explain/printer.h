/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRINTER_H
#define TOOLS_PRINTER_H

/* The elements of an explanation, and the interface of its output. An input is explained as a title, then parts (the
 * size, the header, the body, the content of byte fields), each of rows in the order of their bytes. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <kwire/status.h>
#include <kwire/view.h>

/* What offsets are relative to: the input, or decompressed records. */
typedef struct explain_region {
    const uint8_t *data;
    size_t size;
    unsigned number; /* 0: the input; else the n-th decompression */
} explain_region;

typedef enum value_kind {
    VALUE_NONE, /* only the bytes */
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INTEGER,
    VALUE_FLOAT,
    VALUE_STRING, /* bytes that are text, or should be */
    VALUE_BYTES,
    VALUE_UUID,
    VALUE_COUNT, /* an integer: elements or tagged fields that follow */
    VALUE_SIZE   /* an integer: bytes that follow and are explained as rows */
} value_kind;

typedef struct explain_value {
    value_kind kind;
    bool truth;
    int64_t integer;
    double real;
    kw_bytes bytes; /* of a string too; not null */
    kw_uuid uuid;
} explain_value;

/* One field. Valid only during the call. */
typedef struct explain_row {
    const explain_region *in;
    size_t offset;
    size_t size;      /* of the field; without its content if rows for that follow */
    unsigned depth;   /* of nesting, for indentation */
    const char *path; /* in Kafka's JSON names, from the root of the input, e.g. "topics[0].name" */
    size_t local;     /* start in `path` of the path in the part */
    const char *type; /* as in Kafka's documents, e.g. "COMPACT_STRING" */
    explain_value value;
    const char *meaning; /* "" if there is none */
    size_t secret_at;    /* first byte of the field that must not be shown, */
    size_t secret_size;  /* and how many; 0: none */
} explain_row;

/* An error and its place. */
typedef struct explain_problem {
    const explain_region *in;
    size_t start;  /* the first byte without a row, */
    size_t offset; /* and the first that is wrong; the region's size if it ends too early */
    size_t size;   /* wrong bytes from there; 0: the caret only */
    unsigned depth;
    const char *path; /* as in a row; of what could not be read */
    size_t local;
    const char *type;   /* of what could not be read; "" if that is not a field */
    const char *code;   /* kw_status_name() */
    const char *reason; /* one sentence */
    bool fatal;         /* the bytes from `start` to the part's end are not explained */
    size_t end;         /* fatal: where that is */
    bool secret;        /* those bytes must not be shown */
} explain_problem;

typedef struct explain_part {
    const explain_region *in;
    unsigned depth;
    const char *title;   /* e.g. "RequestHeader version 2"; NULL: none, the part only announces widths */
    const char *message; /* e.g. "RequestHeader"; NULL: not a message of the schema */
    int version;
    unsigned path_width; /* of the longest indented path, or short name, if known */
    unsigned type_width; /* of the longest type */
} explain_part;

typedef struct explain_title {
    uint64_t number; /* of inputs explained, from 1 */
    uint64_t offset; /* see explain_input */
    size_t size;
    const char *label; /* NULL: none */
    const char *kind;  /* "request", "response", "message", "records" or "bytes" */
    const char *name;  /* of the API or message; NULL: not known */
    int api_key;       /* -1: none */
    int version;       /* -1: none */
    bool has_correlation_id;
    int32_t correlation_id;
} explain_title;

/* Each function gets `self`. Rows and fatal problems cover every byte of a region, in order. */
typedef struct printer {
    void *self;
    void (*begin)(void *self, const explain_title *t, const explain_region *input);
    void (*part)(void *self, const explain_part *p);
    void (*row)(void *self, const explain_row *r);
    void (*problem)(void *self, const explain_problem *p);
    void (*remark)(void *self, unsigned depth, const char *text); /* on the rows before */
    void (*end)(void *self, bool fine);
} printer;

/* The name at the end of a path, with its array element: "partitions[1].leaderId". */
const char *explain_short_name(const char *path);

#endif

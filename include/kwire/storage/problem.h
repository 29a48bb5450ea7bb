/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWIRE_STORAGE_PROBLEM_H
#define KWIRE_STORAGE_PROBLEM_H

/* What is wrong with files. Reading a data directory does not end at the first damaged file: each problem is told to a
 * listener, with file and position, and reading goes on as far as it can. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/export.h>
#include <kwire/status.h>

typedef struct kw_disk_problem {
    const char *file; /* path; valid during the call */
    int64_t position; /* byte in the file; -1: the file as a whole */
    int64_t offset;   /* Kafka's offset there; -1: none or not known */
    kw_status status;
    int system_error;   /* errno, with KW_ERR_FILE; else 0 */
    const char *detail; /* what was being read, and what becomes of it. Static storage. */
} kw_disk_problem;

/* Who is told. `report` may be NULL, as may be a pointer to a listener. */
typedef struct kw_disk_listener {
    void (*report)(void *context, const kw_disk_problem *problem);
    void *context;
} kw_disk_listener;

KW_BEGIN_DECLS

/* One line for people, e.g. "t-0/00000000000000000000.log: byte 182 (offset 2): checksum does not match: ...", as text
 * of at most `size` bytes with its zero byte. Returns its length, also if it did not fit. */
KW_API size_t kw_disk_problem_text(const kw_disk_problem *problem, char *text, size_t size);

KW_END_DECLS
#endif

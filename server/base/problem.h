/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_BASE_PROBLEM_H
#define SERVER_BASE_PROBLEM_H

/* What is wrong with files. Reading a log directory does not end at the first damaged file: each problem is reported to
 * a listener, with file and position, and reading continues as far as it can. */

#include <stddef.h>
#include <stdint.h>

#include <kwire/status.h>

struct file_problem {
    const char *file; /* path; valid during the call */
    int64_t position; /* byte in the file; -1: the file as a whole */
    int64_t offset;   /* Kafka's offset there; -1: none or not known */
    kw_status status;
    int system_error;   /* errno, with KW_ERR_FILE; else 0 */
    const char *detail; /* what was being read, and what becomes of it. Static storage. */
};

/* `report` may be NULL, as may be a pointer to a listener. */
struct problem_listener {
    void (*report)(void *context, const struct file_problem *problem);
    void *context;
};

/* One line for people, e.g. "t-0/00000000000000000000.log: byte 182 (offset 2): checksum does not match: ...", as text
 * of at most `size` bytes with its zero byte. Returns its length, also if it did not fit. */
size_t file_problem_text(const struct file_problem *problem, char *text, size_t size);

/* A problem with the file as a whole; reads errno where the status is KW_ERR_FILE. */
void problem_with_file(const struct problem_listener *listener, const char *file, kw_status status, const char *detail);

/* A problem at a byte; `offset` is Kafka's, or -1. */
void problem_at(const struct problem_listener *listener, const char *file, size_t position, int64_t offset,
                kw_status status, const char *detail);

/* Counts problems on their way to another listener. */
struct problem_counter {
    struct problem_listener listener; /* to be given to whoever reports; it points to the counter */
    const struct problem_listener *next;
    size_t count;
};

void problem_counter_init(struct problem_counter *counter, const struct problem_listener *next);

#endif

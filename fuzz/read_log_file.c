/* SPDX-License-Identifier: Apache-2.0 */
/* A log file, read through a small window, also behind damage: no byte is returned twice, and each error is within the
 * file. The input is the file after its first byte; 1 in that: checksums of batches are corrected. */
#include <kwire/storage/log_reader.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fix_checksums.h"
#include "fuzz.h"

static char path[64];

static void remove_file(void)
{
    (void)remove(path);
}

/* The same file each time; in memory where the system supports that. */
static void write_file(const uint8_t *data, size_t size)
{
    if (path[0] == '\0') {
        (void)snprintf(path, sizeof path, "%s/kwire-fuzz-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        int made = mkstemp(path);
        FUZZ_REQUIRE(made >= 0 && close(made) == 0);
        (void)atexit(remove_file);
    }
    FILE *file = fopen(path, "wb");
    FUZZ_REQUIRE(file != NULL && fwrite(data, 1, size, file) == size);
    FUZZ_REQUIRE(fclose(file) == 0);
}

static void read_through(size_t size)
{
    kw_log_reader r;
    kw_batch batch;
    uint64_t end = 0;
    if (kw_log_reader_open(&r, path, 0, kw_allocator_libc(), KW_LOG_READER_WINDOW) != KW_OK)
        return;
    FUZZ_REQUIRE(r.size == size);
    do {
        while (kw_log_reader_next(&r, &batch)) {
            FUZZ_REQUIRE(batch.position >= end && r.position == batch.position + batch.size);
            end = r.position;
        }
        FUZZ_REQUIRE(r.status == KW_OK || (r.error_at >= end && r.error_at < r.size));
    } while (kw_log_reader_resume(&r));
    FUZZ_REQUIRE(end <= r.size);
    kw_log_reader_close(&r);
}

void fuzz_target(const uint8_t *data, size_t size)
{
    fuzz_input in = {data, data + size};
    uint8_t flags = fuzz_take8(&in);
    size_t left = fuzz_left(&in);
    uint8_t *copy = fuzz_copy(in.pos, left);
    if ((flags & 1) != 0)
        fix_checksums(copy, left);
    write_file(copy, left);
    read_through(left);
    free(copy);
}

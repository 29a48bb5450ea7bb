/* SPDX-License-Identifier: Apache-2.0 */
#include "folder.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

enum { DESCRIPTORS = 8 };

static char path[FOLDER_PATH_SIZE];

static int remove_one(const char *name, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat;
    (void)type;
    (void)place;
    return remove(name);
}

static void remove_all(void)
{
    FUZZ_REQUIRE(nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0);
}

void folder_clear(void)
{
    remove_all();
    FUZZ_REQUIRE(mkdir(path, 0700) == 0);
}

const char *folder_path(void)
{
    if (path[0] == '\0') {
        const char *where = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(path, sizeof path, "%s/kwire-fuzz-XXXXXX", where);
        FUZZ_REQUIRE(mkdtemp(path) != NULL);
        (void)atexit(remove_all);
    }
    return path;
}

void folder_write(const char *name, const void *data, size_t size)
{
    char full[2 * FOLDER_PATH_SIZE];
    size_t start = strlen(folder_path()) + 1;
    snprintf(full, sizeof full, "%s/%s", path, name);
    for (char *slash = strchr(full + start, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    FILE *file = fopen(full, "wb");
    FUZZ_REQUIRE(file != NULL);
    FUZZ_REQUIRE(fwrite(data, 1, size, file) == size);
    FUZZ_REQUIRE(fclose(file) == 0);
}

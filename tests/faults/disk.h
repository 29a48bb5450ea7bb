/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_DISK_H
#define TESTS_FAULTS_DISK_H

/* A disk in memory of which chosen calls fail. */

#include "../disk/hooked_files.h"

enum { DISK_FOREVER = 1 << 30 };

struct disk_plan {
    unsigned kinds; /* CALL_... */
    size_t pass;    /* of these calls, that succeed first */
    size_t fail;    /* that fail then */
    int error;
    size_t cut;         /* bytes that a write that fails writes before */
    const char *folder; /* only what is in it; NULL: everything */
    bool keeps;         /* what was not synced is known, for disk_cut_power() */
    bool drops; /* with that: a file of which a sync fails loses what was written since the last one, as pages that
                 * Linux could not write are clean afterwards, and may be dropped */
};

/* An empty one, of which nothing fails. */
void disk_start(void);

/* Nothing may be open. */
void disk_stop(void);

/* From now on; NULL: nothing fails. */
void disk_fail(const struct disk_plan *plan);

/* Nothing fails any more, if something has. */
void disk_recover(void);

/* How many calls the plan has let fail, the kind and the path of the first of them. */
size_t disk_failures(void);
unsigned disk_failed_kind(void);
const char *disk_failed_path(void);

/* Calls that the plan means, so far. */
size_t disk_calls(void);

/* Whether a file has lost what was written to it. */
bool disk_has_dropped(const char **path);

/* Lets nothing reach the disk, as long as it is dead, whatever the plan. */
void disk_die(bool is_dead);

/* All files lose what was written to them since their last sync; their names and sizes stay. Nothing may be open. */
void disk_cut_power(void);

#endif

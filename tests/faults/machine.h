/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_MACHINE_H
#define TESTS_FAULTS_MACHINE_H

/* The broker of ../simulation/process.h on its disk. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../simulation/process.h"

/* In this order; the first one has the metadata. */
#define FIRST_DIR "/d1"
#define SECOND_DIR "/d2"

/* How it starts from now on: with so many log directories, and whether each acknowledgement waits for the disk. */
void machine_set(size_t dirs, bool is_synced);

/* False: it has ended with a complaint. */
bool machine_start(void);

/* A clean stop. Does nothing to one that is not up. */
void machine_stop(void);

/* Its process ends; what it has written is on the disk. */
void machine_kill(void);

/* How many calls of the disk had failed before its last start. */
size_t machine_failures_before(void);

/* Begins with a world in which the broker has said nothing. Requests take up to 15 s of it. */
void machine_begin(uint64_t seed);

/* Whether the broker has said something with this in it. */
bool machine_said(const char *text);
void machine_forget_said(void);
const char *machine_console(void);

#endif

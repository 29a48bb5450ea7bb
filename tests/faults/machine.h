/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAULTS_MACHINE_H
#define TESTS_FAULTS_MACHINE_H

/* The broker on its disk, without network and threads; its clock and its threads are those of tests/simulation. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/broker.h"

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

/* False: the metadata cannot be used, and what is there is served for reading. */
bool machine_decides(void);

/* NULL: it is not up. */
struct broker *machine_broker(void);

/* A request on a connection of its own, and the decoded response, which is valid until the next one; NULL: the
 * connection has ended without one, or the broker is not up. Simulated seconds pass if it has to wait for something. */
const void *machine_ask(int16_t key, int16_t version, const void *request);

/* Begins with a world in which the broker has said nothing. */
void machine_begin(uint64_t seed);

/* Whether the broker has said something with this in it. */
bool machine_said(const char *text);
void machine_forget_said(void);
const char *machine_console(void);

#endif

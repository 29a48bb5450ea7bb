/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIMULATION_PROCESS_H
#define TESTS_SIMULATION_PROCESS_H

/* The process of a broker in the world of world.h: the whole of it, but for sockets and threads, with the files of the
 * layer in use. One at a time. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/broker.h"
#include "network/exchange.h"
#include "setting.h"

/* All of it must stay until the process has ended. */
struct process_setup {
    const struct process_setting *settings;
    size_t setting_count;
    const char *const *dirs; /* paths of the log directories; the first one has the metadata */
    size_t dir_count;
    size_t reactors;
    size_t fetch_sessions;
};

/* Recovers and takes the metadata over, but loads no coordinators yet. False: it does not start; it must be ended. */
bool process_open(const struct process_setup *setup);

/* Whether it may change the metadata; else what is there is served for reading. */
bool process_decides(void);

/* From now on it can be asked. */
void process_serve(void);
bool process_is_serving(void);

/* It stops in an orderly way, if the disk takes what it writes. `cut` ends connections that are not of this file, after
 * what is in work; NULL: there are none. */
void process_end(void (*cut)(void));

/* NULL: there is none. */
struct broker *process_broker(void);
const struct service *process_service(void);

/* ---- requests ---- */

enum { PROCESS_CALLS = 8 };

/* Sends a request on a connection of its own, whose number is returned. At most PROCESS_CALLS are under way. */
size_t process_send(int16_t key, int16_t version, const void *request);
bool process_is_answered(size_t call);

/* The response to one that is answered, valid until the next one is taken; NULL: the connection is closed, nothing is
 * answered, or there is no broker. The connection ends. */
const void *process_take(size_t call);

#endif

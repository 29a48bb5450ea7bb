/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REMARKS_H
#define TOOLS_REMARKS_H

/* What a capture contains that could not be shown. */

#include "traffic.h"

/* Passes each remark to a function, after traffic_finish(). `complete`: the capture was read to its end. `dropped`:
 * packets that the system lost. */
void remarks_say(const traffic *t, bool complete, unsigned long dropped, void (*to)(void *context, const char *text),
                 void *context);

/* Prints them: lines on standard error. */
void print_remarks(const traffic *t, bool complete, unsigned long dropped);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_REMARKS_H
#define TOOLS_REMARKS_H

/* Prints what a capture contains that could not be shown: lines on standard error. */

#include "traffic.h"

/* After traffic_finish(). `complete`: the capture was read to its end. `dropped`: packets that the system lost. */
void print_remarks(const traffic *t, bool complete, unsigned long dropped);

#endif

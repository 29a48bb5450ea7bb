/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SCRIPT_RUN_H
#define TOOLS_SCRIPT_RUN_H

#include "call_options.h"

/* --script: sends the requests of a script on one connection, and prints a line of JSON for each answer. The first
 * error that its request does not allow ends it. Returns the exit status. */
int call_script(const call_options *o);

#endif

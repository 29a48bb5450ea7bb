/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RAW_H
#define TOOLS_RAW_H

#include "call_options.h"

/* --raw: sends bytes as they are, and prints the answer to each frame in them as a frame. Returns the exit status. */
int call_raw(const call_options *o);

#endif

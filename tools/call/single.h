/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_SINGLE_H
#define TOOLS_SINGLE_H

#include "call_options.h"

/* One request and its answer. Returns the exit status. */
int call_single(const call_options *o);

#endif

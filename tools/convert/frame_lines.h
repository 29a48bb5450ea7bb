/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FRAME_LINES_H
#define TOOLS_FRAME_LINES_H

/* decode --frame --jsonl and encode --frame --jsonl: a line {"hex":"...","api":NAME,"version":N}, the last two of
 * responses or ignored with "kind":"request", becomes {"frame":{...}} and back, or {"error":{...}}. */

#include "../json/codec.h"

/* Answers each line of standard input with a line. */
void frame_lines_run(codec *c, bool decoding);

#endif

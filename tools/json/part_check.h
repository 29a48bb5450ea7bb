/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PART_CHECK_H
#define TOOLS_PART_CHECK_H

/* Whether a key or value that is shown as a message gives the same bytes when it is read again: its JSON has neither
 * tagged fields that the schema does not know, nor bytes after the message, nor text that is not UTF-8. */

#include <kwire/arena.h>
#include <kwire/view.h>
#include <kwire/writer.h>

#include "record_decoder.h"

typedef struct part_check {
    kw_arena arena;
    kw_writer bytes;
} part_check;

void part_check_init(part_check *c, size_t max_memory);
void part_check_finish(part_check *c);

/* True as well for a part that is not shown as a message. `control`: the value of a control record. */
bool part_comes_back(part_check *c, const decoded_part *part, kw_bytes bytes, bool control);

#endif

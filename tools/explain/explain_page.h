/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EXPLAIN_PAGE_H
#define TOOLS_EXPLAIN_PAGE_H

/* What `kwire explain --html` writes: one page of all inputs. It is written when the last has ended, as its head
 * depends on what follows; the limit of fields bounds the memory for it. */

#include <stdbool.h>

#include "printer.h"

typedef struct explain_page explain_page;

/* `full`: every byte, value and field. */
explain_page *explain_page_create(bool full);

/* The printer of its inputs. */
const printer *explain_page_printer(const explain_page *p);

/* Writes the page to standard output and ends it. */
void explain_page_finish(explain_page *p);

#endif

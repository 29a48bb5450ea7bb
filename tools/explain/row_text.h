/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ROW_TEXT_H
#define TOOLS_ROW_TEXT_H

/* The words of an explanation that do not depend on where they are printed. */

#include "printer.h"
#include "sheet.h"

/* The value of a row; nothing if it has none. Long texts are cut unless `full`. */
void sheet_value(sheet *s, const explain_row *r, bool full);

/* What an input is: "Metadata request version 12, correlation id 8, 50 bytes". */
void sheet_title(sheet *s, const explain_title *t);

/* Untrusted text, escaped. */
void sheet_printable(sheet *s, const char *text);

#endif

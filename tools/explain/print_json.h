/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_PRINT_JSON_H
#define TOOLS_PRINT_JSON_H

/* An explanation as JSON, one line for each input, written as it is made:
 *
 *   {"input":1,"offset":0,"size":14,"kind":"request","api":"Metadata","apiKey":3,"version":1,"correlationId":7,
 *    "rows":[...],"fine":true}
 *
 * Rows are, in the order of the bytes,
 *
 *   fields   {"offset","size","depth","path","type","value","meaning"}
 *   parts    {"part","depth","message","version"}: a message, or something else with a name, follows
 *   errors   {"offset","path","type","error":{"code","detail"}}
 *   remarks  {"remark"} on the rows before
 *
 * "region" is present if offsets are relative to decompressed bytes, the n-th of the input. Empty members are omitted.
 * Instead of "value" there is "count" for arrays, "contentSize" for bytes whose content follows as rows, and "masked"
 * for secrets. */

#include "printer.h"
#include "sheet.h"

typedef struct print_json {
    sheet sheet;
    bool has_row; /* of the current input */
} print_json;

/* `write` NULL: standard output. */
printer print_json_init(print_json *p, void (*write)(void *context, const void *data, size_t size), void *context);

#endif

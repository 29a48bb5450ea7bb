/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_FLOAT_TEXT_H
#define TOOLS_FLOAT_TEXT_H

enum { FLOAT_TEXT_SIZE = 32 };

/* The shortest decimal number that reads back as this double; or NaN, Infinity or -Infinity, as Kafka's converters
 * write them. */
void float_text(double number, char to[FLOAT_TEXT_SIZE]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LOAD_PROGRAM_H
#define BENCH_LOAD_PROGRAM_H

/* What the programs that make load do in the same way. */

/* Prints a message after the program's name and ends the program. */
__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

/* Ends the program if `memory` is NULL, and returns it. */
void *must_have(void *memory);

/* The value of an option; anything but a number of this range ends the program. */
double option_number(const char *text, double least, double most);

#endif

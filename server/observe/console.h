/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_OBSERVE_CONSOLE_H
#define SERVER_OBSERVE_CONSOLE_H

/* What the broker reports to its operator, on standard error, in whole lines. Control characters and bytes that are not
 * UTF-8 are shown as '?'. Nobody who reports something waits for standard error: what it does not take at once is kept,
 * up to CONSOLE_KEPT bytes; beyond that lines are dropped and counted, and a line with their number takes their place.
 */

#include <stdbool.h>

#if defined(__GNUC__) || defined(__clang__)
#define PRINTF_LIKE __attribute__((format(printf, 1, 2)))
#else
#define PRINTF_LIKE
#endif

enum {
    CONSOLE_LINE = 1024,       /* bytes of a line with its end; longer ones are cut */
    CONSOLE_KEPT = 64 * 1024,  /* bytes that wait for standard error */
    CONSOLE_PEER_LINES = 200,  /* a second, of console_peer() */
    CONSOLE_LAST_WAIT_MS = 500 /* that console_stop() waits for standard error at most */
};

/* Starts the thread that writes; it takes no signals. Until then, and if it fails, lines are written by those who
 * report them as far as standard error takes them at once. */
bool console_start(void);

/* Ends the thread once everything is written, or given up after CONSOLE_LAST_WAIT_MS. Every way out of the program ends
 * with it, also where console_start() was not called. */
void console_stop(void);

/* A line with the time in UTC. */
void console_line(const char *format, ...) PRINTF_LIKE;

/* The same for what a peer has caused, which may be as often as it likes: beyond CONSOLE_PEER_LINES a second such lines
 * are only counted, and the next one that is written is preceded by one with their number. */
void console_peer(const char *format, ...) PRINTF_LIKE;

/* Why the broker does not start: the program's name and the reason. */
void complain(const char *format, ...) PRINTF_LIKE;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_OBSERVE_CONSOLE_H
#define SERVER_OBSERVE_CONSOLE_H

/* What the broker tells its operator, on standard error. Every call is one line and one write, so that lines of several
 * threads never mix; characters that would break the line are shown as '?'. */

#if defined(__GNUC__) || defined(__clang__)
#define PRINTF_LIKE __attribute__((format(printf, 1, 2)))
#else
#define PRINTF_LIKE
#endif

/* A line with the time in UTC. */
void console_line(const char *format, ...) PRINTF_LIKE;

/* The same for what a peer has caused, which may be as often as it likes: beyond CONSOLE_PEER_LINES a second such lines
 * are only counted, and the next one that is written is preceded by one with their number. */
enum { CONSOLE_PEER_LINES = 200 };
void console_peer(const char *format, ...) PRINTF_LIKE;

/* Why the broker does not start: the program's name and the reason. */
void complain(const char *format, ...) PRINTF_LIKE;

#endif

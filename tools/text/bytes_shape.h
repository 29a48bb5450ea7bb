/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_BYTES_SHAPE_H
#define TOOLS_BYTES_SHAPE_H

/* How bytes are written as text:
 *
 *     hex        0000 0023 00:12:00-04, 0x00000023, <Buffer 00 00 00 23>; comments from // or # on
 *     dump       lines of offset and bytes, as xxd, hexdump, od, tcpdump, Wireshark and Netty print them
 *     array      of C, Java, Go, Python, Erlang...: { 0x00, 35, 'k', -1 }, [0, 0, 0, 35], <<0,0,0,35>>
 *     string     with escapes: "\x00\x00\x00#", b'\x00', '\000\000\000\043'
 *     base64
 *     decimal    0 0 0 35
 *
 * or, "binary", not as text. */

#include <stdbool.h>
#include <stddef.h>

typedef enum bytes_shape {
    BYTES_BINARY,
    BYTES_HEX,
    BYTES_DUMP,
    BYTES_ARRAY,
    BYTES_STRING,
    BYTES_BASE64,
    BYTES_DECIMAL
} bytes_shape;

/* What Node.js prints before the bytes of a Buffer. */
#define BYTES_NODE_BUFFER "<Buffer"

/* Recognises the shape from the start of an input. */
bytes_shape bytes_shape_of(const char *text, size_t size);

/* Whether the text has nothing but hex digits, separators and comments. */
bool bytes_are_hex(const char *text, size_t size);

/* Why it is not certain what the digits of such a text mean: a sentence in static storage; NULL if it is. */
const char *bytes_shape_doubt(const char *text, size_t size);

/* E.g. "base64"; static storage. The second is the reverse; false if there is no such shape. */
const char *bytes_shape_name(bytes_shape shape);
bool bytes_shape_named(const char *name, bytes_shape *out);

/* The digits in a line like: echo "00000023" | xxd -r -p | nc localhost 9092. False if the text is not one. */
bool bytes_text_in_command(const char *text, size_t size, const char **from, size_t *from_size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_ADDRESS_H
#define TOOLS_ADDRESS_H

/* HOST:PORT, HOST, [IPV6]:PORT or [IPV6]. */

#include <stdbool.h>

#define ADDRESS_PORT_DEFAULT "9092"

enum { ADDRESS_HOST_SIZE = 256, ADDRESS_PORT_SIZE = 6 };

typedef struct address {
    char host[ADDRESS_HOST_SIZE]; /* a name or a number, without brackets */
    char port[ADDRESS_PORT_SIZE]; /* decimal, 1 to 65535 */
} address;

/* NULL, or what is wrong with the text: static storage, follows "... is not an address: ". */
const char *address_read(const char *text, address *out);

#endif

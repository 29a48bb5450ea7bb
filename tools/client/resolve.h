/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RESOLVE_H
#define TOOLS_RESOLVE_H

#include <netdb.h>

#include "address.h"
#include "deadline.h"
#include "trouble.h"

/* Resolves an address, in the order to try; the caller calls freeaddrinfo(). NULL with a report.
 *
 * getaddrinfo() may take minutes if name servers do not answer, so names are looked up in a separate thread; after a
 * timeout it is left running. */
struct addrinfo *resolve(const address *a, deadline until, report *r);

#endif

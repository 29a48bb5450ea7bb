/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RESOLVE_H
#define TOOLS_RESOLVE_H

#include <netdb.h>

#include "address.h"
#include "deadline.h"
#include "trouble.h"

/* What an address stands for, in the order to try it; the caller's to freeaddrinfo(). NULL with a report.
 *
 * getaddrinfo() may take minutes where name servers are silent, so names are looked up in a thread of their own; one
 * that is late is left to itself. */
struct addrinfo *resolve(const address *a, deadline until, report *r);

#endif

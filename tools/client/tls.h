/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_TLS_H
#define TOOLS_TLS_H

/* TLS over a connected socket, with OpenSSL. If the command is built without it, tls_open() always fails. */

#include <stdbool.h>
#include <stddef.h>

#include "deadline.h"
#include "trouble.h"

/* Files are PEM. */
typedef struct tls_settings {
    bool wanted;
    bool insecure;           /* accept any certificate */
    const char *ca;          /* file of the authorities to trust; NULL: the system's */
    const char *cert;        /* file of the client's certificate and its chain; NULL: none */
    const char *key;         /* file of its key; NULL: that of the certificate */
    const char *server_name; /* name that the certificate must have; NULL: the host */
} tls_settings;

typedef struct tls_session tls_session;

/* Whether the command is built with TLS. */
bool tls_available(void);

/* Performs the handshake: TLS 1.2 or newer, the peer's certificate and its name verified. NULL with a report. `host`
 * need not outlive the call; the caller owns the descriptor, which must stay open until tls_close(). */
tls_session *tls_open(const tls_settings *settings, const char *host, int fd, deadline until, report *r);

/* As socket_send() and socket_receive(). */
bool tls_send(tls_session *t, const void *data, size_t size, deadline until, report *r);
bool tls_receive(tls_session *t, void *data, size_t size, size_t *got, deadline until, report *r);

/* Sends close_notify if the time allows it. NULL is accepted. */
void tls_close(tls_session *t, deadline until);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* tls.h and scram.h without OpenSSL. */
#include "scram.h"
#include "tls.h"

static bool refuse(report *r, const char *code)
{
    return report_set(r, code, 0, "this kwire is built without OpenSSL");
}

bool tls_available(void)
{
    return false;
}

tls_session *tls_open(const tls_settings *settings, const char *host, int fd, deadline until, report *r)
{
    (void)settings;
    (void)host;
    (void)fd;
    (void)until;
    refuse(r, CODE_TLS);
    return NULL;
}

bool tls_send(tls_session *t, const void *data, size_t size, deadline until, report *r)
{
    (void)t;
    (void)data;
    (void)size;
    (void)until;
    return refuse(r, CODE_TLS);
}

bool tls_receive(tls_session *t, void *data, size_t size, size_t *got, deadline until, report *r)
{
    (void)t;
    (void)data;
    (void)size;
    (void)until;
    *got = 0;
    return refuse(r, CODE_TLS);
}

void tls_close(tls_session *t, deadline until)
{
    (void)t;
    (void)until;
}

bool scram_available(void)
{
    return false;
}

bool scram_make_nonce(char to[SCRAM_NONCE_SIZE], report *r)
{
    to[0] = '\0';
    return refuse(r, CODE_SASL);
}

bool scram_begin(scram *s, scram_hash hash, const char *user, const char *password, const char *nonce, report *r)
{
    (void)s;
    (void)hash;
    (void)user;
    (void)password;
    (void)nonce;
    return refuse(r, CODE_SASL);
}

kw_bytes scram_first(const scram *s)
{
    (void)s;
    return (kw_bytes){NULL, 0};
}

bool scram_answer(scram *s, kw_bytes server_first, kw_bytes *out, report *r)
{
    (void)s;
    (void)server_first;
    *out = (kw_bytes){NULL, 0};
    return refuse(r, CODE_SASL);
}

bool scram_verify(const scram *s, kw_bytes server_final, report *r)
{
    (void)s;
    (void)server_final;
    return refuse(r, CODE_SASL);
}

void scram_finish(scram *s)
{
    (void)s;
}

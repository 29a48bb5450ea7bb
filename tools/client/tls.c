/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "../command/buffer.h"
#include "socket.h"
#include "tls.h"

/* OpenSSL reads and writes through the two functions of a BIO, which wait until the deadline of the current call; so
 * for its user every call either succeeds or fails finally. */
struct tls_session {
    BIO_METHOD *method;
    SSL_CTX *context;
    SSL *ssl;
    const char *name; /* the name that the certificate must have; during the handshake */
    int fd;
    deadline until;
    report *report;
    bool reported; /* the socket failed, see the report */
    bool ended;    /* the peer ended the connection */
    report unread; /* of calls whose failure does not matter */
};

bool tls_available(void)
{
    return true;
}

static int bio_write(BIO *bio, const char *data, int size)
{
    tls_session *t = BIO_get_data(bio);
    if (socket_send(t->fd, data, (size_t)size, t->until, t->report))
        return size;
    t->reported = true;
    return -1;
}

static int bio_read(BIO *bio, char *data, int size)
{
    tls_session *t = BIO_get_data(bio);
    size_t got;
    if (!socket_receive(t->fd, data, (size_t)size, &got, t->until, t->report)) {
        t->reported = true;
        return -1;
    }
    t->ended = got == 0;
    return (int)got;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    const tls_session *t = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return t->ended;
    default:
        return 0;
    }
}

/* Reports and clears OpenSSL's error queue. Returns false. */
static bool report_openssl(report *r, const char *doing)
{
    unsigned long error = ERR_peek_error(); /* the oldest, which caused the others */
    const char *reason =
        ERR_GET_LIB(error) == ERR_LIB_SYS ? strerror(ERR_GET_REASON(error)) : ERR_reason_error_string(error);
    report_set(r, CODE_TLS, 0, "%s: %s", doing, reason != NULL ? reason : "OpenSSL gives no reason");
    ERR_clear_error();
    return false;
}

/* Replaces the prompt on the terminal. */
static int no_passphrase(char *to, int size, int writing, void *context)
{
    (void)to;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static bool load_identity(tls_session *t, const tls_settings *s, report *r)
{
    const char *key = s->key != NULL ? s->key : s->cert;
    if (s->cert == NULL)
        return true;
    SSL_CTX_set_default_passwd_cb(t->context, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(t->context, s->cert) != 1)
        return report_openssl(r, s->cert);
    if (SSL_CTX_use_PrivateKey_file(t->context, key, SSL_FILETYPE_PEM) != 1) {
        report_openssl(r, key);
        return report_while(r, "the key, which must not have a passphrase");
    }
    return true;
}

static bool load_authorities(tls_session *t, const tls_settings *s, report *r)
{
    if (s->insecure) {
        SSL_CTX_set_verify(t->context, SSL_VERIFY_NONE, NULL);
        return true;
    }
    SSL_CTX_set_verify(t->context, SSL_VERIFY_PEER, NULL);
    if (s->ca != NULL)
        return SSL_CTX_load_verify_locations(t->context, s->ca, NULL) == 1 || report_openssl(r, s->ca);
    return SSL_CTX_set_default_verify_paths(t->context) == 1 || report_openssl(r, "the system's authorities");
}

/* Sets the name that the certificate must have and, unless it is an address, the SNI. */
static bool set_name(tls_session *t, const char *name, report *r)
{
    t->name = name;
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl), name) == 1)
        return true;
    ERR_clear_error();
    SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(t->ssl, name) == 1 && SSL_set_tlsext_host_name(t->ssl, name) == 1)
        return true;
    return report_openssl(r, name);
}

static bool attach(tls_session *t, report *r)
{
    t->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket with a deadline");
    BIO *bio = NULL;
    if (t->method != NULL && BIO_meth_set_write(t->method, bio_write) == 1 &&
        BIO_meth_set_read(t->method, bio_read) == 1 && BIO_meth_set_ctrl(t->method, bio_control) == 1)
        bio = BIO_new(t->method);
    if (bio == NULL)
        return report_openssl(r, "OpenSSL");
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    return true;
}

static bool prepare(tls_session *t, const tls_settings *s, const char *host, report *r)
{
    t->context = SSL_CTX_new(TLS_client_method());
    if (t->context == NULL || SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION) != 1)
        return report_openssl(r, "OpenSSL");
    if (!load_authorities(t, s, r) || !load_identity(t, s, r))
        return false;
    t->ssl = SSL_new(t->context);
    if (t->ssl == NULL)
        return report_openssl(r, "OpenSSL");
    return set_name(t, s->server_name != NULL ? s->server_name : host, r) && attach(t, r);
}

static bool refuse_certificate(const tls_session *t, long why, report *r)
{
    ERR_clear_error();
    if (why == X509_V_ERR_HOSTNAME_MISMATCH || why == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        char name[QUOTED_SIZE];
        return report_set(r, CODE_TLS, 0, "the certificate is not that of %s (see --tls-server-name)",
                          quoted(name, t->name, strlen(t->name)));
    }
    return report_set(r, CODE_TLS, 0, "the certificate is not valid: %s (see --tls-ca)",
                      X509_verify_cert_error_string(why));
}

/* Whether an alert says that the client's certificate was rejected, or is missing. */
static bool is_about_ours(int reason)
{
    switch (reason) {
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return true;
    default:
        return false;
    }
}

/* Why the last call on the session failed. Returns false. */
static bool refuse(const tls_session *t, const char *doing, report *r)
{
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (t->reported)
        return report_while(r, "%s", doing);
    if (t->ended) {
        ERR_clear_error();
        return report_set(r, CODE_CONNECTION, 0, "%s: the peer ended the connection", doing);
    }
    report_openssl(r, doing);
    return is_about_ours(reason) && report_cause(r, "the broker requires a certificate, or another one (--tls-cert)");
}

static bool shake_hands(tls_session *t, report *r)
{
    ERR_clear_error();
    if (SSL_connect(t->ssl) == 1)
        return true;
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return refuse_certificate(t, SSL_get_verify_result(t->ssl), r);
    if (reason == SSL_R_WRONG_VERSION_NUMBER) {
        ERR_clear_error();
        return report_set(r, CODE_TLS, 0, "the peer does not speak TLS");
    }
    refuse(t, "TLS handshake", r);
    return strcmp(r->code, CODE_CONNECTION) == 0 && report_cause(r, "it may not speak TLS");
}

tls_session *tls_open(const tls_settings *settings, const char *host, int fd, deadline until, report *r)
{
    tls_session *t = zeroed_memory(sizeof *t);
    t->fd = fd;
    t->until = until;
    t->report = r;
    if (prepare(t, settings, host, r) && shake_hands(t, r))
        return t;
    tls_close(t, deadline_in(0));
    return NULL;
}

/* A peer that refuses the client's certificate sends an alert and ends the connection, which may be detected first by a
 * send. The alert is the better report then. */
static void prefer_alert(tls_session *t, report *r)
{
    char byte;
    size_t got;
    t->report = &t->unread;
    t->reported = false;
    ERR_clear_error();
    if (SSL_read_ex(t->ssl, &byte, sizeof byte, &got) != 1 && !t->reported && !t->ended && ERR_peek_error() != 0)
        refuse(t, "TLS", r);
    ERR_clear_error();
    t->reported = true;
}

bool tls_send(tls_session *t, const void *data, size_t size, deadline until, report *r)
{
    size_t done;
    t->until = until;
    t->report = r;
    ERR_clear_error();
    if (size == 0 || SSL_write_ex(t->ssl, data, size, &done) == 1)
        return true;
    refuse(t, "TLS", r);
    if (strcmp(r->code, CODE_CONNECTION) == 0)
        prefer_alert(t, r);
    return false;
}

bool tls_receive(tls_session *t, void *data, size_t size, size_t *got, deadline until, report *r)
{
    t->until = until;
    t->report = r;
    *got = 0;
    ERR_clear_error();
    int n = SSL_read_ex(t->ssl, data, size, got);
    if (n == 1)
        return true;
    /* An end without close_notify is a normal end: frames have sizes. */
    if (SSL_get_error(t->ssl, n) == SSL_ERROR_ZERO_RETURN || (t->ended && !t->reported)) {
        ERR_clear_error();
        return true;
    }
    return refuse(t, "TLS", r);
}

void tls_close(tls_session *t, deadline until)
{
    if (t == NULL)
        return;
    t->until = until;
    t->report = &t->unread;
    if (t->ssl != NULL && SSL_is_init_finished(t->ssl) == 1 && !t->reported && !t->ended)
        SSL_shutdown(t->ssl);
    ERR_clear_error();
    SSL_free(t->ssl);
    SSL_CTX_free(t->context);
    BIO_meth_free(t->method);
    free(t);
}

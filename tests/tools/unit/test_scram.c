/* SPDX-License-Identifier: Apache-2.0 */
/* SCRAM with a known nonce: the example of RFC 7677, and the same in SHA-512. */
#include "../../unit/support.h"

#include "../../../tools/client/scram.h"

#define NONCE "rOprNGfwEbeRWgbNEkqO"
#define BOTH_NONCES NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define CHALLENGE "r=" BOTH_NONCES ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"

typedef struct example {
    scram_hash hash;
    const char *proof;
    const char *signature;
} example;

static const example examples[] = {
    {SCRAM_SHA_256, "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    {SCRAM_SHA_512, "gMGXRcevScNtxZ6/8lQYpGtnsNAc3mGcmNomv+xnoOMw+3R2xNJdMNnzMlTN8PPC6wdp6dybEmDYXYTxwnYPJQ==",
     "v=ZQnYEgWQMFmmsM8aQMF0nDDCy/AgCzkwk8CmMZYcMg0vSVlKDanekLtifDSeVGT4+5ZxXnJq199RVG2rR7N7Zw=="},
};

static kw_bytes bytes_of(const char *text)
{
    return (kw_bytes){(const uint8_t *)text, (int32_t)strlen(text)};
}

static void assert_says(kw_bytes actual, const char *expected)
{
    assert_int_equal(actual.len, strlen(expected));
    assert_memory_equal(actual.data, expected, strlen(expected));
}

static void exchange(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(examples); i++) {
        scram s;
        report r;
        kw_bytes final;
        char expected[256];
        assert_true(scram_begin(&s, examples[i].hash, "user", "pencil", NONCE, &r));
        assert_says(scram_first(&s), "n,,n=user,r=" NONCE);
        assert_true(scram_answer(&s, bytes_of(CHALLENGE), &final, &r));
        snprintf(expected, sizeof expected, "c=biws,r=%s,p=%s", BOTH_NONCES, examples[i].proof);
        assert_says(final, expected);
        assert_true(scram_verify(&s, bytes_of(examples[i].signature), &r));
        assert_false(scram_verify(&s, bytes_of(examples[1 - i].signature), &r));
        assert_string_equal(r.code, CODE_SASL);
        scram_finish(&s);
    }
}

static void wiped(void **state)
{
    (void)state;
    static const scram zero;
    scram s;
    report r;
    assert_true(scram_begin(&s, SCRAM_SHA_256, "user", "pencil", NONCE, &r));
    scram_finish(&s);
    assert_memory_equal(&s, &zero, sizeof s);
}

static void nonces(void **state)
{
    (void)state;
    char one[SCRAM_NONCE_SIZE], other[SCRAM_NONCE_SIZE];
    report r;
    assert_true(scram_make_nonce(one, &r) && scram_make_nonce(other, &r));
    assert_int_equal(strlen(one), SCRAM_NONCE_SIZE - 1);
    assert_null(strchr(one, ','));
    assert_string_not_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exchange),
        cmocka_unit_test(wiped),
        cmocka_unit_test(nonces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

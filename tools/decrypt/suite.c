/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <stddef.h>

static const suite suites[] = {
    {0x1301, MODE_GCM, 16, 16, false},      /* TLS_AES_128_GCM_SHA256 */
    {0x1302, MODE_GCM, 32, 16, true},       /* TLS_AES_256_GCM_SHA384 */
    {0x1303, MODE_CHACHA20, 32, 16, false}, /* TLS_CHACHA20_POLY1305_SHA256 */
    {0x1304, MODE_CCM, 16, 16, false},      /* TLS_AES_128_CCM_SHA256 */
    {0x1305, MODE_CCM, 16, 8, false},       /* TLS_AES_128_CCM_8_SHA256 */

    {0x009c, MODE_GCM, 16, 16, false},      /* TLS_RSA_WITH_AES_128_GCM_SHA256, */
    {0x009d, MODE_GCM, 32, 16, true},       /* with AES_256_GCM_SHA384 */
    {0x009e, MODE_GCM, 16, 16, false},      /* TLS_DHE_RSA */
    {0x009f, MODE_GCM, 32, 16, true},       /* the same */
    {0x00a2, MODE_GCM, 16, 16, false},      /* TLS_DHE_DSS */
    {0x00a3, MODE_GCM, 32, 16, true},       /* the same */
    {0xc02b, MODE_GCM, 16, 16, false},      /* TLS_ECDHE_ECDSA */
    {0xc02c, MODE_GCM, 32, 16, true},       /* the same */
    {0xc02f, MODE_GCM, 16, 16, false},      /* TLS_ECDHE_RSA */
    {0xc030, MODE_GCM, 32, 16, true},       /* the same */
    {0xcca8, MODE_CHACHA20, 32, 16, false}, /* TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 */
    {0xcca9, MODE_CHACHA20, 32, 16, false}, /* TLS_ECDHE_ECDSA */
    {0xccaa, MODE_CHACHA20, 32, 16, false}, /* TLS_DHE_RSA */

    {0xc09c, MODE_CCM, 16, 16, false}, /* TLS_RSA_WITH_AES_128_CCM, */
    {0xc09d, MODE_CCM, 32, 16, false}, /* with AES_256_CCM, */
    {0xc0a0, MODE_CCM, 16, 8, false},  /* with AES_128_CCM_8, */
    {0xc0a1, MODE_CCM, 32, 8, false},  /* with AES_256_CCM_8 */
    {0xc09e, MODE_CCM, 16, 16, false}, /* TLS_DHE_RSA */
    {0xc09f, MODE_CCM, 32, 16, false}, /* the same */
    {0xc0a2, MODE_CCM, 16, 8, false},  /* the same */
    {0xc0a3, MODE_CCM, 32, 8, false},  /* the same */
    {0xc0ac, MODE_CCM, 16, 16, false}, /* TLS_ECDHE_ECDSA */
    {0xc0ad, MODE_CCM, 32, 16, false}, /* the same */
    {0xc0ae, MODE_CCM, 16, 8, false},  /* the same */
    {0xc0af, MODE_CCM, 32, 8, false},  /* the same */

    {0x002f, MODE_CBC, 16, 20, false}, /* TLS_RSA_WITH_AES_128_CBC_SHA, */
    {0x0035, MODE_CBC, 32, 20, false}, /* with AES_256_CBC_SHA, */
    {0x003c, MODE_CBC, 16, 32, false}, /* with AES_128_CBC_SHA256, */
    {0x003d, MODE_CBC, 32, 32, false}, /* with AES_256_CBC_SHA256 */
    {0x0032, MODE_CBC, 16, 20, false}, /* TLS_DHE_DSS */
    {0x0038, MODE_CBC, 32, 20, false}, /* the same */
    {0x0040, MODE_CBC, 16, 32, false}, /* the same */
    {0x006a, MODE_CBC, 32, 32, false}, /* the same */
    {0x0033, MODE_CBC, 16, 20, false}, /* TLS_DHE_RSA */
    {0x0039, MODE_CBC, 32, 20, false}, /* the same */
    {0x0067, MODE_CBC, 16, 32, false}, /* the same */
    {0x006b, MODE_CBC, 32, 32, false}, /* the same */
    {0xc009, MODE_CBC, 16, 20, false}, /* TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, */
    {0xc00a, MODE_CBC, 32, 20, false}, /* with AES_256_CBC_SHA, */
    {0xc023, MODE_CBC, 16, 32, false}, /* with AES_128_CBC_SHA256, */
    {0xc024, MODE_CBC, 32, 48, true},  /* with AES_256_CBC_SHA384 */
    {0xc013, MODE_CBC, 16, 20, false}, /* TLS_ECDHE_RSA */
    {0xc014, MODE_CBC, 32, 20, false}, /* the same */
    {0xc027, MODE_CBC, 16, 32, false}, /* the same */
    {0xc028, MODE_CBC, 32, 48, true},  /* the same */
};

const suite *suite_find(uint16_t id)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        if (suites[i].id == id)
            return &suites[i];
    return NULL;
}

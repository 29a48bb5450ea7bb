/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from schema/; do not edit. */
#ifndef KWIRE_API_KEYS_H
#define KWIRE_API_KEYS_H

/* API keys: the INT16 that a request starts with. Values are Kafka's and never change. */
typedef enum kw_api_key {
    KW_KEY_SHELF = 7,
    KW_KEY_EMPTY_SHELF = 9,
} kw_api_key;

#endif

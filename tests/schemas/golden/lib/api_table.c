/* SPDX-License-Identifier: Apache-2.0 */
/* Generated from schema/; do not edit. */
#include "tables.h"

#define NONE {0, -1}

static const kw_header_run headers_7[] = {{{0, 0}, 0, 0}, {{1, 2}, 1, 0}, {{3, 4}, 2, 1}, {{5, 5}, 3, 1}};
static const kw_header_run headers_9[] = {{{0, 0}, 2, 0}};

const kw_api kwi_apis[] = {
    {"Shelf", 7, {0, 5}, {1, 5}, headers_7, 4},
    {"EmptyShelf", 9, {0, 0}, {0, 0}, headers_9, 1},
};
const size_t kwi_api_count = 2;

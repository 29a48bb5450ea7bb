/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_TABLES_H
#define KWI_TABLES_H

/* The generated lookup tables. Each table is in its own file, and so are the functions that search it: a program
 * that looks up the name of an error does not link every message. */

#include <stddef.h>

#include <kwire/api.h>
#include <kwire/error.h>
#include <kwire/message.h>

/* Sorted by name. */
extern const kw_message *const kwi_messages[];
extern const size_t kwi_message_count;

/* By API key, below kwi_api_key_count; NULL where there is none. */
extern const kw_message *const kwi_requests[];
extern const kw_message *const kwi_responses[];
extern const size_t kwi_api_key_count;

/* Sorted by key. */
extern const kw_api kwi_apis[];
extern const size_t kwi_api_count;

/* Sorted by code. */
extern const kw_error_info kwi_errors[];
extern const size_t kwi_error_count;

#endif

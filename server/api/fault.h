/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SERVER_API_FAULT_H
#define SERVER_API_FAULT_H

/* Why a frame was not answered, as text for the console. */

#include <kwire/frame.h>
#include <kwire/message.h>

#include "../network/exchange.h"

/* "Metadata v12, correlation id 7: PROBLEM" */
void fault_describe(struct exchange *exchange, int16_t api_key, int16_t version, int32_t correlation_id,
                    const char *problem);

void fault_in_header(struct exchange *exchange, const kw_request *request, kw_status status);

/* `in` is the reader that has failed. What is in the exchange's arena is lost. */
void fault_in_body(struct exchange *exchange, const kw_request *request, const kw_message *message, kw_bytes frame,
                   const kw_reader *in);

#endif

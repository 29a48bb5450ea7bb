/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KWI_RECORD_TYPES_H
#define KWI_RECORD_TYPES_H

/* The generated table of persisted record types, sorted by topic and type. */

#include <stddef.h>

#include <kwire/persisted.h>

extern const kw_record_type kwi_record_types[];
extern const size_t kwi_record_type_count;

#endif

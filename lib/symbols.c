/* SPDX-License-Identifier: Apache-2.0 */
/* The inline functions of the public headers as symbols of the library. The headers with such functions must be
 * included here first. */
#define KWI_SYMBOLS

#if defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wmissing-prototypes"
#endif

#include <kwire/arena.h>
#include <kwire/batches.h>
#include <kwire/endian.h>
#include <kwire/frame.h>
#include <kwire/message.h>
#include <kwire/pairing.h>
#include <kwire/reader.h>
#include <kwire/records.h>
#include <kwire/storage/names.h>
#include <kwire/view.h>
#include <kwire/writer.h>

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_DIFF_NAMES_H
#define TOOLS_DIFF_NAMES_H

#include "rows.h"

/* Names elements of arrays by their keys, if any, so that they match at any position: topics[3].partitions[0] becomes
 * topics[name="a"].partitions[partitionIndex=5]. If two have the same keys the second is named topics[name="a"]#2. */
void names_by_keys(diff_rows *rows);

#endif

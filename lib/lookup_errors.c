/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

const kw_error_info *kw_error_find(int16_t code)
{
    size_t low = 0;
    size_t high = kwi_error_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const kw_error_info *info = &kwi_errors[middle];
        if (info->code == code)
            return info;
        if (code < info->code)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *kw_error_name(int16_t code)
{
    const kw_error_info *info = kw_error_find(code);
    return info != NULL ? info->name : "UNKNOWN_ERROR_CODE";
}

size_t kw_error_count(void)
{
    return kwi_error_count;
}

const kw_error_info *kw_error_at(size_t index)
{
    return index < kwi_error_count ? &kwi_errors[index] : NULL;
}

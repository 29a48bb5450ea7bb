/* SPDX-License-Identifier: Apache-2.0 */
#include "float_text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void float_text(double number, char to[FLOAT_TEXT_SIZE])
{
    if (!isfinite(number)) {
        snprintf(to, FLOAT_TEXT_SIZE, "%s", isnan(number) ? "NaN" : number < 0 ? "-Infinity" : "Infinity");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(to, FLOAT_TEXT_SIZE, "%.*g", digits, number);
        double again = strtod(to, NULL);
        if (memcmp(&again, &number, sizeof again) == 0)
            return;
    }
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "saslname.h"

void saslname_write(kw_writer *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '=')
            kw_write_raw(out, "=3D", 3);
        else if (*name == ',')
            kw_write_raw(out, "=2C", 3);
        else
            kw_write_raw(out, name, 1);
    }
}

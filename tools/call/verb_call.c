/* SPDX-License-Identifier: Apache-2.0 */
#include "../command/verb.h"
#include "call_options.h"
#include "raw.h"
#include "script_run.h"
#include "single.h"

static int call(const call_options *o)
{
    switch (o->kind) {
    case CALL_RAW:
        return call_raw(o);
    case CALL_SCRIPT:
        return call_script(o);
    case CALL_SINGLE:
        break;
    }
    return call_single(o);
}

static int run(const verb *self, int count, char **words)
{
    call_options options;
    int status = call_options_read(self, count, words, &options);
    if (status == CONTINUE)
        status = call(&options);
    call_options_finish(&options);
    return status;
}

const verb verb_call = {"call", run};

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_LOGIN_OPTIONS_H
#define TOOLS_LOGIN_OPTIONS_H

/* The options of a login. */

#include "../client/sasl.h"
#include "../command/buffer.h"
#include "../command/options.h"

/* As text; NULL for those that are not given. */
typedef struct login_options {
    const char *sasl;
    const char *user;
    const char *password_file;
    const char *token_file;
    const char *extensions;
} login_options;

/* What the settings are views of. All zero at first. */
typedef struct login_memory {
    buffer secret;
    buffer extensions;
} login_memory;

/* Returns CONTINUE or the exit status. login_memory_finish() must be called in either case. */
int login_options_settle(const verb *v, const login_options *o, sasl_settings *out, login_memory *memory);
void login_memory_finish(login_memory *memory);

#endif

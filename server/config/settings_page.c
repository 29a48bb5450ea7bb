/* SPDX-License-Identifier: Apache-2.0 */
#include "settings_page.h"

#include "settings.h"

static const char *use_text(const struct setting *s)
{
    return s->use == SETTING_HONOURED ? "yes" : s->use == SETTING_PROTECTS ? "refused" : "no";
}

/* A row's fields must not have the character that separates them. */
static void print_field(FILE *out, const char *text)
{
    fputs(" | ", out);
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '*' || *text == '_')
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void print_row(FILE *out, const struct setting *s)
{
    char valid[SETTING_TEXT_SIZE];
    fprintf(out, "| `%s`", s->name);
    print_field(out, setting_type_name(s->type));
    print_field(out, s->required ? "(required)" : s->default_text == NULL ? "" : s->default_text);
    print_field(out, setting_valid_text(s, valid));
    if (s->scope != SETTING_BROKER) {
        print_field(out, s->synonyms != NULL ? s->synonyms : "");
    } else {
        print_field(out, setting_mode_name(s->mode));
        print_field(out, use_text(s));
    }
    print_field(out, s->doc);
    fputs(" |\n", out);
}

static void print_table(FILE *out, enum setting_scope scope)
{
    for (size_t i = 0; i < setting_count; i++)
        if (settings[i].scope == scope && !settings[i].internal)
            print_row(out, &settings[i]);
}

void print_settings_page(FILE *out)
{
    fputs("# Settings\n"
          "\n"
          "This page is what `kwire-broker --help-settings` prints; it comes from `server/config/settings.def`.\n"
          "\n"
          "Names, types, defaults, valid values and modes are those of the newest release of Apache Kafka that\n"
          "`schema/sources.txt` names. Two defaults of kwire-broker differ: without `listeners` it listens on\n"
          "127.0.0.1:9092, and without `log.dirs` and `log.dir` all data is in memory. Kafka requires `node.id`,\n"
          "`process.roles` and `controller.listener.names`, kwire-broker does not.\n"
          "\n"
          "A setting is honoured (yes), accepted without effect and reported at the start (no), or it would protect\n"
          "something and is not implemented (refused): then the broker does not start, unless the value is the\n"
          "default. Values that Kafka does not accept are not accepted, with Kafka's message. So are settings of one\n"
          "listener, `listener.name.NAME.SETTING`: those that would protect it are refused, but for a listener of\n"
          "the controller, which kwire-broker does not open. Where a file repeats a name, the last one counts. Names\n"
          "that Kafka does not know are reported.\n"
          "\n"
          "A setting that can be changed is one that AlterConfigs changes while the broker runs; if it is honoured,\n"
          "the new value acts at once. Only `listeners` and `listener.security.protocol.map` cannot be altered.\n"
          "\n"
          "## Brokers\n"
          "\n"
          "| name | type | default | valid values | can be changed | honoured | meaning |\n"
          "|---|---|---|---|---|---|---|\n",
          out);
    print_table(out, SETTING_BROKER);
    fputs("\n"
          "## Topics\n"
          "\n"
          "A topic without the setting has the value of the broker's setting that it follows; of several the first\n"
          "that is given.\n"
          "\n"
          "| name | type | default | valid values | follows | meaning |\n"
          "|---|---|---|---|---|---|\n",
          out);
    print_table(out, SETTING_TOPIC);
    fputs("\n"
          "## Groups\n"
          "\n"
          "They are checked, kept and shown. Groups that are not served do not need them.\n"
          "\n"
          "| name | type | default | valid values | follows | meaning |\n"
          "|---|---|---|---|---|---|\n",
          out);
    print_table(out, SETTING_GROUP);
    fputs("\n"
          "## Client metrics\n"
          "\n"
          "Of a subscription. They are checked, kept and shown; metrics of clients are not served.\n"
          "\n"
          "| name | type | default | valid values | follows | meaning |\n"
          "|---|---|---|---|---|---|\n",
          out);
    print_table(out, SETTING_CLIENT_METRICS);
}

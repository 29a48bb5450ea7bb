# SPDX-License-Identifier: Apache-2.0
"""Completion of the words of the command, for bash and zsh. Names of the protocol come from the command itself."""

from __future__ import annotations

import re

from help_source import Help, Option

_NAMES = {"API": "apis", "ERROR": "errors", "MESSAGE": "schema"}
_FILES = {"FILE", "DIR"}


def _choices(value: str) -> list[str]:
    """Of "always|never|auto"."""
    return value.split("|") if re.fullmatch(r"[a-z0-9-]+(\|[a-z0-9-]+)+", value) else []


# ---- bash

_BASH = r'''# Completion of the kwire command for bash.

_kwire_values()
{
    case $1 in
@NAMES@
        FILE) compgen -f -- "$2" ;;
        *) compgen -W "$1" -- "$2" ;;
    esac
}

# The words are those of the line and not COMP_WORDS, which "HOST:PORT" is several of.
_kwire()
{
    local line=${COMP_LINE:0:COMP_POINT} words current verb options='' values='' place=0 i
    read -ra words <<<"$line"
    current=${words[${#words[@]} - 1]}
    [[ $line == *[[:space:]] ]] && words+=('') && current=''
    verb=${words[1]}
    local -a positions=()
    case $verb in
@VERBS@
    esac
    if ((${#words[@]} == 2)); then
        values=$(_kwire_values '@ALL@ --help --version' "$current")
    elif [[ $current == -* ]]; then
        values=$(_kwire_values "$options --help" "$current")
    else
        local kind
        kind=$(_kwire_option "$verb" "${words[${#words[@]} - 2]}")
        if [[ -z $kind ]]; then
            for ((i = 2; i < ${#words[@]} - 1; i++)); do
                if [[ ${words[i]} != -* ]]; then
                    ((place += 1))
                elif [[ -n $(_kwire_option "$verb" "${words[i]}") ]]; then
                    ((i += 1))
                fi
            done
            kind=${positions[place]}
        fi
        [[ -n $kind ]] && values=$(_kwire_values "$kind" "$current")
    fi
    mapfile -t COMPREPLY <<<"$values"
    [[ -n $values ]] || COMPREPLY=()
}

# What the value of an option is: a kind, or the words to choose from. Nothing if it takes none.
_kwire_option()
{
    case "$1 $2" in
@OPTIONS@
    esac
}

complete -o filenames -o bashdefault -F _kwire kwire
'''


def _kind(value: str) -> str:
    """The completions for it; "-" for an unknown value."""
    words = _choices(value)
    if words:
        return " ".join(words)
    kinds = set(value.split("|"))
    if kinds & _FILES:
        return "FILE"
    return next((kind for kind in _NAMES if kind in kinds), "-")


def _place_kind(kinds: set[str]) -> str:
    return _kind("|".join(sorted(kinds)))


def bash(helps: list[Help]) -> str:
    verbs, options = [], []
    for one in helps:
        names = " ".join(name for option in one.options() for name in option.names)
        places = " ".join(f"'{kind if kind != '-' else ''}'" for kind in map(_place_kind, one.positions()))
        verbs.append(f"        {one.name}) options='{names}' positions=({places}) ;;")
        for option in one.options():
            if option.value:
                patterns = "|".join(f"'{one.name} {name}'" for name in option.names)
                options.append(f"        {patterns}) echo '{_kind(option.value)}' ;;")
    names = [f"        {kind}) compgen -W \"$(kwire {verb} --names 2>/dev/null)\" -- \"$2\" ;;"
             for kind, verb in _NAMES.items()]
    fill = {"NAMES": "\n".join(names), "VERBS": "\n".join(verbs), "OPTIONS": "\n".join(options),
            "ALL": " ".join(one.name for one in helps)}
    return re.sub(r"@([A-Z]+)@", lambda mark: fill[mark[1]], _BASH)


# ---- zsh

_ZSH = r'''#compdef kwire
# Completion of the kwire command for zsh.

_kwire_names()
{
    local -a names
    names=(${(f)"$(kwire $1 --names 2>/dev/null)"})
    _describe "$2" names
}

_kwire()
{
    local -a verbs
    verbs=(
@ALL@
    )
    if ((CURRENT == 2)); then
        _describe verb verbs
        _arguments --help'[what the command does]' --version'[version of the program]'
        return
    fi
    local verb=$words[2]
    shift words
    ((CURRENT -= 1))
    case $verb in
@VERBS@
    esac
}

_kwire "$@"
'''


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _plain(text: str) -> str:
    """A text escaped for _arguments."""
    return re.sub(r"([\[\]:\\])", r"\\\1", text)


def _action(value: str) -> str:
    kind = _kind(value)
    if kind == "FILE":
        return "_files"
    if kind in _NAMES:
        return f"_kwire_names {_NAMES[kind]} {kind.lower()}"
    return f"({kind})" if kind != "-" else ""


def _zsh_option(option: Option) -> list[str]:
    text = f"[{_plain(option.text)}]"
    value = f":{_plain(option.value)}:{_action(option.value)}" if option.value else ""
    return [_quoted(f"{name}{text}{value}") for name in option.names]


def zsh(helps: list[Help]) -> str:
    verbs = []
    for one in helps:
        words = [word for option in one.options() for word in _zsh_option(option)]
        for place, kinds in enumerate(one.positions(), 1):
            names = "|".join(sorted(kinds))
            words.append(_quoted(f"{place}:{_plain(names)}:{_action(names)}"))
        lines = " \\\n                ".join(["_arguments", *words])
        verbs.append(f"        {one.name})\n            {lines}\n            ;;")
    every = [f"        {_quoted(_plain(one.name) + ':' + one.summary)}" for one in helps]
    fill = {"ALL": "\n".join(every), "VERBS": "\n".join(verbs)}
    return re.sub(r"@([A-Z]+)@", lambda mark: fill[mark[1]], _ZSH)

# SPDX-License-Identifier: Apache-2.0
"""Completion of the words of the command, for bash, zsh and fish. The command itself lists names of the protocol."""

from __future__ import annotations

import re

from help_source import Help, Option

# What lists the names of a kind.
_NAMES = {"API": "apis --names", "APIS": "apis --names", "ERROR": "errors --names", "MESSAGE": "schema --names",
          "RELEASE": "apis --releases"}
_FILES = {"FILE", "DIR", "INPUT"}
_FILE = "FILE"
_ANY = "-"  # nothing to offer


def _kind(values: set[str]) -> str:
    """What to offer for one of these values: _FILE, _ANY or a key of _NAMES."""
    if values & _FILES:
        return _FILE
    return next((kind for kind in _NAMES if kind in values), _ANY)


def _kind_of_option(option: Option) -> str:
    """The same, or the values themselves with blanks between them."""
    return " ".join(option.choices()) or _kind({option.value})


def _verbs(helps: list[Help]) -> list[tuple[str, str]]:
    """With what each does."""
    return [*((one.name, one.summary) for one in helps), ("help", "the text of a verb's --help")]


# ---- bash

_BASH = r'''# Completion of the kwire command for bash.

_kwire_values()
{
    case $1 in
@NAMES@
        FILE) compgen -f -- "$2" ;;
        -) ;;
        *) compgen -W "$1" -- "$2" ;;
    esac
}

# The words are those of the line and not COMP_WORDS, which "HOST:PORT" is several of.
_kwire()
{
    local line=${COMP_LINE:0:COMP_POINT} words current verb options='' values='' place=0 repeats=0 i
    read -ra words <<<"$line"
    current=${words[${#words[@]} - 1]}
    [[ $line == *[[:space:]] ]] && words+=('') && current=''
    verb=${words[1]}
    local -a positions=()
    case $verb in
@VERBS@
    esac
    if ((${#words[@]} == 2)); then
        values=$(_kwire_values '@ALL@ help --help --version' "$current")
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
            if ((place >= ${#positions[@]} && repeats && place > 0)); then
                place=$((${#positions[@]} - 1))
            fi
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


def bash(helps: list[Help]) -> str:
    verbs, options = [], []
    for one in helps:
        names = " ".join(name for option in one.options() for name in option.names)
        places = " ".join(f"'{_kind(kinds)}'" for kinds in one.positions())
        verbs.append(f"        {one.name}) options='{names}' positions=({places}) repeats={int(one.repeats())} ;;")
        for option in one.options():
            if option.value:
                patterns = "|".join(f"'{one.name} {name}'" for name in option.names)
                options.append(f"        {patterns}) echo '{_kind_of_option(option)}' ;;")
    verbs.append("        help) positions=('" + " ".join(one.name for one in helps) + "') ;;")
    names = [f"        {kind}) compgen -W \"$(kwire {words} 2>/dev/null)\" -- \"$2\" ;;"
             for kind, words in _NAMES.items()]
    fill = {"NAMES": "\n".join(names), "VERBS": "\n".join(verbs), "OPTIONS": "\n".join(options),
            "ALL": " ".join(one.name for one in helps)}
    return re.sub(r"@([A-Z]+)@", lambda mark: fill[mark[1]], _BASH)


_BASH_ALONE = r'''# Completion of @NAME@ for bash.

@FUNCTION@()
{
    local current=${COMP_WORDS[COMP_CWORD]} values
    case ${COMP_WORDS[COMP_CWORD - 1]} in
@OPTIONS@
        *)
            if [[ $current == -* ]]; then
                values=$(compgen -W '@ALL@' -- "$current")
            else
                values=$(compgen -f -- "$current")
            fi
            ;;
    esac
    mapfile -t COMPREPLY <<<"$values"
    [[ -n $values ]] || COMPREPLY=()
}

complete -o filenames -o bashdefault -F @FUNCTION@ @NAME@
'''


def _function(one: Help) -> str:
    return "_" + one.name.replace("-", "_")


def bash_alone(one: Help) -> str:
    """Of a command without verbs."""
    options = []
    for option in one.options():
        kind = _kind_of_option(option)
        words = {_FILE: "compgen -f", _ANY: ":"}.get(kind, f"compgen -W '{kind}'")
        if option.value:
            options.append(f"        {'|'.join(option.names)}) values=$({words} -- \"$current\") ;;")
    fill = {"NAME": one.name, "FUNCTION": _function(one), "OPTIONS": "\n".join(options),
            "ALL": " ".join(name for option in one.options() for name in option.names)}
    return re.sub(r"@([A-Z]+)@", lambda mark: fill[mark[1]], _BASH_ALONE)


# ---- zsh

_ZSH = r'''#compdef kwire
# Completion of the kwire command for zsh.

_kwire_names()
{
    local -a names
    names=(${(f)"$(kwire $1 $2 2>/dev/null)"})
    _describe "$3" names
}

_kwire()
{
    local -a verbs
    verbs=(
@ALL@
    )
    if ((CURRENT == 2)); then
        _describe verb verbs
        _arguments {-h,--help}'[what the command does]' {-V,--version}'[version of the program]'
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


def _action(kind: str) -> str:
    """The blank before a function keeps _arguments from giving it options."""
    if kind == _FILE:
        return "_files"
    if kind in _NAMES:
        return f" _kwire_names {_NAMES[kind]} {kind.lower()}"
    return f"({kind})" if kind != _ANY else ""


def _zsh_option(option: Option) -> list[str]:
    text = f"[{_plain(option.text)}]"
    value = f":{_plain(option.value)}:{_action(_kind_of_option(option))}" if option.value else ""
    return [_quoted(f"{name}{text}{value}") for name in option.names]


def zsh(helps: list[Help]) -> str:
    verbs = []
    for one in helps:
        words = [word for option in one.options() for word in _zsh_option(option)]
        positions = one.positions()
        for place, kinds in enumerate(positions, 1):
            number = "*" if one.repeats() and place == len(positions) else place
            words.append(_quoted(f"{number}:{_plain('|'.join(sorted(kinds)))}:{_action(_kind(kinds))}"))
        lines = " \\\n                ".join(["_arguments", *words])
        verbs.append(f"        {one.name})\n            {lines}\n            ;;")
    every_verb = " ".join(one.name for one in helps)
    verbs.append(f"        help)\n            _arguments '1:VERB:({every_verb})'\n            ;;")
    every = [f"        {_quoted(_plain(name) + ':' + summary)}" for name, summary in _verbs(helps)]
    fill = {"ALL": "\n".join(every), "VERBS": "\n".join(verbs)}
    return re.sub(r"@([A-Z]+)@", lambda mark: fill[mark[1]], _ZSH)


def zsh_alone(one: Help) -> str:
    words = [word for option in one.options() for word in _zsh_option(option)]
    arguments = " \\\n    ".join(["_arguments", *words, "'1:FILE:_files'"])
    return f"#compdef {one.name}\n# Completion of {one.name} for zsh.\n\n{arguments}\n"


# ---- fish

_FISH = r'''# Completion of the kwire command for fish.

# The words before the cursor that are neither options nor their values, the verb first.
function __kwire_words
    set -l words (commandline -opc)
    set -e words[1]
    set -l verb $words[1]
    set -l is_value no
    for word in $words
        if test $is_value = yes
            set is_value no
        else if string match -q -- '-*' $word
            if contains -- "$verb $word" @VALUED@
                set is_value yes
            end
        else
            echo -- $word
        end
    end
end

# Whether the verb is $argv[1] and, if $argv[2] is there, that many words are behind it. "+": at least as many.
function __kwire_at
    set -l words (__kwire_words)
    test (count $words) -ge 1; or return 1
    test $words[1] = $argv[1]; or return 1
    set -l count (math (count $words) - 1)
    switch "$argv[2]"
        case ''
            return 0
        case '*+'
            test $count -ge (string trim -c + $argv[2])
        case '*'
            test $count -eq $argv[2]
    end
end

complete -c kwire -f
@ALL@
complete -c kwire -n 'test (count (__kwire_words)) -eq 0' -s h -l help -d 'what the command does'
complete -c kwire -n 'test (count (__kwire_words)) -eq 0' -s V -l version -d 'version of the program'
@VERBS@
'''


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _fish_offer(kind: str) -> str:
    if kind == _FILE:
        return " -F"
    if kind in _NAMES:
        return f" -a '(kwire {_NAMES[kind]})'"
    return f" -a {_fish_quoted(kind)}" if kind != _ANY else ""


def _fish_option(command: str, option: Option) -> str:
    names = "".join(f" -l {name[2:]}" if name.startswith("--") else f" -s {name[1:]}" for name in option.names)
    kind = _kind_of_option(option)
    value = (" -r" if kind == _FILE else " -x") + _fish_offer(kind) if option.value else ""
    return f"complete -c {command}{names}{value} -d {_fish_quoted(option.text)}"


def fish(helps: list[Help]) -> str:
    lines, valued = [], []
    for one in helps:
        for option in one.options():
            lines.append(_fish_option(f"kwire -n '__kwire_at {one.name}'", option))
            valued += [_fish_quoted(f"{one.name} {name}") for name in option.names if option.value]
        positions = one.positions()
        for place, kinds in enumerate(positions):
            number = f"{place}+" if one.repeats() and place == len(positions) - 1 else str(place)
            offer = _fish_offer(_kind(kinds))
            if offer:
                lines.append(f"complete -c kwire -n '__kwire_at {one.name} {number}'{offer}")
    lines.append(f"complete -c kwire -n '__kwire_at help 0' -a '{' '.join(one.name for one in helps)}'")
    every = [f"complete -c kwire -n 'test (count (__kwire_words)) -eq 0' -a {name} -d {_fish_quoted(summary)}"
             for name, summary in _verbs(helps)]
    fill = {"ALL": "\n".join(every), "VERBS": "\n".join(lines), "VALUED": " ".join(valued)}
    return re.sub(r"@([A-Z]+)@", lambda mark: fill[mark[1]], _FISH)


def fish_alone(one: Help) -> str:
    lines = [_fish_option(one.name, option) for option in one.options()]
    return "\n".join([f"# Completion of {one.name} for fish.", *lines, ""])

# SPDX-License-Identifier: Apache-2.0
# To be sourced. apt for another architecture, or for sources, with state of its own: the system's stays as it is.

# apt_aside ARCHITECTURE deb|deb-src FOLDER COMMAND...   apt-get COMMAND; the first call for FOLDER fetches the lists
apt_aside() {
    architecture=$1 type=$2 state=$3
    shift 3
    if [ ! -d "$state" ]; then
        mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/sources"
        : >"$state/status"
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
            [ ! -f "$file" ] || sed -E "s/^Types:.*/Types: $type/; s/^deb(-src)? /$type /" "$file" \
                >"$state/sources/$(basename "$file")"
        done
        # An archive without this architecture is no reason to stop: the packages are in another one, or their
        # download fails.
        apt_with_state apt-get update || true
    fi
    apt_with_state apt-get "$@"
}

# source_versions NAME   those that the lists of the last call name, the newest first
source_versions() {
    apt_with_state apt-cache showsrc --only-source "$1" | sed -n 's/^Version: //p' | sort -rVu
}

apt_with_state() {
    tool=$1
    shift
    "$tool" -qq -o APT::Architecture="$architecture" -o APT::Architectures="$architecture" -o APT::Sandbox::User= \
        -o Dir::State="$state" -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
        -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$state/sources" -o Debug::NoLocking=true "$@"
}

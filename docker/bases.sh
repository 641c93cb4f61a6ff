#!/usr/bin/env bash
# bases.sh CACHE ARCHITECTURE...: debian:trixie-slim where no registry is reached. mmdebstrap makes each once (about a
# minute; arm64 up to eight under emulation) and keeps it under CACHE as an archive. What is printed is the folder of
# the archives, amd64.tar and arm64.tar.
set -euo pipefail

suite=trixie
cache=$1/$suite-slim-1
shift
mkdir -p "$cache"

# shellcheck disable=SC2016 # the dollars are apt-get's own
mirror=${LANEWISE_MIRROR:-$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 'Created-By: Packages' |
    awk '$2 !~ /-/ {print $1; exit}')}

# As the slim images are: minbase, and neither manual pages nor documentation beside the licence notices.
make_base() {
    local architecture=$1
    local archive=$cache/$architecture.tar
    [[ -f $archive ]] && return
    # apt inside the image trusts the one archive keyring that lies under its own /usr/share/keyrings.
    mmdebstrap --quiet --format=tar --variant=minbase --architectures="$architecture" \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
        "$suite" "$archive.part" \
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >&2
    mv "$archive.part" "$archive"
}

for architecture; do make_base "$architecture"; done
echo "$cache"

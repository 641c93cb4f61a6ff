# Sourced by image.sh where no docker engine runs: buildah builds, chroot is the isolation, binfmt_misc runs the other
# architecture. As root.
# shellcheck shell=bash
cache=${LANEWISE_IMAGE_CACHE:-/var/tmp/lanewise-image}
base=docker.io/library/debian:trixie-slim
export BUILDAH_ISOLATION=chroot
# shellcheck disable=SC2034 # image.sh reads root
container='' root='' server=''
declare -A ids=() # of each image that was built: a name may be of any registry, or of none

begin() {
    local missing=() package
    for package in buildah crun curl mmdebstrap qemu-user-static binfmt-support debian-archive-keyring; do
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    if ((${#missing[@]})); then
        run apt-get -qq update
        run env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "${missing[@]}"
    fi
    # The emulator of the other architecture is opened once, by the kernel, so that it serves in any root directory.
    if [[ ! -e /proc/sys/fs/binfmt_misc/status ]]; then
        run mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    fi
    if [[ $(uname -m) == x86_64 && ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]]; then
        run update-binfmts --enable qemu-aarch64
    fi
    if ! buildah manifest exists $base 2>/dev/null; then make_base; fi
}

# Made of Debian's packages, so that no registry is needed. Both platforms under one name: for a name that holds one
# platform alone buildah would go and pull the other.
make_base() {
    local architecture container archives architectures=(arm64)
    if [[ $(uname -m) == x86_64 ]]; then architectures+=(amd64); fi
    archives=$(docker/bases.sh "$cache" "${architectures[@]}")
    run buildah manifest create $base >/dev/null
    for architecture in "${architectures[@]}"; do
        container=$(buildah from --pull=never --arch "$architecture" scratch)
        run buildah add --quiet "$container" "$archives/$architecture.tar" / >/dev/null
        buildah config --arch "$architecture" --os linux --cmd bash "$container"
        run buildah commit --quiet --rm "$container" "lanewise-base-$architecture" >/dev/null
        buildah manifest add $base "localhost/lanewise-base-$architecture" >/dev/null
    done
}

build() { # TARGET PLATFORM IMAGE
    local log=build/image/${3//[^a-z0-9.]/-}.log here=linux/amd64
    if [[ $(uname -m) == aarch64 ]]; then here=linux/arm64; fi
    mkdir -p build/image
    # buildah 1.28 knows both platforms in RUN but not in FROM, where it takes the target's for each: the compiler would
    # be emulated.
    # shellcheck disable=SC2154 # image.sh sets them
    if ! run buildah bud --layers --pull=never --platform "$2" --target "$1" --build-arg "BASE=$base" \
        --build-arg "BUILDPLATFORM=$here" --build-arg "TARGETPLATFORM=$2" \
        --build-arg "COMMIT=$commit" --build-arg "DATE=$date" --build-arg "VERSION=$version" --tag "$3" --iidfile "$log.id" --file docker/Dockerfile . >"$log" 2>&1; then
        tail -40 "$log" >&2
        fail "$3 was not built: $log has all of it"
    fi
    ids[$3]=$(<"$log.id")
}

open_image() { # IMAGE PLATFORM
    container=$(buildah from --pull=never --platform "$2" "${ids[$1]}")
    root=$(buildah mount "$container")
}

in_image() { buildah run "$container" -- "$@"; }

serve_image() { # PORT
    in_image /usr/bin/lanewise-server --address 127.0.0.1 --port "$1" --node builder --pod image &
    server=$!
}

ask_image() { in_image /usr/bin/lanewise-server --healthcheck --port "$1"; }

get_from() { curl -fsS "http://127.0.0.1:$1$2"; } # PORT TARGET

# The youngest of the processes between buildah and the server is the server: the others hand no signal on.
stop_server() {
    local process=$server child status=0
    while child=$(pgrep -n -P "$process"); do process=$child; done
    kill -TERM "$process"
    wait "$server" || status=$?
    server=
    ((status == 0)) || fail "the server ended with exit code $status after SIGTERM"
}

close_image() {
    if [[ $server ]]; then kill "$server" 2>/dev/null || true; fi
    if [[ $container ]]; then buildah rm "$container" >/dev/null; fi
    # shellcheck disable=SC2034 # as above
    container='' root='' server=''
}

finish() { # TARGET IMAGE PLATFORMS SINGLE...
    local single
    buildah manifest rm "$2" >/dev/null 2>&1 || true
    run buildah manifest create "$2" >/dev/null
    for single in "${@:4}"; do buildah manifest add "$2" "${ids[$single]}" >/dev/null; done
    echo "$2 holds ${*:4}; buildah has it: buildah manifest inspect $2"
    if [[ $push ]]; then run buildah manifest push --all "$2" "docker://$2"; fi
}

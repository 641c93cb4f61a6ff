# Sourced by image.sh where a docker engine runs: buildx builds, the engine runs what was built, the other architecture
# too where binfmt_misc has an emulator for it (docker/setup-qemu-action or Docker Desktop).
# shellcheck shell=bash
image_open='' platform_open='' root='' server=''
own=()

# The engine's own builder writes neither attestations nor, as a rule, two platforms: where it is the one in use, as on a
# fresh machine, what is to be pushed gets a builder of ours. What the environment says of TLS reaches that only by a
# context.
begin() {
    local driver context=()
    # shellcheck disable=SC2154 # image.sh sets it
    [[ $push ]] || return 0
    driver=$(docker buildx inspect | awk '$1 == "Driver:" {print $2; exit}')
    [[ $driver == docker ]] || return 0
    own=(--builder lanewise)
    if docker buildx inspect lanewise >/dev/null 2>&1; then return; fi
    if [[ ${DOCKER_TLS_VERIFY-} ]]; then
        context=(lanewise)
        docker context inspect lanewise >/dev/null 2>&1 || run docker context create lanewise >/dev/null
    fi
    run docker buildx create --name lanewise --driver docker-container "${context[@]}" >/dev/null
}

build() { # TARGET PLATFORM IMAGE
    local output=(--load --tag "$3")
    if [[ $1 == test ]]; then output=(--output type=cacheonly); fi
    # shellcheck disable=SC2154 # image.sh sets them
    run docker buildx build "${own[@]}" --platform "$2" --target "$1" --build-arg "COMMIT=$commit" --build-arg "DATE=$date" --build-arg "VERSION=$version" \
        --provenance=false "${output[@]}" --file docker/Dockerfile .
}

open_image() { # IMAGE PLATFORM
    local container
    image_open=$1 platform_open=$2
    root=$(mktemp -d)
    container=$(docker create --platform "$2" "$1")
    docker export "$container" | tar -x -C "$root"
    docker rm "$container" >/dev/null
}

# As the cluster runs it: no writable root, no capability, no new privilege.
confined() { # OPTION... -- PROGRAM ARGUMENT...
    local options=()
    while [[ $1 != -- ]]; do options+=("$1"); shift; done
    docker run --platform "$platform_open" --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges \
        "${options[@]}" --entrypoint "$2" "$image_open" "${@:3}"
}

in_image() { confined --rm -- "$@"; }

serve_image() { # PORT
    server=$(confined --detach -- /usr/bin/lanewise-server --port "$1" --node builder --pod image)
}

ask_image() { docker exec "$server" /usr/bin/lanewise-server --healthcheck --port "$1"; }

# The engine may be on another machine, where no port of ours is open: asked from within the server's own network.
get_from() { # PORT TARGET
    # shellcheck disable=SC2016 # the shell in the container expands it
    docker run --rm --network "container:$server" docker.io/library/debian:trixie-slim bash -c '
        exec 3<>"/dev/tcp/127.0.0.1/$1"
        printf "GET %s HTTP/1.1\r\nHost: image\r\nAccept: */*\r\nConnection: close\r\n\r\n" "$2" >&3
        sed "1,/^\r$/d" <&3' ask "$1" "$2"
}

stop_server() {
    local status
    docker stop -t 40 "$server" >/dev/null
    status=$(docker wait "$server")
    docker rm "$server" >/dev/null
    server=
    ((status == 0)) || fail "the server ended with exit code $status after SIGTERM"
}

close_image() {
    if [[ $server ]]; then docker rm --force "$server" >/dev/null; fi
    if [[ $root ]]; then rm -rf "$root"; fi
    root='' server=''
}

# One command for all platforms, from the layers that were tried: the attestations can't be loaded, only pushed.
finish() { # TARGET IMAGE PLATFORMS SINGLE...
    # shellcheck disable=SC2154 # image.sh sets them
    if [[ $push ]]; then
        run docker buildx build "${own[@]}" --platform "$3" --target "$1" --build-arg "COMMIT=$commit" \
            --build-arg "VERSION=$version" --provenance=mode=max --sbom=true --push --tag "$2" --file docker/Dockerfile .
    fi
}

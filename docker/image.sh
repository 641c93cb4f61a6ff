#!/usr/bin/env bash
# ./dev image [--platform LIST] [--target lanewise|server|test] [--name NAME:TAG] [--push]
# ./dev image --join NAME:TAG SOURCE... [--sign]
#
# Builds each target for each platform, looks at the ELF machine of every program in it, and runs its server and bench
# once before it calls the image good. By docker buildx where an engine runs, else by buildah. Without --target: both
# images, the server alone under NAME:TAG-server. --push pushes with SBOM and provenance (buildx). --join gives images of
# one architecture each one name; --sign signs it with cosign.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

version=$(packages/version)
# The cross compiler goes one way: an Arm machine builds for Arm, and the x86 image comes from another and is joined.
platforms=linux/arm64
if [[ $(uname -m) == x86_64 ]]; then platforms+=,linux/amd64; fi
targets=()
name=lanewise:$version
push='' join='' sign=''
sources=()
while (($#)); do
    case $1 in
        --platform) platforms=$2; shift ;;
        --target) targets=("$2"); shift ;;
        --name) name=$2; shift ;;
        --push) push=yes ;;
        --join) join=$2; shift ;;
        --sign) sign=yes ;;
        -*) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2 ;;
        *) sources+=("$1") ;;
    esac
    shift
done

# A registry's names are in lower case, an owner's on GitHub need not be. A tag stays as it is.
lower() {
    local last=${1##*/}
    local tag=${last#"${last%%:*}"}
    local rest=${1%"$tag"}
    echo "${rest,,}$tag"
}
name=$(lower "$name") join=$(lower "$join")
for i in "${!sources[@]}"; do sources[i]=$(lower "${sources[i]}"); done

say() { printf '\e[2m+ %s\e[0m\n' "$*" >&2; }
run() { say "$@"; "$@"; }
fail() { echo "$*" >&2; exit 1; }
has_engine() { docker info >/dev/null 2>&1 && docker buildx version >/dev/null 2>&1; }

if [[ $join ]]; then
    # `docker manifest create` refuses the unknown/unknown entries that hold SBOM and provenance; imagetools takes them.
    run docker buildx imagetools create --tag "$join" "${sources[@]}"
    if [[ $sign ]]; then
        # A format that begins with .Manifest prints all of it, whatever follows: hence json.
        digest=$(docker buildx imagetools inspect --format '{{json .Manifest.Digest}}' "$join" | tr -d '"')
        [[ $digest == sha256:* ]] || fail "the digest of $join is not known: $digest"
        run cosign sign --yes "${join%:*}@$digest"
    fi
    exit
fi

if has_engine; then
    builder=docker/with-buildx.sh
else
    ((EUID == 0)) || exec sudo --preserve-env=LANEWISE_COMMIT,LANEWISE_COMMIT_DATE,LANEWISE_MIRROR,LANEWISE_IMAGE_CACHE "$0" --platform "$platforms" --name "$name" ${targets[0]+--target "${targets[0]}"} ${push:+--push}
    builder=docker/with-buildah.sh
fi
# A pipeline that hands over the sources without git says which commit they are.
commit=${LANEWISE_COMMIT-}
if [[ ! $commit ]]; then
    commit=$(git rev-parse HEAD)
    git diff --quiet HEAD || commit+=-changed
fi
# shellcheck disable=SC2034 # the builder's file reads it
date=${LANEWISE_COMMIT_DATE-$(git show -s --format=%cs "${commit%-changed}" 2>/dev/null || echo unknown)}
# shellcheck source=with-buildah.sh
source "$builder"
trap 'status=$?; close_image; rm -rf "${answers:-}"; exit $status' EXIT
begin

# What is in the image runs, as the image's user, and answers. The builder's file has open_image, which sets $root, and
# what works on the image that is open.
try_image() { # IMAGE PLATFORM TARGET ANSWER
    local architecture=${2#*/} port=$((20000 + RANDOM % 12000)) deadline=$((SECONDS + 60)) answer
    open_image "$1" "$2"
    docker/check-elf "$root" "$architecture"
    in_image /usr/bin/lanewise-server --version
    serve_image "$port"
    until ask_image "$port" 2>/dev/null; do
        ((SECONDS < deadline)) || fail "the server of $1 isn't ready after 60 s"
        sleep 0.2
    done
    answer=$(get_from "$port" /)
    echo "$answer"
    [[ $answer == *"linux/$architecture"* ]] || fail "the server of $1 says that it is something else"
    get_from "$port" "/v1/kernels/dot_f32?n=100000&seed=1" >"$4"
    [[ -s $4 ]] || fail "the server of $1 computes nothing"
    stop_server
    if [[ $3 == lanewise ]]; then
        in_image /usr/bin/lanewise-bench machine >/dev/null
        # wrk counts being asked for its version as bad usage.
        { in_image /usr/bin/wrk --version 2>&1 || true; } | grep '^wrk '
        answer=$(in_image /usr/bin/lanewise-job - echo whole | deploy/jobs/gather -)
        [[ $answer == whole ]] || fail "a document doesn't come through the log of $1"
    fi
    du -sk "$root" | awk '{printf "%.1f MB unpacked\n", $1 * 1.024 / 1000}'
    close_image
}

answers=$(mktemp -d)
((${#targets[@]})) || targets=(lanewise server)
for target in "${targets[@]}"; do
    image=$name
    if [[ $target == server ]] && ((${#targets[@]} > 1)); then image+=-server; fi
    if [[ $target == test ]]; then image+=-test; fi
    singles=()
    for platform in ${platforms//,/ }; do
        started=$SECONDS
        single=$image-${platform#*/}
        build "$target" "$platform" "$single"
        if [[ $target == test ]]; then continue; fi
        singles+=("$single")
        echo "$single was built in $((SECONDS - started)) s; what is in it:"
        try_image "$single" "$platform" "$target" "$answers/${platform#*/}"
    done
    if [[ $target == test ]]; then continue; fi
    for platform in ${platforms//,/ }; do
        cmp "$answers/${platforms##*/}" "$answers/${platform#*/}" || fail "$image gives different answers by platform"
    done
    finish "$target" "$image" "$platforms" "${singles[@]}"
done

# What the scripts beside this share. Sourced. Whatever a pipeline hands over (commands, names, branches) is data here: no
# shell reads it again, but for BENCH_BUILD, which its owner wrote as shell.
# shellcheck shell=bash
home=${BENCH_HOME:-${RUNNER_TEMP:-/tmp}/lanewise}
documents=$home/documents
mkdir -p "$documents"

fail() {
    # GitHub shows this line beside the job; what follows :: must be one line.
    local text="$*"
    if [[ ${GITHUB_ACTIONS-} ]]; then echo "::error title=Lanewise::${text//$'\n'/ }"; else echo "$text" >&2; fi
    exit 1
}

# words TEXT: sets words to those of a command line: quotes and backslashes as in a shell, and nothing is expanded.
words() {
    local split
    split=$(mktemp "$home/words.XXXXXX")
    printf '%s' "$1" | xargs printf '%s\0' >"$split" || fail "a quote does not end in: $1"
    mapfile -d '' words <"$split"
    rm -f "$split"
    [[ ${words[*]-} ]] || fail "a command is empty"
}

# The pool's name, in the report; as a file's name it keeps letters, digits and a few signs.
name=${BENCH_NAME:-${RUNNER_OS:-$(uname -s)}-${RUNNER_ARCH:-$(uname -m)}}
file=$(LC_ALL=C sed 's/[^A-Za-z0-9._-]/-/g; s/^\.*//' <<<"${name//$'\n'/-}" | head -c 100)
[[ $file ]] || fail "the name \"$name\" has no letter or digit"
[[ $name != *=* ]] || fail "the name \"$name\" has a =, which ends a name where it gets a URL or a price"

bench=${BENCH_PROGRAM:-$home/bin/lanewise-bench}
[[ -x $bench ]] || bench=$(command -v lanewise-bench) || fail "lanewise-bench is not installed"

# One of three things is measured.
kind='' given=0
for each in COMMAND GOOGLE_BENCHMARK SERVICE; do
    variable=BENCH_$each
    if [[ ${!variable-} ]]; then kind=$each given=$((given + 1)); fi
done
if ((given > 1)); then fail "only one of command, google-benchmark and service can be measured"; fi
# shellcheck disable=SC2034 # the scripts read it
subject=${kind:+BENCH_$kind}

free_port() {
    local port
    for _ in {1..50}; do
        port=$((20000 + RANDOM % 12000))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
    done
    fail "no free port was found"
}

services=()
# start_service WHOSE FOLDER PORT: starts BENCH_SERVICE there, sets url and service, and waits until the URL answers. A
# service that says by a 5xx that it is not ready yet is waited for. WHOSE is what messages call it.
start_service() {
    local deadline=$((SECONDS + ${BENCH_START_SECONDS:-120})) log=$home/service-$3.log status
    [[ ${BENCH_URL-} ]] || fail "service needs url, such as http://127.0.0.1:{port}/"
    words "$BENCH_SERVICE"
    url=${BENCH_URL//\{port\}/$3}
    (cd "$2" && PORT=$3 exec setsid "${words[@]//\{port\}/$3}") >"$log" 2>&1 &
    service=$!
    services+=("$service")
    while :; do
        status=$(curl --silent --insecure --output /dev/null --write-out '%{http_code}' --max-time 2 --globoff -- "$url") || status=000
        if ! kill -0 "$service" 2>/dev/null; then tail -5 "$log" >&2; fail "$1 ended before it answered"; fi
        case $status in
            [1-4]??) return ;;
        esac
        ((SECONDS < deadline)) || break
        sleep 0.1
    done
    tail -5 "$log" >&2
    if [[ $status == 5?? ]]; then fail "$1 answered $url with $status alone"; fi
    fail "$1 did not answer $url in time"
}

# running_in SESSION: its processes. One that has ended is none: in a container nobody may ever wait for it.
running_in() {
    local file line fields
    for file in /proc/[0-9]*/stat; do
        { IFS= read -r line <"$file"; } 2>/dev/null || continue
        read -ra fields <<<"${line##*) }"
        if [[ ${fields[3]} == "$1" && ${fields[0]} != [ZX] ]]; then echo "${line%% *}"; fi
    done
}

# Each service has a session of its own: all that it started goes with it.
stop_services() {
    local each running deadline=$((SECONDS + 30)) signal=TERM
    while ((${#services[@]})); do
        mapfile -t running < <(for each in "${services[@]}"; do running_in "$each"; done)
        ((${#running[@]})) || break
        if ((SECONDS >= deadline)); then signal=KILL; fi
        if [[ $signal ]]; then kill "-$signal" "${running[@]}" 2>/dev/null || true; fi
        [[ $signal == KILL ]] && break
        signal=''
        sleep 0.1
    done
    services=()
}
trap stop_services EXIT

# build_in FOLDER: the owner's own build, in a shell of its own.
build_in() {
    [[ ${BENCH_BUILD-} ]] || return 0
    (cd "$1" && exec bash -euo pipefail -c "$BENCH_BUILD") || fail "build failed in $1"
}

# An output of the step, where the runner wants them.
put_output() { if [[ ${GITHUB_OUTPUT-} ]]; then printf '%s=%s\n' "$1" "${2//$'\n'/ }" >>"$GITHUB_OUTPUT"; fi; }

# add_summary FILE: to the job's summary, of which GitHub takes a mebibyte, and to FILE's copy for everybody else.
add_summary() {
    cat "$1"
    if [[ ${GITHUB_STEP_SUMMARY-} ]]; then
        if (($(stat -c %s "$1") > 1000000)); then
            { head -c 1000000 "$1" | sed '$d'; printf '\n(The rest is in the artifact.)\n'; } >>"$GITHUB_STEP_SUMMARY"
        else
            cat "$1" >>"$GITHUB_STEP_SUMMARY"
        fi
    fi
}

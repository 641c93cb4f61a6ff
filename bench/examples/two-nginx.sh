#!/usr/bin/env bash
# Two nginx on this machine as two pools: both send the same page, one compressed at gzip's level 1, one at level 9. Prints
# the report, with a price for each that is given by hand.
#
#   bench/examples/two-nginx.sh [FOLDER] [flags of lanewise-bench http]
#
# FOLDER keeps the configurations, the page, the document and the report (default: build/two-nginx). The flags say how the
# load goes (default: --p99-ms 20 --rounds 5 --seconds 1).
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=build/two-nginx
if [[ ${1-} && $1 != -* ]]; then folder=$1; shift; fi
mkdir -p "$folder/www"
folder=$(realpath "$folder")
(($#)) || set -- --p99-ms 20 --rounds 5 --seconds 1
bench=$PWD/build/release/bin/lanewise-bench
nginx=$PWD/build/deps/nginx/usr/sbin/nginx
[[ -x $nginx ]] || nginx=$(command -v nginx || echo /usr/sbin/nginx)
[[ -x $nginx ]] || { echo "two-nginx.sh: nginx is missing: install it, e.g. by apt-get install nginx-light" >&2; exit 1; }
first=${PORT:-18081}  # and the next one

# Twenty-odd kilobytes of JSON, the same every time.
awk 'BEGIN {
    printf "["
    for (i = 1; i <= 450; ++i)
        printf("%s{\"id\":%d,\"name\":\"item %d\",\"price\":%d.%02d,\"stock\":%d}", (i > 1 ? "," : ""), i, i * 7919 % 1000, i * 31 % 90,
            i * 17 % 100, i * i % 57)
    print "]"
}' >"$folder/www/page.json"

pids=()
trap 'kill "${pids[@]}" 2>/dev/null || true' EXIT
start() { # LEVEL PORT: nginx alone on CPU 0
    mkdir -p "$folder/level$1"
    local temporary each
    for each in client_body proxy fastcgi uwsgi scgi; do temporary+="${each}_temp_path $folder/level$1/$each; "; done
    cat >"$folder/level$1/nginx.conf" <<CONFIGURATION
daemon off; master_process off; pid $folder/level$1/pid; error_log $folder/level$1/errors;
events { }
http {
    access_log off; keepalive_requests 1000000; $temporary
    types { application/json json; } root $folder/www;
    gzip on; gzip_comp_level $1; gzip_types application/json;
    server { listen 127.0.0.1:$2; }
}
CONFIGURATION
    taskset -c 0 "$nginx" -p "$folder/level$1" -c "$folder/level$1/nginx.conf" &
    pids+=($!)
}
start 1 "$first"
start 9 $((first + 1))
for _ in {1..100}; do
    if { true >"/dev/tcp/127.0.0.1/$first" && true >"/dev/tcp/127.0.0.1/$((first + 1))"; } 2>/dev/null; then break; fi
    sleep 0.1
done

"$bench" http "level1=http://127.0.0.1:$first/page.json" "level9=http://127.0.0.1:$((first + 1))/page.json" \
    --header 'Accept-Encoding: gzip' --cpus 1 --server-pid "level1=${pids[0]}" --server-pid "level9=${pids[1]}" \
    -o "$folder/service.json" "$@"
"$bench" report "$folder/service.json" --price level1=0.10 --price level9=0.10 -o "$folder/report.html"
"$bench" report "$folder/service.json" --price level1=0.10 --price level9=0.10

# What promote says at its end: what the cluster shows, and the way back.
# shellcheck shell=bash disable=SC2154  # the files of promote share their variables

changed=''
failure=''
announced=''
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

fail() {
    failure=$*
    echo "$*" >&2
    exit 1
}

# remember: where this began.
remember() {
    local name
    for name in front count_amd64 count_arm64 revision_amd64 revision_arm64; do printf -v "before_$name" %s "${!name}"; done
}

# command_for X86 ARM FRONT: the promote that leads there; nothing where no pod was.
command_for() {
    local word=deploy/promote
    case $1/$2/$3 in
        0/0/* | 0/*/amd64 | */0/arm64) return ;;
        "$(count_of blue amd64)/$(count_of blue arm64)/amd64") echo "$word blue --as-is" ;;
        "$(count_of green amd64)/$(count_of green arm64)/arm64") echo "$word green --as-is" ;;
        "$(count_of x86-only amd64)/0/both") echo "$word x86-only" ;;
        "0/$(count_of arm-only arm64)/both") echo "$word arm-only" ;;
        "$(count_of hybrid amd64)/$(count_of hybrid arm64)/both") echo "$word hybrid" ;;
        */both)
            if (($1 + $2 == 10 && $1 && $2)); then echo "$word canary $2"; else echo "$word pools $1 $2"; fi
            ;;
        *) echo "$word pools $1 $2 $3" ;;
    esac
}

# rollback POOL: the command that gives a pool the revision back that it had, where it has another now.
rollback() {
    local before=before_revision_$1
    if [[ $(value revision "$1") != "${!before}" ]]; then
        echo "kubectl -n lanewise rollout undo deployment/lanewise-$1 --to-revision=${!before}"
    fi
}

# way_back: the commands that lead to where this began; nothing where it still is so. The pool that was rolled out gets its
# revision back once it has no traffic.
way_back() {
    local traffic_first='' revision=''
    if ((${#ours_scale[@]})); then
        traffic_first="kubectl apply -k deploy/overlays/autoscaled"
    elif [[ "$count_amd64 $count_arm64 $front" != "$before_count_amd64 $before_count_arm64 $before_front" ]]; then
        traffic_first=$(command_for "$before_count_amd64" "$before_count_arm64" "$before_front")
    fi
    if [[ $rolled ]]; then revision=$(rollback "$rolled"); fi
    if [[ ! $traffic_first || ! $revision ]]; then
        echo "$traffic_first$revision"
    elif [[ $front == "$rolled" ]]; then
        echo "$traffic_first && $revision"
    else
        echo "$revision && $traffic_first"
    fi
}

# traffic: one sentence on where new connections go, from the Service's endpoints.
traffic() {
    local all=$((serving_amd64 + serving_arm64))
    if ((all == 0)); then
        echo "No new connection is served: the Service has no ready endpoint."
    elif ((serving_arm64 == 0)); then
        echo "All new connections go to the amd64 pool: $serving_amd64 ready."
    elif ((serving_amd64 == 0)); then
        echo "All new connections go to the arm64 pool: $serving_arm64 ready."
    else
        echo "$serving_arm64 of $all new connections go to Arm: $serving_amd64 ready on amd64, $serving_arm64 on arm64."
    fi
}

# announce: what was asked for stands. What wait_until read last is what is said.
announce() {
    local back
    announced=yes
    back=$(way_back)
    traffic
    if [[ $image_amd64 != "$image_arm64" && $count_amd64 -gt 0 && $count_arm64 -gt 0 ]]; then
        echo "The pools run different images: amd64 $image_amd64, arm64 $image_arm64."
    fi
    if [[ $back ]]; then echo "Back: $back"; else echo "Nothing was to be done."; fi
    if [[ $target == canary* ]]; then echo "All the way: deploy/promote arm-only"; fi
}

# ending STATUS: also where kubectl failed or Ctrl-C came. A second Ctrl-C ends at once; the lock then runs out by itself.
ending() {
    local status=$1 back
    trap - EXIT INT TERM HUP
    set +e
    if ((status && !${#announced})); then
        case $status in
            130 | 143) echo "Interrupted." >&2 ;;
            *) if [[ ! $failure ]]; then echo "A step failed." >&2; fi ;;
        esac
        if [[ ! $changed ]]; then
            if [[ $lock_version ]]; then echo "Nothing was changed." >&2; fi
        elif look; then
            back=$(way_back)
            {
                echo "What stands: $(traffic)"
                echo "  amd64: $ready_amd64 of $count_amd64 pods ready, $image_amd64"
                echo "  arm64: $ready_arm64 of $count_arm64 pods ready, $image_arm64"
                if [[ $back ]]; then echo "Undo: $back"; else echo "It is as it was before."; fi
                echo "On:   deploy/promote $target"
            } >&2
        else
            echo "The cluster does not answer. Before, amd64 had $before_count_amd64 pods and arm64 $before_count_arm64, and the traffic went to $before_front." >&2
            echo "Undo: $(command_for "$before_count_amd64" "$before_count_arm64" "$before_front")" >&2
        fi
    fi
    release_lock
    rm -rf "$scratch"
    exit "$status"
}

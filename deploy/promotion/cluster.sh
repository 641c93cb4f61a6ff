# What promote reads of the cluster, and how it changes it. kubectl 1.20 and newer.
# shellcheck shell=bash disable=SC2034,SC2154  # the files of promote share their variables

poll_s=${POLL_S:-2}
wait_s=300

cluster() { kubectl -n lanewise --request-timeout=20s "$@"; }

# change ARGUMENT...: one step, shown, and only while the lock is ours.
change() {
    hold_lock || fail "The lock was lost to another promote."
    printf '+ kubectl -n lanewise %s\n' "$*" >&2
    changed=yes
    cluster "$@" >&2
}

# seconds_of TIME: 90s, 5m, 1h or a plain number.
seconds_of() {
    [[ $1 =~ ^([0-9]{1,6})([smh]?)$ ]] || return 1
    case ${BASH_REMATCH[2]} in
        m) echo $((10#${BASH_REMATCH[1]} * 60)) ;;
        h) echo $((10#${BASH_REMATCH[1]} * 3600)) ;;
        *) echo $((10#${BASH_REMATCH[1]})) ;;
    esac
}

# look: reads the counts (wanted, existing, of the newest revision, ready), revision and image of each pool, where the
# Service sends connections by its selector (front) and how many ready endpoints it has of each pool (serving_...).
look() {
    local rows name count generation seen pods updated ready revision image pool ends
    rows=$(cluster get deployment lanewise-amd64 lanewise-arm64 -o 'jsonpath={range .items[*]}{.metadata.name}|{.spec.replicas}|{.metadata.generation}|{.status.observedGeneration}|{.status.replicas}|{.status.updatedReplicas}|{.status.readyReplicas}|{.metadata.annotations.deployment\.kubernetes\.io/revision}|{.spec.template.spec.containers[0].image}{"\n"}{end}') || return 1
    while IFS='|' read -r name count generation seen pods updated ready revision image; do
        pool=${name#lanewise-}
        # A status that speaks of an older specification tells nothing of this one.
        if ((${seen:-0} < generation)); then updated=0; fi
        printf -v "count_$pool" %s "${count:-1}"
        printf -v "pods_$pool" %s "${pods:-0}"
        printf -v "updated_$pool" %s "${updated:-0}"
        printf -v "ready_$pool" %s "${ready:-0}"
        printf -v "revision_$pool" %s "${revision:-0}"
        printf -v "image_$pool" %s "$image"
    done <<<"$rows"
    front=$(cluster get service lanewise -o 'jsonpath={.spec.selector.arch}') || return 1
    front=${front:-both}
    # An address of each family has a slice of its own: a pod counts once.
    ends=$(cluster get endpointslices -l kubernetes.io/service-name=lanewise -o 'jsonpath={range .items[*].endpoints[*]}{.conditions.ready} {.targetRef.name}{"\n"}{end}' | sort -u) || return 1
    serving_amd64=$(grep -c '^true lanewise-amd64-' <<<"$ends" || true)
    serving_arm64=$(grep -c '^true lanewise-arm64-' <<<"$ends" || true)
}

# value NAME POOL: what look found.
value() {
    local name=$1_$2
    echo "${!name}"
}

# wait_until WHAT CONDITION...: looks again until it holds, at most WAIT; the lock is renewed meanwhile. A cluster that
# does not answer for a moment is asked again.
wait_until() {
    local what=$1 end=$((SECONDS + wait_s))
    shift
    printf 'Waiting until %s\n' "$what" >&2
    until look && "$@"; do
        ((SECONDS < end)) || fail "After ${WAIT:-300s} it is still not so that $what."
        hold_lock || fail "The lock was lost to another promote."
        sleep "$poll_s"
    done
}

# pool_ready POOL COUNT: has the pool so many ready pods or more? After a rollout these are pods of the new revision, and
# no other is left.
pool_ready() {
    (($(value count "$1") >= $2 && $(value ready "$1") >= $2)) || return 1
    [[ $rolled != "$1" ]] || (($(value updated "$1") == $2 && $(value pods "$1") == $2))
}

# front_is FRONT: do all ready endpoints belong to it?
front_is() {
    [[ $front == "$1" ]] || return 1
    case $1 in
        amd64) ((serving_amd64 > 0 && serving_arm64 == 0)) ;;
        arm64) ((serving_arm64 > 0 && serving_amd64 == 0)) ;;
        both) ((serving_amd64 == ready_amd64 && serving_arm64 == ready_arm64)) ;;
    esac
}

pools_settled() { ((count_amd64 == want_amd64 && count_arm64 == want_arm64 && ready_amd64 == want_amd64 && ready_arm64 == want_arm64)); }
as_wanted() { pools_settled && front_is "$want_front"; }

# select_pool FRONT: changes one word of the Service, in what the cluster remembers of the last apply too, or a later
# apply of an overlay without that word would leave it there.
select_pool() {
    local architecture=${1/both/} applied value=null
    applied=$(cluster apply view-last-applied service/lanewise -o yaml 2>/dev/null) || applied=
    if [[ $applied ]]; then
        awk -v architecture="$architecture" '
            /^  selector:/ {print; inside = 1; if (architecture) print "    arch: " architecture; next}
            inside && /^    arch:/ {next}
            !/^    / {inside = 0}
            {print}' <<<"$applied" >"$scratch/service.yaml"
        change apply -f "$scratch/service.yaml"
    else
        if [[ $architecture ]]; then value="\"$architecture\""; fi
        change patch service lanewise --type=merge -p "{\"spec\":{\"selector\":{\"arch\":$value}}}"
    fi
}

# look_for_autoscalers: they set the counts back. Those of overlays/autoscaled are what hybrid takes away; any other
# must go first.
look_for_autoscalers() {
    local rows what name others=
    ours_scale=()
    rows=$(cluster get hpa -o 'jsonpath={range .items[*]}{.spec.scaleTargetRef.kind}/{.spec.scaleTargetRef.name} {.metadata.name}{"\n"}{end}') ||
        fail "The cluster does not say which autoscalers there are."
    while read -r what name; do
        case $what/$name in
            Deployment/lanewise-amd64/lanewise-amd64 | Deployment/lanewise-arm64/lanewise-arm64) ours_scale+=("$name") ;;
            Deployment/lanewise-amd64/* | Deployment/lanewise-arm64/*) others+=" $name" ;;
        esac
    done <<<"$rows"
    if [[ $others ]]; then
        fail "An autoscaler would undo this:$others. Remove it first: kubectl -n lanewise delete hpa$others (and what made it)."
    fi
    if ((${#ours_scale[@]})) && [[ $target != hybrid ]]; then
        fail "An autoscaler would undo this: ${ours_scale[*]}. deploy/promote hybrid takes it away."
    fi
}

# A canary that live traffic judges: each share is watched, and only one under which Arm does no worse is left for the next.
# shellcheck shell=bash disable=SC2034,SC2154  # the files of promote share their variables

guarded=0
guard_steps=()
guard_watched=0  # of the steps, those in which both pools have traffic
guard_for_s=1800
guard_poll_s=${GUARD_POLL_S:-30}
guard_url=${PROMETHEUS-}
bench=${LANEWISE_BENCH:-lanewise-bench}

# read_guard SHARE OPTION...
read_guard() {
    local share=$1 steps=$1 step last=0
    shift
    guarded=1
    [[ $share =~ ^[1-9]$ ]] || usage "promote canary takes a number from 1 to 9."
    while (($#)); do
        (($# > 1)) || usage "$1 needs a value."
        case $1 in
            --for)
                guard_for_s=$(seconds_of "$2") || guard_for_s=0
                ((guard_for_s > 0)) || usage "--for is a time such as 30m or 2h, not $2."
                ;;
            --steps) steps=$2 ;;
            --prometheus) guard_url=$2 ;;
            *) usage "promote canary --guard takes no $1." ;;
        esac
        shift 2
    done
    [[ $steps =~ ^[0-9]+(,[0-9]+)*$ ]] || usage "--steps are numbers such as 1,3,5,10, not $steps."
    IFS=, read -ra guard_steps <<<"$steps"
    for step in "${guard_steps[@]}"; do
        [[ $step =~ ^([1-9]|10)$ && $step -gt $last ]] || usage "--steps rise from 1 to 10 at most, not $steps."
        last=$step
        if ((step < 10)); then guard_watched=$((guard_watched + 1)); fi
    done
    ((guard_watched > 0)) || usage "--steps $steps leaves nothing to watch: where Arm has all of it, it has no pool beside it."
    [[ $guard_url ]] || usage "--guard needs --prometheus URL, or PROMETHEUS."
    command -v "$bench" >/dev/null || { echo "$bench is not installed; --guard needs it" >&2; exit 1; }
}

# judge SINCE_S: what live says of the last so many seconds; sets verdict (not worse, worse, not decided, no answer) and said.
# It is asked again and again, in each step: with --planned and --planned-steps its intervals hold at all those looks together.
judge() {
    local window=$((guard_for_s / 24)) status=0
    ((window >= 1)) || window=1
    ((window <= 300)) || window=300
    # Who names the program by LANEWISE_BENCH means promote: the program itself knows no such setting, and says so.
    # shellcheck disable=SC2086  # LIVE holds options
    said=$(env -u LANEWISE_BENCH "$bench" live --prometheus "$guard_url" --since "$1s" --window "${window}s" --planned "${guard_for_s}s" --planned-steps "$guard_watched" --timeout 30 ${LIVE-} 2>&1) || status=$?
    case $status in
        0) verdict='not worse' ;;
        3) verdict=worse ;;
        4) verdict='not decided' ;;
        130 | 143) exit "$status" ;;
        *) verdict='no answer' ;;
    esac
}

# watch: until live decides about the share that stands. Worse counts at once, not worse only after the whole time.
watch_share() {
    local began=$SECONDS told='' since
    while :; do
        sleep "$guard_poll_s"
        hold_lock || fail "The lock was lost to another promote."
        look || continue
        as_wanted || fail "Somebody changed the pools meanwhile: the share that was watched no longer stands."
        since=$((SECONDS - began))
        ((since >= guard_for_s / 24 + 1)) || continue
        judge "$since"
        case $verdict in
            worse) return 1 ;;
            'not worse') if ((since >= guard_for_s)); then return 0; fi ;;
        esac
        if ((since >= guard_for_s)) && [[ $told != "$verdict" ]]; then
            printf 'Still watching %s: %s\n' "$target" "$said" >&2
            told=$verdict
        fi
    done
}

# guard: step by step. The lock is held throughout.
guard() {
    local step asked=$target start
    start=$(command_for "$before_count_amd64" "$before_count_arm64" "$before_front")
    for step in "${guard_steps[@]}"; do
        look
        remember
        if ((step == 10)); then aim arm-only; else aim canary "$step"; fi
        move
        traffic
        if [[ $(way_back) ]]; then echo "Back: $(way_back)"; fi
        # The last step leaves no pool to compare with: the steps before it have decided.
        if ((step == 10)); then break; fi
        printf 'Watching it for %s s by %s\n' "$guard_for_s" "$guard_url" >&2
        if ! watch_share; then
            echo "$said"
            if [[ ! $start ]]; then fail "Arm does worse, and nothing stood before that it could go back to."; fi
            # shellcheck disable=SC2086  # its words
            aim ${start#deploy/promote }
            rolled=
            move
            announced=yes
            echo "Gone back: Arm did worse."
            traffic
            exit 3
        fi
        echo "$said"
    done
    announced=yes
    target=$asked
    if ((${guard_steps[-1]} < 10)); then echo "All the way: deploy/promote arm-only"; fi
}

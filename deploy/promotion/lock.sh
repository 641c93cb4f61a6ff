# One promote at a time: a Lease in the namespace. Its holder renews it; what changes it names the resource version that it
# saw, so that of two only one succeeds. Whether a holder is dead is found out by watching its Lease for its whole time,
# never by comparing the clocks of two machines.
# shellcheck shell=bash disable=SC2154  # the files of promote share their variables

lease_s=30          # a holder that has not renewed for so long is dead; it renews every 5 s, and a call may take 20
renew_s=${RENEW_S:-5}
lock_version=''     # the Lease's resource version while it is ours
lock_renewed=0
me="$(id -un 2>/dev/null || echo someone)@$(uname -n) (process $$)"
me=${me//[^A-Za-z0-9@._() -]/_}

utc() { date -u +%Y-%m-%dT%H:%M:%S.000000Z; }

# lease HOLDER VERSION: the object; a version only where one is replaced.
lease() {
    local version=
    if [[ $2 ]]; then version="resourceVersion: \"$2\""; fi
    cat <<YAML
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: lanewise-promote
  namespace: lanewise
  labels: {app.kubernetes.io/part-of: lanewise}
  $version
spec:
  holderIdentity: "$1"
  leaseDurationSeconds: $lease_s
  acquireTime: "$lock_since"
  renewTime: "$(utc)"
YAML
}

# write_lease HOLDER VERSION: prints the new version; fails where somebody else was quicker.
write_lease() {
    local verb=replace
    if [[ ! $2 ]]; then verb=create; fi
    lease "$1" "$2" | cluster "$verb" -f - -o 'jsonpath={.metadata.resourceVersion}'
}

# read_lease: version|seconds|since|holder, or nothing where there is none.
read_lease() {
    cluster get lease lanewise-promote --ignore-not-found \
        -o 'jsonpath={.metadata.resourceVersion}|{.spec.leaseDurationSeconds}|{.spec.acquireTime}|{.spec.holderIdentity}'
}

take_lock() {
    local found version seconds since holder now
    lock_since=$(utc)
    me="$me: promote $target"
    found=$(read_lease) || fail "The cluster does not say whether another promote runs."
    IFS='|' read -r version seconds since holder <<<"$found"
    if [[ $holder ]]; then
        echo "$holder has the lock since $since. Watching for ${seconds:-$lease_s} s whether it is alive." >&2
        local end=$((SECONDS + ${seconds:-$lease_s}))
        while ((SECONDS <= end)); do
            sleep 1
            now=$(read_lease) || continue
            [[ $now == "$found" ]] || fail "Another promote runs: $holder, since $since. Nothing was done."
        done
        echo "$holder has not renewed its lock for ${seconds:-$lease_s} s: it is taken over." >&2
    fi
    lock_version=$(write_lease "$me" "$version" 2>"$scratch/lock") || {
        lock_version=
        found=$(read_lease) && IFS='|' read -r version seconds since holder <<<"$found" && [[ $holder ]] &&
            fail "Another promote runs: $holder, since $since. Nothing was done."
        fail "The lock (a Lease in the namespace lanewise) was not to be had: $(<"$scratch/lock")"
    }
    lock_renewed=$SECONDS
}

# own_lease HOLDER: writes it at the version that we know, or at the one that it has if it is still ours (a call that was
# interrupted may have been carried out).
own_lease() {
    local version found holder
    if version=$(write_lease "$1" "$lock_version" 2>/dev/null); then
        lock_version=$version
        return
    fi
    found=$(read_lease) || return 1
    IFS='|' read -r version _ _ holder <<<"$found"
    [[ $holder == "$me" ]] && lock_version=$(write_lease "$1" "$version" 2>/dev/null)
}

# hold_lock: renews it when it is time. Fails once it is not ours any more.
hold_lock() {
    if ((SECONDS - lock_renewed < renew_s)); then return; fi
    if own_lease "$me"; then lock_renewed=$SECONDS; return; fi
    # A cluster that does not answer takes nothing away until the Lease's time is over.
    ((SECONDS - lock_renewed < lease_s)) && ! taken_over
}

taken_over() {
    local found holder
    found=$(read_lease 2>/dev/null) || return 1
    IFS='|' read -r _ _ _ holder <<<"$found"
    [[ $holder != "$me" ]]
}

release_lock() {
    if [[ $lock_version ]]; then own_lease '' || true; fi
    lock_version=
}

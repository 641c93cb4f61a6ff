# Sourced by each cloud's up and down: collects the commands and the machines, prints them with what they cost by the
# hour, and runs them only after the cluster's name was typed.
# shellcheck shell=bash
set -euo pipefail

name=${CLUSTER:-lanewise}
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
# What bench/prices.csv, the bench's own table, has no row for: control planes, and sizes of the regions taken here.
prices=("$here/prices.csv" "$here/../../bench/prices.csv")
steps=()
cost_rows=()
notes=()

fail() { echo "$*" >&2; exit 1; }

# wants TOOL...: says which command-line tools are missing before anything is planned.
wants() {
    local tool
    for tool; do command -v "$tool" >/dev/null || fail "$tool is not installed; $0 needs it"; done
}

# step COMMAND: one shell command of the plan.
step() { steps+=("$1"); }

# machines COUNT TYPE WHAT: for the estimate. The price is a list price, with its date where that is known.
machines() {
    local row
    row=$(awk -F, -v count="$1" -v type="$2" -v what="$3" \
        '$3 == type {printf "%d %s %s %.4f %.4f %s", count, type, what, $9, count * $9, $(NF - 1); found = 1; exit}
         END {if (!found) printf "%d %s %s unknown 0 -", count, type, what}' "${prices[@]}")
    cost_rows+=("$row")
}

print_costs() {
    echo "What it costs by the hour, in US dollars at list price (sources: bench/prices.csv; disks, load balancer and traffic come on top):"
    printf '%s\n' "${cost_rows[@]}" | awk '
        {printf "  %2d x %-34s %-12s %10s each   (%s)\n", $1, $2, $3, $4, $6 ~ /^20/ ? "price of " $6 : "undated price"; total += $5
         if ($4 == "unknown") unknown = 1}
        END {printf "  together %.2f an hour, %.0f a month of 730 hours%s\n", total, total * 730,
             unknown ? ", and what is unknown above" : ""}'
}

# days_until DAY: from today (TODAY, or the clock's) to a day such as 2027-03-27.
days_until() {
    awk -v from="${TODAY:-$(date -u +%F)}" -v to="$1" '
        # Years begin in March here, so that a leap day is the last of one.
        function day(text, part, year, month) {
            split(text, part, "-")
            month = (part[2] + 9) % 12
            year = part[1] - int(month / 10)
            return 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((month * 306 + 5) / 10) + part[3] - 1
        }
        BEGIN {print day(to) - day(from)}'
}

support_days_min=60

# supported SERVICE VERSION: until when the cloud supports it, for the plan; a warning where that is near or past.
supported() {
    local end days
    end=$(awk -F, -v service="$1" -v version="$2" '$1 == service && $2 == version {print $3}' "$here/support.csv")
    [[ $end ]] || fail "support.csv doesn't say until when $1 supports Kubernetes $2."
    notes+=("Kubernetes $2 is in standard support until $end.")
    days=$(days_until "$end")
    if ((days < 0)); then
        echo "Warning: $1's support of Kubernetes $2 ended on $end. Take a newer version." >&2
    elif ((days <= support_days_min)); then
        echo "Warning: $1's support of Kubernetes $2 ends in $days days, on $end. Take a newer version." >&2
    fi
}

# carry_out WHAT: shows the plan, asks for the name, and runs it.
carry_out() {
    local step typed
    echo "$1 the cluster $name:"
    printf '  %s\n' "${steps[@]}"
    if ((${#cost_rows[@]})); then print_costs; fi
    if ((${#notes[@]})); then printf '%s\n' "${notes[@]}"; fi
    printf 'Type the name of the cluster to go on: '
    read -r typed || typed=
    [[ $typed == "$name" ]] || fail "Nothing was done."
    for step in "${steps[@]}"; do
        printf '+ %s\n' "$step" >&2
        eval "$step"
    done
}

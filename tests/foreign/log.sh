# Makes what is looked at: a log in $log as it is exported, its checkpoint of an earlier time in $work/older, and
# in $work/fork another history that the same key signed.

at="127.0.0.1:${COUNTERSIGN_FOREIGN_PORT:-18080}" github="127.0.0.1:${COUNTERSIGN_FOREIGN_GITHUB_PORT:-18081}"

make_logs() {
    sandbox "$work/data"
    say alice '/promote staging'
    settle
    curl -fsS "http://$at/log/checkpoint" >"$work/older"
    say alice '/promote production'
    # A vote of the same second might mean an earlier request.
    settle
    say bob '/reject production --reason "not on a Friday"'
    # More than one tile.
    for _ in $(seq 270); do say dave '/approve'; done
    settle
    publish "$work/data" "$log"
    vkey="$(cat "$log/key")"
    expect accepts 'the log, over HTTP' 'aics-tlog verify-consistency' \
        aics verify-consistency --tiles "http://$at/log/" --old-checkpoint "$work/older"
    stop
    mkdir "$work/other"
    cp "$work/data/log.key" "$work/data/attestation.key" "$work/other"
    sandbox "$work/other"
    for _ in $(seq 40); do say dave '/approve'; done
    settle
    publish "$work/other" "$work/fork"
    stop
    decisions=()
    for file in $(ls "$log/attestation" | grep -v -e svr -e key | sort -n); do decisions+=("${file%.json}"); done
}

sandbox() {
    "$countersign" sandbox --listen "$at" --github-listen "$github" --data "$1" >"$work/sandbox.log" 2>&1 &
    running+=($!)
    # Something else may have the port: what was started has to run still.
    answers "http://$at/readyz" && kill -0 "${running[-1]}" || { cat "$work/sandbox.log" >&2; return 1; }
    # A command in the same second as the push that its world begins with would be refused.
    sleep 2
}

# Waits until something answers there.
answers() {
    for _ in $(seq 100); do
        curl -fsS -o /dev/null "$1" 2>/dev/null && return
        sleep 0.1
    done
    echo "Nothing answers at $1." >&2
    return 1
}

# Somebody comments on pull request 1.
say() {
    curl -fsS -o /dev/null "http://$github/repos/acme/shop/issues/1/comments" \
        -H "Authorization: Bearer sandbox-$1" -d "{\"body\": \"${2//\"/\\\"}\"}"
}

# Waits until the log has not grown for three seconds.
settle() {
    local before='' now=''
    until [ -n "$now" ] && [ "$now" = "$before" ]; do
        sleep 3
        before="$now" now="$(curl -sS "http://$at/log/checkpoint")"
    done
}

# Exports the log of a sandbox, and fetches what is made on demand: a proof, and the attestations.
publish() {
    local data="$1" to="$2" key
    key="$(curl -fsS "http://$at/log/key")"
    "$countersign" audit export --database "sqlite://$data/countersign.db" --key "$key" --out "$to" >/dev/null
    for file in proof/7.tlog-proof attestation/key; do
        curl -fsS --create-dirs -o "$to/$file" "http://$at/log/$file"
    done
    # Most entries are no decisions, and then there is no attestation.
    curl -fsS -H "$reader" "http://$at/log/attestation/[0-39].json" -o "$to/attestation/#1.json" \
        "http://$at/log/attestation/[0-39].svr.json" -o "$to/attestation/#1.svr.json" 2>/dev/null || true
}

# What the sandbox's readers have to show.
reader='Authorization: Bearer sandbox-log-reader'

# A witness that is not ours (c2sp.org/tlog-witness): it cosigns the log as it grows, and never a fork of it.

witness_at="127.0.0.1:${COUNTERSIGN_FOREIGN_WITNESS_PORT:-18082}"

witness() {
    export AICS_WITNESS_CONFIG="$work/witness/witness.json"
    mkdir -p "$work/witness"
    origin="${vkey%%+*}"
    aics-witness init --name witness.example/foreign >"$work/witness/key" 2>>"$work/witness/log"
    witness_key="$(grep -o 'witness.example/foreign+[0-9a-f]*+[A-Za-z0-9+/=]*' "$work/witness/key" | head -1)"
    aics-witness add-log --origin "$origin" --vkey "$vkey" >>"$work/witness/log" 2>&1
    aics-witness serve --listen "$witness_at" >>"$work/witness/log" 2>&1 &
    running+=($!)
    answers "http://$witness_at/healthz"
    expect accepts 'the first checkpoint' 'aics-witness' add_checkpoint 0 "$work/older" "$log"
    expect refuses 'a fork' 'aics-witness' add_checkpoint "$(sed -n 2p "$work/older")" "$work/fork/checkpoint" "$work/fork"
    expect accepts 'the log, grown' 'aics-witness' add_checkpoint "$(sed -n 2p "$work/older")" "$log/checkpoint" "$log"
    cat "$log/checkpoint" "$work/witness/cosignature" >"$work/cosigned"
    expect accepts 'our checkpoint, cosigned' 'aics-tlog verify-checkpoint' \
        aics verify-checkpoint --note "$work/cosigned" --witness-key "$witness_key" --quorum 1 --max-age 600
    expect refuses 'our checkpoint, not cosigned' 'aics-tlog verify-checkpoint' \
        aics verify-checkpoint --note "$log/checkpoint" --witness-key "$witness_key" --quorum 1
}

# Sends a checkpoint with the proof that it goes on where the witness is: 0 if it is cosigned, 1 if it is refused.
add_checkpoint() {
    local size="$1" signed="$2" from="$3" status
    {
        printf 'old %s\n' "$size"
        [ "$size" -eq 0 ] || sumdb prove "$from" "$size"
        echo
        cat "$signed"
    } >"$work/witness/request" || return 2
    status="$(curl -sS -o "$work/witness/cosignature" -w '%{http_code}' --data-binary "@$work/witness/request" \
        "http://$witness_at/add-checkpoint")" || return 2
    echo "$status $(cat "$work/witness/cosignature")"
    case "$status" in 200) return 0 ;; 422) return 1 ;; *) return 2 ;; esac
}

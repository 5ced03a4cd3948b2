# Our server in the hands of others: a witness that is not ours signs what it sends there (c2sp.org/tlog-witness), and
# an authority made of OpenSSL says when it saw it (RFC 3161).

authority_at="127.0.0.1:${COUNTERSIGN_FOREIGN_AUTHORITY_PORT:-18083}"

anchors() {
    local policy="$work/policy" witnessed="$work/witnessed" stamp
    printf 'log %s\nwitness foreign %s http://%s\nquorum foreign\n' "$vkey" "$witness_key" "$witness_at" >"$policy"
    openssl genrsa -out "$work/app.pem" 2048 2>/dev/null
    python "$here/authority.py" "$authority_at" "$work/authority" >"$work/authority.log" 2>&1 &
    running+=($!)
    answers "http://$authority_at"

    # The witness holds this size already, from before: our server is told so, and asks again from there.
    serve "$work/data"
    expect accepts 'what our server sent it' 'aics-witness' is_cosigned
    unserve
    "$countersign" audit redact --database "sqlite://$work/data/countersign.db" --log-key-file "$work/data/log.key" \
        --log-origin "$origin" --subject 1 --reason 'a request' >/dev/null
    serve "$work/data"
    expect accepts 'what our server sent it, grown' 'aics-witness' is_cosigned
    curl -fsS "http://$at/log/checkpoint" >"$work/cosigned"
    expect accepts 'the checkpoint our server shows' 'aics-tlog verify-checkpoint' \
        aics verify-checkpoint --note "$work/cosigned" --witness-key "$witness_key" --quorum 1 --max-age 600
    expect accepts 'a log, by a policy' 'countersign audit verify --policy' \
        env COUNTERSIGN_READER_TOKEN=sandbox-log-reader "$countersign" audit verify "http://$at/log" --policy "$policy"
    unserve
    "$countersign" audit export --database "sqlite://$work/data/countersign.db" --key "$vkey" --out "$witnessed" >/dev/null
    expect accepts 'an export, by a policy' 'countersign audit verify --policy' \
        "$countersign" audit verify "$witnessed" --policy "$policy"
    expect 'ended with 2' 'an export nobody witnessed' 'countersign audit verify --policy' \
        "$countersign" audit verify "$log" --policy "$policy"

    stamp="$(ls "$witnessed/timestamps" | sort -n | tail -1)"
    expect accepts 'the timestamp of a checkpoint' 'openssl ts' is_timestamped "$witnessed" "${stamp%.tsr}"
    edit "$witnessed/timestamps/$stamp" 'data = data[:-9] + bytes([data[-9] ^ 1]) + data[-8:]'
    expect refuses 'a changed timestamp' 'openssl ts' is_timestamped "$witnessed" "${stamp%.tsr}"
    cp "$witnessed/checkpoints/${stamp%.tsr}" "$work/stamped"
    edit "$witnessed/timestamps/$stamp" 'data = data.replace(hashlib.sha256(open("'"$work/stamped"'", "rb").read()).digest(), bytes(32))'
    expect refuses 'a timestamp of something else' 'countersign audit verify' "$countersign" audit verify "$witnessed" --key "$vkey"

    # The fork is sent by our own server, too: nobody but the witness can know better.
    serve "$work/other"
    expect refuses 'a fork our server sent it' 'aics-witness' is_cosigned
    expect accepts 'that it told us so' 'the server, in its own log' grep -q 'no beginning of our log' "$work/serve.log"
    unserve
}

# Our own server on the log of a sandbox, where GitHub answers nothing.
serve() {
    "$countersign" serve --listen "$at" --public-url "http://$at" --database "sqlite://$1/countersign.db" \
        --log-key-file "$1/log.key" --log-origin "$origin" --attestation-key-file "$1/attestation.key" \
        --reader-token sandbox-log-reader --github-api-url http://127.0.0.1:9 --github-app-id 1 \
        --github-private-key-file "$work/app.pem" --github-webhook-secret nobody-sends-any \
        --witness-policy "$policy" --tsa-url "http://$authority_at" >"$work/serve.log" 2>&1 &
    server=$!
    running+=($server)
    answers "http://$at/log/checkpoint" && kill -0 "$server" || { cat "$work/serve.log" >&2; return 1; }
}

unserve() {
    kill "$server" && wait "$server" || true
}

# Waits until the newest checkpoint has two signatures, that of the log and that of the witness, who is asked at most
# every 30 seconds.
is_cosigned() {
    for _ in $(seq 450); do
        [ "$(curl -fsS "http://$at/log/checkpoint" | grep -c '^— ')" -eq 2 ] && return
        ! grep -q 'no beginning of our log' "$work/serve.log" || return 1
        sleep 0.1
    done
    cat "$work/serve.log"
    return 2
}

is_timestamped() {
    openssl ts -verify -data "$1/checkpoints/$2" -in "$1/timestamps/$2.tsr" -CAfile "$work/authority/cert.pem"
}

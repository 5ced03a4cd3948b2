# What somebody may do to a published log: each function changes the one in $copy.

# Makes a copy and changes it; $what says how.
tampered() {
    what="$1" copy="$work/copy"
    rm -rf "$copy"
    cp -r "$log" "$copy"
    "$2"
    if diff -rq "$log" "$copy" >/dev/null; then
        echo "$what: nothing was changed." >&2
        return 1
    fi
}

# Runs Python on the bytes of a file: they are in `data`, and go back from there.
edit() {
    python3 - "$1" "$2" <<'PYTHON'
import base64, hashlib, json, pathlib, sys

file = pathlib.Path(sys.argv[1])
space = {"data": file.read_bytes(), "base64": base64, "hashlib": hashlib, "json": json}
exec(sys.argv[2], space)
file.write_bytes(space["data"])
PYTHON
}

another_size() { sed -i '2s/$/0/' "$copy/checkpoint"; }

# The last character before the padding may not count, the tenth from the end does.
another_signature() { edit "$copy/checkpoint" 'data = data[:-12] + (b"A" if data[-12:-11] != b"A" else b"B") + data[-11:]'; }

changed_entry() { edit "$copy/tile/entries/000" 'data = data[:500] + bytes([data[500] ^ 1]) + data[501:]'; }

# The second entry goes, and the third stands in its place twice, so that their number stays.
dropped_entry() { entries 'e[1] = e[2]'; }

swapped_entries() { entries 'e[3], e[4] = e[4], e[3]'; }

entries() {
    edit "$copy/tile/entries/000" "
e = []
while data:
    n = 2 + int.from_bytes(data[:2], 'big')
    e.append(data[:n])
    data = data[n:]
$1
data = b''.join(e)"
}

changed_hash() { edit "$copy/tile/0/000" 'data = data[:40] + bytes([data[40] ^ 1]) + data[41:]'; }

changed_proof() {
    edit "$copy/proof/7.tlog-proof" 'lines = data.split(b"\n"); lines[2], lines[3] = lines[3], lines[2]; data = b"\n".join(lines)'
}

decision() { edit "$copy/attestation/${decisions[0]}.json" "e = json.loads(data); $1; data = json.dumps(e).encode()"; }

changed_payload() {
    decision 'p = base64.b64decode(e["payload"]).replace(b"\"kind\":\"decision.", b"\"kind\":\"Decision."); e["payload"] = base64.b64encode(p).decode()'
}

changed_type() { decision 'e["payloadType"] = "application/vnd.in-toto+jsoN"'; }

changed_envelope_signature() {
    decision 's = bytearray(base64.b64decode(e["signatures"][0]["sig"])); s[5] ^= 1; e["signatures"][0]["sig"] = base64.b64encode(s).decode()'
}

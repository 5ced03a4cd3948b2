"""The log as aics-tlog reads it: every tile and every bundle of entries, against the signed root.

usage: tiles.py LOG VKEY

Ends with 0 if it holds, with 1 if it does not, and with 2 if it could not be asked.
"""

import pathlib
import sys

from aics_tlog import (
    HttpTileReader,
    VerifiedTileReader,
    audit_tiles,
    bundle_from_tiles,
    parse_checkpoint,
    parse_note,
    parse_vkey,
    verify_bundle,
    verify_checkpoint,
)


def check(log: pathlib.Path, vkey: str) -> None:
    note = parse_note((log / "checkpoint").read_bytes())
    key = parse_vkey(vkey)
    signed = verify_checkpoint(note, key)
    if not signed.ok:
        raise ValueError(signed.error)
    checkpoint = parse_checkpoint(note.text)
    reader = HttpTileReader([log.resolve().as_uri() + "/"])
    audit_tiles(reader, checkpoint.size, checkpoint.root)
    last = checkpoint.size - 1
    verified = VerifiedTileReader(reader, checkpoint.size, checkpoint.root)
    bundle = bundle_from_tiles(verified, last, note)
    checked = verify_bundle(bundle, key)
    if not checked.ok:
        raise ValueError(checked.error)


if __name__ == "__main__":
    try:
        check(pathlib.Path(sys.argv[1]), sys.argv[2])
    except (ValueError, OSError) as why:
        print("rejected:", why, file=sys.stderr)
        sys.exit(1)
    except Exception as why:  # noqa: BLE001
        print("unable:", repr(why), file=sys.stderr)
        sys.exit(2)

"""A decision as in-toto's own tools read it: securesystemslib for the envelope, in-toto-attestation for the statement.

usage: envelope.py ENVELOPE KEY

Ends with 0 if it holds, with 1 if it does not, and with 2 if it could not be asked.
"""

import json
import sys

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from google.protobuf.json_format import Parse
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementPb
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey


def check(envelope: dict, pem: bytes) -> None:
    signed = Envelope.from_dict(envelope)
    # The key's id is whatever the envelope calls it: only the key itself counts.
    key = SSlibKey.from_crypto(load_pem_public_key(pem), next(iter(signed.signatures)))
    signed.verify([key], threshold=1)
    if signed.payload_type != "application/vnd.in-toto+json":
        raise ValueError(f"the payload is {signed.payload_type}")
    Statement.copy_from_pb(Parse(signed.payload, StatementPb())).validate()


def main() -> int:
    with open(sys.argv[1], "rb") as file:
        envelope = json.load(file)
    with open(sys.argv[2], "rb") as file:
        pem = file.read()
    try:
        check(envelope, pem)
    except (VerificationError, ValueError) as why:
        print("rejected:", why, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Exception as why:  # noqa: BLE001
        print("unable:", repr(why), file=sys.stderr)
        sys.exit(2)

// A decision as Sigstore's verifier for npm reads it: a bundle with our envelope and our public key.
//
//     sigstore.cjs ENVELOPE KEY
//
// Ends with 0 if it holds, with 1 if it does not, and with 2 if it could not be asked.
const fs = require('node:fs');
const crypto = require('node:crypto');

function verify([file, keyFile]) {
  const { bundleFromJSON } = require('@sigstore/bundle');
  const { Verifier, VerificationError, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');
  const envelope = JSON.parse(fs.readFileSync(file, 'utf8'));
  const publicKey = crypto.createPublicKey(fs.readFileSync(keyFile));
  const bundle = bundleFromJSON({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { publicKey: { hint: 'countersign' }, tlogEntries: [] },
    dsseEnvelope: envelope,
  });
  const nobody = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
  const trust = toTrustMaterial(nobody, () => ({ publicKey, validFor: () => true }));
  // Our own log takes the place of Sigstore's, and of its timestamps.
  const verifier = new Verifier(trust, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0 });
  try {
    verifier.verify(toSignedEntity(bundle));
  } catch (why) {
    if (!(why instanceof VerificationError)) throw why;
    console.error('rejected:', why.message);
    return 1;
  }
  return 0;
}

try {
  process.exitCode = verify(process.argv.slice(2));
} catch (why) {
  console.error('unable:', why);
  process.exitCode = 2;
}

//! What envelopes, bundles and statements have in common: somebody states something about artifacts that
//! are named by their digests (in-toto Attestation 1.0, <https://github.com/in-toto/attestation>; DSSE 1.0.2,
//! <https://github.com/secure-systems-lab/dsse>). Nothing is verified here: see
//! [`signature`](crate::report::signature).

mod dsse;
mod in_toto;
mod sigstore_bundle;

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde_json::Value;

use super::{cyclonedx, spdx, syft};
use crate::report::digest;
use crate::report::input::json::{Json, Kind};
use crate::report::input::{Fault, Input, Result};
use crate::report::{Attestation, Draft, Limits, Subject};

pub(super) use dsse::FORMAT as DSSE;
pub(super) use in_toto::FORMAT as IN_TOTO;
pub(super) use sigstore_bundle::FORMAT as SIGSTORE_BUNDLE;

/// Bytes of an envelope that are kept to be verified.
const KEPT: usize = 2 << 20;
/// What the payload of an envelope is when it is a statement.
pub(in crate::report) const STATEMENT: &str = "application/vnd.in-toto+json";
/// Subjects of one statement that are kept.
const SUBJECTS: usize = 1_000;

/// One document: an envelope, a bundle around one, or a bare statement.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow)]
    media_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    dsse_envelope: Option<Envelope<'a>>,
    #[serde(borrow)]
    message_signature: Option<MessageSignature<'a>>,
    #[serde(rename = "_type", borrow)]
    statement: Option<Cow<'a, str>>,
    #[serde(flatten, borrow)]
    envelope: Envelope<'a>,
}

/// A payload with signatures over it and its type.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Envelope<'a> {
    #[serde(borrow)]
    payload_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Option<Cow<'a, str>>,
    #[serde(borrow)]
    signatures: Option<Vec<Signature<'a>>>,
}

/// A signature of an envelope.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Signature<'a> {
    #[serde(borrow)]
    sig: Option<Cow<'a, str>>,
}

/// A signature over the digest of an artifact that is elsewhere.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct MessageSignature<'a> {
    #[serde(borrow)]
    message_digest: Option<MessageDigest<'a>>,
    #[serde(borrow)]
    signature: Option<Cow<'a, str>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct MessageDigest<'a> {
    #[serde(borrow)]
    algorithm: Option<Cow<'a, str>>,
    #[serde(borrow)]
    digest: Option<Cow<'a, str>>,
}

/// Reads documents, one after another: a file may hold several on lines.
pub(super) fn read(input: &mut Input<'_>, draft: &mut Draft) -> Result<()> {
    let limits = input.limits;
    // A payload is one long string, of which nothing may be missing.
    input.limits.string = limits.item;
    let mut json = input.json();
    loop {
        document(json.raw()?, limits, draft)?;
        if !json.more()? {
            return Ok(());
        }
    }
}

fn document(bytes: &[u8], limits: Limits, draft: &mut Draft) -> Result<()> {
    let document: Document<'_> = serde_json::from_slice(bytes)
        .map_err(|error| Fault(format!("An envelope is not as it should be: {error}.")))?;
    let mut attestation = match &document {
        Document { dsse_envelope: Some(envelope), .. } => envelope.read(limits, draft)?,
        Document { message_signature: Some(signature), .. } => signature.read()?,
        Document { envelope: envelope @ Envelope { payload: Some(_), .. }, .. } => {
            envelope.read(limits, draft)?
        }
        Document { statement: Some(_), .. } => statement(bytes, limits, draft)?,
        _ => {
            return Err(Fault::new("There is neither an envelope, nor a signature, nor a statement in it."));
        }
    };
    let bare = document.statement.is_some() && document.media_type.is_none();
    judge(&attestation, bare, draft);
    if bare {
        // Nobody signed it.
    } else if bytes.len() <= KEPT {
        attestation.envelope = std::str::from_utf8(bytes).ok().map(Into::into);
    } else {
        draft.partial(format!("An envelope is longer than {} MiB, which is not verified.", KEPT >> 20));
    }
    keep(attestation, draft);
    Ok(())
}

/// What keeps a statement from saying anything that can be relied on.
fn judge(attestation: &Attestation, bare: bool, draft: &mut Draft) {
    if bare {
        draft.note("Nobody signed this statement: it stands in no envelope.");
    } else if attestation.signatures == 0 {
        draft.partial("It carries no signature: have it signed, or upload the signed envelope.");
    }
    if attestation.subjects.iter().all(|subject| subject.digests.is_empty()) {
        draft.partial("It does not say which artifact it is about: no subject has a digest.");
    }
}

fn keep(attestation: Attestation, draft: &mut Draft) {
    let name = attestation.subjects.first().map(|subject| subject.name.clone()).unwrap_or_default();
    if draft.report().target.is_none() && !name.is_empty() {
        let target = draft.text(&name);
        draft.report().target = Some(target);
    }
    draft.report().attestations.push(attestation);
}

impl Envelope<'_> {
    fn read(&self, limits: Limits, draft: &mut Draft) -> Result<Attestation> {
        let payload = self.bytes().ok_or_else(|| Fault::new("The payload of an envelope is no base64."))?;
        let mut attestation = match self.payload_type.as_deref().unwrap_or_default() {
            STATEMENT => statement(&payload, limits, draft)?,
            other => {
                draft.partial(format!(
                    "The payload of an envelope is {other:?} and no statement: it is not read."
                ));
                Attestation::default()
            }
        };
        let signatures = self.signatures.iter().flatten();
        let signed = signatures.filter(|signature| signature.sig.as_ref().is_some_and(|sig| !sig.is_empty()));
        attestation.signatures = u32::try_from(signed.count()).unwrap_or(u32::MAX);
        Ok(attestation)
    }

    /// The payload itself.
    fn bytes(&self) -> Option<Vec<u8>> {
        decoded(self.payload.as_ref()?).filter(|payload| !payload.is_empty())
    }
}

/// What the signatures of a document are over.
pub(in crate::report) enum Signed {
    /// A payload with its type.
    Payload {
        /// The type.
        kind: String,
        /// The payload.
        payload: Vec<u8>,
        /// The signatures over both.
        signatures: Vec<Vec<u8>>,
    },
    /// The digest of an artifact that is elsewhere.
    Digest {
        /// The digest.
        digest: Vec<u8>,
        /// The signature over what it is the digest of.
        signature: Vec<u8>,
    },
}

/// What is signed in an envelope or a bundle, as it was kept; none where it cannot be read.
pub(in crate::report) fn signed(document: &str) -> Option<Signed> {
    let document: Document<'_> = serde_json::from_str(document).ok()?;
    let envelope = match (&document.dsse_envelope, &document.message_signature) {
        (Some(envelope), _) => envelope,
        (None, Some(message)) => {
            let digest = decoded(message.message_digest.as_ref()?.digest.as_ref()?)?;
            return Some(Signed::Digest { digest, signature: decoded(message.signature.as_ref()?)? });
        }
        (None, None) => &document.envelope,
    };
    let signatures = envelope.signatures.iter().flatten();
    Some(Signed::Payload {
        kind: envelope.payload_type.as_deref()?.to_owned(),
        payload: envelope.bytes()?,
        signatures: signatures.filter_map(|signature| decoded(signature.sig.as_ref()?)).collect(),
    })
}

/// What the statement in a payload is about.
pub(in crate::report) fn subjects(payload: &[u8]) -> Option<Vec<Subject>> {
    heading(payload, Limits::default()).ok().map(|(statement, _)| statement.subjects)
}

impl MessageSignature<'_> {
    fn read(&self) -> Result<Attestation> {
        let no_digest = || Fault::new("A signature does not say over which digest it is.");
        let digest = self.message_digest.as_ref().ok_or_else(no_digest)?;
        let hex = digest.digest.as_ref().and_then(|digest| decoded(digest)).map(hex::encode);
        let algorithm = digest.algorithm.as_deref().unwrap_or_default();
        let digest = hex.and_then(|hex| digest::of(algorithm, &hex)).ok_or_else(no_digest)?;
        let signed = self.signature.as_ref().is_some_and(|signature| !signature.is_empty());
        Ok(Attestation {
            subjects: vec![Subject { name: Box::default(), digests: vec![digest.into()] }],
            signatures: u32::from(signed),
            ..Attestation::default()
        })
    }
}

/// Reads an in-toto statement, of whatever version.
fn statement(bytes: &[u8], limits: Limits, draft: &mut Draft) -> Result<Attestation> {
    let (mut attestation, more_subjects) = heading(bytes, limits)?;
    if more_subjects {
        draft.partial(format!("It is about more than {SUBJECTS} artifacts; those beyond are not looked at."));
    }
    // What is stated may stand before what kind of statement it is.
    walk(bytes, limits, &mut |json, key| match key {
        "predicate" => predicate(json, &mut attestation, draft),
        _ => Ok(()),
    })?;
    Ok(attestation)
}

/// What a statement is about and of which kind it is, and whether it is about more than is kept.
fn heading(bytes: &[u8], limits: Limits) -> Result<(Attestation, bool)> {
    let mut attestation = Attestation::default();
    let mut is_statement = false;
    let mut more_subjects = false;
    walk(bytes, limits, &mut |json, key| match key {
        "_type" => json
            .text()
            .map(|text| is_statement = text.is_some_and(|text| text.contains("in-toto.io/Statement"))),
        "predicateType" => json.text().map(|text| attestation.predicate = text.unwrap_or_default().into()),
        "subject" => json.list(|json| {
            more_subjects = attestation.subjects.len() >= SUBJECTS;
            if !more_subjects {
                attestation.subjects.push(subject(json)?);
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    if !is_statement {
        return Err(Fault::new("What is signed is no in-toto statement, though it says so."));
    }
    Ok((attestation, more_subjects))
}

fn walk(bytes: &[u8], limits: Limits, each: &mut dyn FnMut(&mut Json<'_>, &str) -> Result<()>) -> Result<()> {
    let mut rest = bytes;
    let mut json = Json::new(&mut rest, limits);
    json.object(each)?;
    json.end()
}

fn subject(json: &mut Json<'_>) -> Result<Subject> {
    #[derive(Deserialize)]
    struct Written {
        name: Option<String>,
        uri: Option<String>,
        digest: Option<BTreeMap<String, String>>,
    }
    let written: Written = json.read()?;
    let digests = written.digest.unwrap_or_default().into_iter();
    Ok(Subject {
        name: written.name.or(written.uri).unwrap_or_default().into(),
        digests: digests
            .filter_map(|(algorithm, hex)| digest::of(&algorithm, &hex))
            .map(Into::into)
            .collect(),
    })
}

fn predicate(json: &mut Json<'_>, attestation: &mut Attestation, draft: &mut Draft) -> Result<()> {
    let kind = attestation.predicate.clone();
    if kind.contains("slsa.dev/provenance/") {
        let provenance: Value = json.read()?;
        attestation.builder = builder(&provenance).map(Into::into);
        attestation.source = source(&provenance).map(Into::into);
        return Ok(());
    }
    let read: fn(&mut Json<'_>, &mut Draft) -> Result<()> = match &*kind {
        kind if kind.contains("cyclonedx.org/bom") => cyclonedx::document,
        kind if kind.contains("spdx.dev/Document") => spdx::document,
        kind if kind.contains("syft.dev/bom") => syft::document,
        _ => return Ok(()),
    };
    if json.peek()? != Kind::Object || draft.report().inventory.is_some() {
        draft.partial(
            "It carries another bill of materials, which is not read: upload each in a file of its own.",
        );
        return Ok(());
    }
    read(json, draft)
}

/// Who built it, in SLSA 1 and 0.2 (<https://slsa.dev/spec/v1.1/provenance>).
fn builder(provenance: &Value) -> Option<&str> {
    first_text(provenance, &["/runDetails/builder/id", "/builder/id"])
}

/// From where: what the build was told to build, else the first thing it fetched.
fn source(provenance: &Value) -> Option<&str> {
    const PLACES: [&str; 6] = [
        "/buildDefinition/externalParameters/workflow/repository",
        "/buildDefinition/externalParameters/source/uri",
        "/buildDefinition/externalParameters/source",
        "/buildDefinition/resolvedDependencies/0/uri",
        "/invocation/configSource/uri",
        "/materials/0/uri",
    ];
    first_text(provenance, &PLACES)
}

fn first_text<'v>(value: &'v Value, pointers: &[&str]) -> Option<&'v str> {
    pointers.iter().filter_map(|pointer| value.pointer(pointer)?.as_str()).find(|text| !text.is_empty())
}

/// Base64, standard or for URLs, with or without padding: readers of envelopes must take either.
pub(in crate::report) fn decoded(text: &str) -> Option<Vec<u8>> {
    const ANY_PADDING: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let for_urls = text.contains(['-', '_']);
    let alphabet = if for_urls { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
    GeneralPurpose::new(alphabet, ANY_PADDING).decode(text).ok()
}

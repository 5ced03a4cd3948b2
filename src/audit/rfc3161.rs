//! Timestamps of an authority (RFC 3161): the request, and what of the answer is checked here.
//!
//! That the answer is about what we sent is checked when it comes; who signed it is for whoever relies on it,
//! with the authority's certificate: `openssl ts -verify -data CHECKPOINT -in SIZE.tsr -CAfile CA.pem`.

use super::digest::Digest;

const INTEGER: u8 = 0x02;
const OCTETS: u8 = 0x04;
const OID: u8 = 0x06;
const TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const EXPLICIT_0: u8 = 0xa0;

/// `AlgorithmIdentifier` of SHA-256, with the NULL that RFC 3161's own examples have.
const SHA_256: [u8; 15] =
    [0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];
/// 1.2.840.113549.1.7.2, `id-signedData`.
const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.2.840.113549.1.9.16.1.4, `id-ct-TSTInfo`.
const TST_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04];

/// What an authority is asked: the moment at which these bytes exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampQuery {
    digest: Digest,
    nonce: Vec<u8>,
}

/// What an authority says, as far as it is read here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    /// The authority's number of it, in hexadecimal.
    pub serial: String,
    /// The moment as the authority writes it, such as `20261121091500Z`.
    pub time: String,
}

/// Why an answer is no timestamp of what was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTimestamp {
    /// It is something else.
    #[error("this is no timestamp response (RFC 3161)")]
    Malformed,
    /// The authority said no.
    #[error("the authority did not grant a timestamp")]
    Refused,
    /// It is about something else, or an answer to another request.
    #[error("it is a timestamp of something else than was sent")]
    OfSomethingElse,
}

impl TimestampQuery {
    /// For these bytes; `nonce` is random, and makes an old answer useless.
    pub fn new(bytes: &[u8], nonce: [u8; 8]) -> Self {
        // Begins with a bit pattern that is neither negative nor shortened: its encoding is unique.
        let [first, rest @ ..] = nonce;
        let nonce = [[0x40 | (first & 0x3f)].as_slice(), &rest].concat();
        Self { digest: Digest::of(bytes), nonce }
    }

    /// `TimeStampReq`, asking for the authority's certificate as well.
    pub fn to_der(&self) -> Vec<u8> {
        let imprint = [SHA_256.as_slice(), &value(OCTETS, self.digest.as_bytes())].concat();
        let imprint = value(SEQUENCE, &imprint);
        let certificate = [0x01, 0x01, 0xff];
        value(
            SEQUENCE,
            &[[2, 1, 1].as_slice(), &imprint, &value(INTEGER, &self.nonce), &certificate].concat(),
        )
    }

    /// Reads the answer to this query.
    ///
    /// # Errors
    /// When it is none, or is about something else.
    pub fn check(&self, response: &[u8]) -> Result<Timestamp, InvalidTimestamp> {
        let token = Token::read(response)?;
        if token.nonce != Some(self.nonce.as_slice()) {
            return Err(InvalidTimestamp::OfSomethingElse);
        }
        token.of(&self.digest)
    }
}

impl Timestamp {
    /// Reads an answer that was kept, and that it is about these bytes.
    ///
    /// # Errors
    /// When it is none, or is about something else.
    pub fn of(bytes: &[u8], response: &[u8]) -> Result<Self, InvalidTimestamp> {
        Token::read(response)?.of(&Digest::of(bytes))
    }
}

impl InvalidTimestamp {
    /// What the answer is instead.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Malformed => "no timestamp response (RFC 3161)",
            Self::Refused => "the answer of an authority that granted no timestamp",
            Self::OfSomethingElse => "a timestamp of something else than the checkpoint",
        }
    }
}

/// What a `TimeStampResp` says, with nothing compared yet.
struct Token<'a> {
    algorithm: &'a [u8],
    imprint: &'a [u8],
    serial: &'a [u8],
    time: &'a [u8],
    nonce: Option<&'a [u8]>,
}

impl<'a> Token<'a> {
    fn read(response: &'a [u8]) -> Result<Self, InvalidTimestamp> {
        let mut response = Der(response).take(SEQUENCE)?;
        let status = response.take(SEQUENCE)?.take(INTEGER)?;
        // Granted, or granted with modifications.
        if !matches!(status.0, [0 | 1]) {
            return Err(InvalidTimestamp::Refused);
        }
        let mut token = response.take(SEQUENCE)?;
        token.expect(OID, &SIGNED_DATA)?;
        let mut signed = token.take(EXPLICIT_0)?.take(SEQUENCE)?;
        signed.take(INTEGER)?;
        signed.take(SET)?;
        let mut content = signed.take(SEQUENCE)?;
        content.expect(OID, &TST_INFO)?;
        Self::info(content.take(EXPLICIT_0)?.take(OCTETS)?.take(SEQUENCE)?)
    }

    /// `TSTInfo`.
    fn info(mut info: Der<'a>) -> Result<Self, InvalidTimestamp> {
        info.expect(INTEGER, &[1])?;
        info.take(OID)?;
        let mut imprint = info.take(SEQUENCE)?;
        let algorithm = imprint.take(SEQUENCE)?.take(OID)?.0;
        let imprint = imprint.take(OCTETS)?.0;
        let (serial, time) = (info.take(INTEGER)?.0, info.take(TIME)?.0);
        let mut nonce = None;
        while let Some((tag, content)) = info.next()? {
            if tag == INTEGER {
                nonce = Some(content);
            }
        }
        Ok(Self { algorithm, imprint, serial, time, nonce })
    }

    fn of(&self, digest: &Digest) -> Result<Timestamp, InvalidTimestamp> {
        if SHA_256.get(4..13) != Some(self.algorithm) || self.imprint != digest.as_bytes() {
            return Err(InvalidTimestamp::OfSomethingElse);
        }
        let time = String::from_utf8(self.time.to_vec()).map_err(|_| InvalidTimestamp::Malformed)?;
        Ok(Timestamp { serial: hex::encode(self.serial), time })
    }
}

/// One value in DER; everything that is written here is shorter than 128 bytes.
fn value(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).unwrap_or(u8::MAX);
    [[tag, length].as_slice(), content].concat()
}

/// Values in DER, one after the other.
#[derive(Clone, Copy)]
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// The content of the next value, which must have this tag.
    fn take(&mut self, tag: u8) -> Result<Self, InvalidTimestamp> {
        match self.next()? {
            Some((found, content)) if found == tag => Ok(Self(content)),
            Some(_) | None => Err(InvalidTimestamp::Malformed),
        }
    }

    fn expect(&mut self, tag: u8, content: &[u8]) -> Result<(), InvalidTimestamp> {
        if self.take(tag)?.0 == content { Ok(()) } else { Err(InvalidTimestamp::Malformed) }
    }

    /// The next value, whatever it is; none at the end. Lengths are definite, and at most 65,535.
    fn next(&mut self) -> Result<Option<(u8, &'a [u8])>, InvalidTimestamp> {
        let (tag, length, rest) = match *self.0 {
            [] => return Ok(None),
            [tag, short @ 0..=0x7f, ref rest @ ..] => (tag, usize::from(short), rest),
            [tag, 0x81, length, ref rest @ ..] => (tag, usize::from(length), rest),
            [tag, 0x82, high, low, ref rest @ ..] => {
                (tag, usize::from(u16::from_be_bytes([high, low])), rest)
            }
            _ => return Err(InvalidTimestamp::Malformed),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(InvalidTimestamp::Malformed)?;
        self.0 = rest;
        Ok(Some((tag, content)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query() -> TimestampQuery {
        TimestampQuery::new(b"abc", [0xff; 8])
    }

    #[test]
    fn a_query_is_what_the_specification_says() {
        let expected = concat!(
            "3043020101",
            "3031300d060960864801650304020105000420",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "02087fffffffffffffff",
            "0101ff",
        );
        assert_eq!(hex::encode(query().to_der()), expected);
    }

    #[test]
    fn a_refusal_is_no_timestamp() {
        assert_eq!(
            query().check(&[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x02]),
            Err(InvalidTimestamp::Refused)
        );
        assert_eq!(
            query().check(&[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00]),
            Err(InvalidTimestamp::Malformed)
        );
    }

    proptest::proptest! {
        #[test]
        fn any_answer_is_a_timestamp_or_an_error(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            let mut granted = vec![0x30, 0x81, 200, 0x30, 0x03, 0x02, 0x01, 0x00, 0x30];
            granted.extend(&bytes);
            proptest::prop_assert!(query().check(&bytes).is_err());
            proptest::prop_assert!(query().check(&granted).is_err());
        }
    }
}

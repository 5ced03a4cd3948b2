//! The key that signs the log, and the file it is kept in.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use ed25519_dalek::{Signer as _, SigningKey};
use secrecy::{ExposeSecret as _, SecretString};

use super::note::{self, NoteError};
use super::verifier::{KeyName, Verifier};
use crate::clock;

/// An Ed25519 key with the name it signs under. It is wiped from memory when dropped.
#[derive(Clone)]
pub struct LogKey {
    name: KeyName,
    key: SigningKey,
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or made.
    #[error("the log's key file {} cannot be {what}: {error}", path.display())]
    Io {
        /// The key file.
        path: PathBuf,
        /// What was tried.
        what: &'static str,
        /// What the operating system said.
        error: io::Error,
    },
    /// Somebody else on this machine may know the key.
    #[error(
        "the log's key file {} is open to others (mode {mode:03o}): if nobody else can have read it, \
         run `chmod 600` on it; otherwise replace it by a new key", path.display()
    )]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error("the log's key file {} does not hold an Ed25519 private key (PKCS#8, PEM)", path.display())]
    NotAKey {
        /// The key file.
        path: PathBuf,
    },
}

/// A PEM file with one Ed25519 key has about 120 bytes.
const MAX_FILE_BYTES: u64 = 16 * 1024;

impl LogKey {
    /// The key that follows from 32 secret bytes (RFC 8032).
    pub fn from_seed(name: KeyName, seed: [u8; 32]) -> Self {
        Self { name, key: SigningKey::from_bytes(&seed) }
    }

    /// A new key.
    pub fn generate(name: KeyName) -> Self {
        Self::from_seed(name, clock::random())
    }

    /// Reads the key in `path`, or makes a new one there, with mode 0600, if there is no such file.
    ///
    /// Of two programs that start at once, both use the key of the faster one. Blocks on the disk.
    pub fn load_or_create(path: &Path, name: &KeyName) -> Result<Self, KeyFileError> {
        match File::open(path) {
            Ok(file) => Self::load(path, file, name),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::create(path, name),
            Err(error) => Err(KeyFileError::io(path, "opened", error)),
        }
    }

    /// The name it signs under.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The same key under another name: that of the log's next epoch.
    #[must_use]
    pub fn named(&self, name: KeyName) -> Self {
        Self { name, key: self.key.clone() }
    }

    /// What others need to check its signatures.
    pub fn verifier(&self) -> Verifier {
        Verifier::new(self.name.clone(), self.key.verifying_key())
    }

    /// Makes a note of `text`, which must end with a line feed and hold no other control characters.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        note::check_text(text)?;
        Ok(format!("{text}\n{}", self.signature_line(text)))
    }

    /// The line that adds this key's signature to a note of `text`.
    pub(super) fn signature_line(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        note::signature_line(&self.name, self.verifier().id(), &signature)
    }

    /// The key as PKCS#8 in PEM (RFC 8410), without the public key, so that every OpenSSL reads it.
    ///
    /// None if it cannot be encoded, which does not happen to a key of 32 bytes.
    pub fn to_pem(&self) -> Option<SecretString> {
        let pair = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None };
        pair.to_pkcs8_pem(LineEnding::LF).ok().map(|pem| SecretString::from(pem.as_str()))
    }

    /// Reads PKCS#8 in PEM; none if it is something else.
    pub fn from_pem(name: KeyName, pem: &str) -> Option<Self> {
        SigningKey::from_pkcs8_pem(pem).ok().map(|key| Self { name, key })
    }

    fn load(path: &Path, file: File, name: &KeyName) -> Result<Self, KeyFileError> {
        let unreadable = |error| KeyFileError::io(path, "read", error);
        let metadata = file.metadata().map_err(unreadable)?;
        if let Some(mode) = exposed_mode(&metadata) {
            return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
        }
        let mut pem = String::new();
        file.take(MAX_FILE_BYTES).read_to_string(&mut pem).map_err(unreadable)?;
        let pem = SecretString::from(pem);
        Self::from_pem(name.clone(), pem.expose_secret())
            .ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned() })
    }

    /// The file appears whole or not at all, and never replaces another.
    fn create(path: &Path, name: &KeyName) -> Result<Self, KeyFileError> {
        let uncreatable = |error| KeyFileError::io(path, "created", error);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let key = Self::generate(name.clone());
        let pem = key.to_pem().ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned() })?;
        let mut file =
            tempfile::Builder::new().prefix(".log-key").tempfile_in(folder).map_err(uncreatable)?;
        file.write_all(pem.expose_secret().as_bytes()).map_err(uncreatable)?;
        file.as_file().sync_all().map_err(uncreatable)?;
        match file.persist_noclobber(path) {
            Ok(_) => {}
            Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
                let file = File::open(path).map_err(|error| KeyFileError::io(path, "opened", error))?;
                return Self::load(path, file, name);
            }
            Err(failed) => return Err(uncreatable(failed.error)),
        }
        sync_folder(folder).map_err(uncreatable)?;
        Ok(key)
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogKey({})", self.verifier())
    }
}

impl KeyFileError {
    fn io(path: &Path, what: &'static str, error: io::Error) -> Self {
        Self::Io { path: path.to_owned(), what, error }
    }
}

/// The permission bits, if they let anybody but the owner in.
#[cfg(unix)]
fn exposed_mode(metadata: &Metadata) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = metadata.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then_some(mode)
}

#[cfg(not(unix))]
fn exposed_mode(_: &Metadata) -> Option<u32> {
    None
}

/// Makes the new name in `folder` survive a power cut.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn name() -> KeyName {
        "countersign.example/acme".parse().unwrap()
    }

    #[test]
    fn the_private_key_of_the_go_documentation_has_its_published_verifier() {
        let skey = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        let typed = STANDARD.decode(skey.splitn(5, '+').last().unwrap()).unwrap();
        let key = LogKey::from_seed("PeterNeumann".parse().unwrap(), typed[1..].try_into().unwrap());
        assert_eq!(
            key.verifier().to_string(),
            "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        );
    }

    #[test]
    fn the_golden_seed_has_the_golden_key() {
        let key = LogKey::from_seed(name(), [7; 32]);
        assert_eq!(
            hex::encode(key.verifier().public_key()),
            "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c"
        );
        assert_eq!(
            key.verifier().to_string(),
            "countersign.example/acme+47df9797+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"
        );
    }

    #[test]
    fn a_key_is_made_once_and_then_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        let made = LogKey::load_or_create(&path, &name()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = LogKey::load_or_create(&path, &name()).unwrap();
        assert_eq!(made.verifier(), read.verifier());
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn programs_that_start_at_once_share_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        let start = || LogKey::load_or_create(&path, &name()).unwrap().verifier();
        let keys: Vec<_> = std::thread::scope(|threads| {
            let running: Vec<_> = (0..8).map(|_| threads.spawn(start)).collect();
            running.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| *key == start()));
    }

    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        LogKey::load_or_create(&path, &name()).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o644] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = LogKey::load_or_create(&path, &name()).unwrap_err();
            assert!(matches!(error, KeyFileError::Exposed { mode: found, .. } if found == mode));
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn a_file_that_holds_no_key_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        std::fs::write(&path, "not a key").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let error = LogKey::load_or_create(&path, &name()).unwrap_err();
        assert!(matches!(error, KeyFileError::NotAKey { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a key");
        let nowhere = LogKey::load_or_create(&folder.path().join("no/such/folder"), &name());
        assert!(matches!(nowhere, Err(KeyFileError::Io { what: "created", .. })));
    }

    #[test]
    fn the_key_is_not_printed() {
        let key = LogKey::from_seed(name(), [7; 32]);
        let pem = key.to_pem().unwrap();
        assert!(!format!("{key:?}").contains(&STANDARD.encode([7; 32])));
        assert!(!format!("{key:?}").contains(&hex::encode([7; 32])));
        assert!(pem.expose_secret().starts_with("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEI"));
        let again = LogKey::from_pem(name(), pem.expose_secret()).unwrap();
        assert_eq!(again.verifier(), key.verifier());
    }
}

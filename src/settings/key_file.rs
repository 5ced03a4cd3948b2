//! The file a signing key is kept in: PKCS#8 in PEM (RFC 8410), for its owner alone, made at the first start.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use secrecy::{ExposeSecret as _, SecretString};

use crate::audit::pem::{from_pem, to_pem};
use crate::audit::{AttestationKey, KeyName, LogKey};
use crate::clock;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or made.
    #[error("the key file {} cannot be {what}: {error}", path.display())]
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
        "the key file {} is open to others (mode {mode:03o}): if nobody else can have read it, \
         run `chmod 600` on it; otherwise replace it by a new key", path.display()
    )]
    Exposed {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error("the key file {} does not hold an Ed25519 private key (PKCS#8, PEM)", path.display())]
    NotAKey {
        /// The key file.
        path: PathBuf,
    },
}

/// A PEM file with one Ed25519 key has about 120 bytes.
const MAX_FILE_BYTES: u64 = 16 * 1024;

impl LogKey {
    /// Reads the key in `path`, or makes a new one there, with mode 0600, if there is no such file.
    ///
    /// Of two programs that start at once, both use the key of the faster one. Blocks on the disk.
    pub fn load_or_create(path: &Path, name: &KeyName) -> Result<Self, KeyFileError> {
        load_or_create(path).map(|key| Self::new(name.clone(), key))
    }

    /// Reads the key in `path`. Blocks on the disk.
    pub fn read(path: &Path, name: &KeyName) -> Result<Self, KeyFileError> {
        read(path).map(|key| Self::new(name.clone(), key))
    }
}

impl AttestationKey {
    /// Reads the key in `path`, or makes a new one there, as [`LogKey::load_or_create`] does.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyFileError> {
        load_or_create(path).map(Self::new)
    }
}

/// Of two programs that start at once, both use the key of the faster one.
fn load_or_create(path: &Path) -> Result<SigningKey, KeyFileError> {
    match File::open(path) {
        Ok(file) => load(path, file),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(path),
        Err(error) => Err(KeyFileError::io(path, "opened", error)),
    }
}

fn read(path: &Path) -> Result<SigningKey, KeyFileError> {
    load(path, File::open(path).map_err(|error| KeyFileError::io(path, "opened", error))?)
}

fn load(path: &Path, file: File) -> Result<SigningKey, KeyFileError> {
    let unreadable = |error| KeyFileError::io(path, "read", error);
    let metadata = file.metadata().map_err(unreadable)?;
    if let Some(mode) = exposed_mode(&metadata) {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut pem = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut pem).map_err(unreadable)?;
    let pem = SecretString::from(pem);
    from_pem(pem.expose_secret()).ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned() })
}

/// The file appears whole or not at all, and never replaces another.
fn create(path: &Path) -> Result<SigningKey, KeyFileError> {
    let uncreatable = |error| KeyFileError::io(path, "created", error);
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let key = SigningKey::from_bytes(&clock::random());
    let pem = to_pem(&key).ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned() })?;
    let mut file =
        tempfile::Builder::new().prefix(".countersign-key").tempfile_in(folder).map_err(uncreatable)?;
    file.write_all(pem.expose_secret().as_bytes()).map_err(uncreatable)?;
    file.as_file().sync_all().map_err(uncreatable)?;
    match file.persist_noclobber(path) {
        Ok(_) => {}
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => {
            let file = File::open(path).map_err(|error| KeyFileError::io(path, "opened", error))?;
            return load(path, file);
        }
        Err(failed) => return Err(uncreatable(failed.error)),
    }
    sync_folder(folder).map_err(uncreatable)?;
    Ok(key)
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

    use super::*;

    #[test]
    fn a_key_is_made_once_and_then_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        let made = load_or_create(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let read = load_or_create(&path).unwrap();
        assert_eq!(made, read);
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn programs_that_start_at_once_share_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.key");
        let start = || load_or_create(&path).unwrap();
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
        load_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o620, 0o644] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = load_or_create(&path).unwrap_err();
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
        let error = load_or_create(&path).unwrap_err();
        assert!(matches!(error, KeyFileError::NotAKey { .. }), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "not a key");
        let nowhere = load_or_create(&folder.path().join("no/such/folder"));
        assert!(matches!(nowhere, Err(KeyFileError::Io { what: "created", .. })));
    }

    #[test]
    fn the_key_of_attestations_is_kept_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("attestation.key");
        let made = AttestationKey::load_or_create(&path).unwrap();
        assert_eq!(AttestationKey::load_or_create(&path).unwrap().verifier(), made.verifier());
    }
}

//! Audit heads that are signed, so that whoever can write the store cannot make up another tail.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use skillgate_model::hex;

use crate::{AuditHead, StoreError};

/// What the key's file begins with.
const FORMAT: &str = "skillgate-audit-key/1 ";

/// An Ed25519 key that signs heads; its file is for its owner alone.
pub struct AuditKey(SigningKey);

impl AuditKey {
    /// Makes a key in a new file with mode 0600.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| unusable(path, &error.to_string());
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| unusable(path, &error.to_string()))?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(failed)?;
        writeln!(file, "{FORMAT}{}", hex(&seed)).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads a key.
    ///
    /// # Errors
    /// When others than its owner may read it, or it is no key.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let failed = |error: std::io::Error| unusable(path, &error.to_string());
        let mode = fs::metadata(path).map_err(failed)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(unusable(path, "others may read it: `chmod 600` it"));
        }
        let text = fs::read_to_string(path).map_err(failed)?;
        let seed = text
            .strip_prefix(FORMAT)
            .and_then(|seed| bytes(seed.trim_end()));
        match seed {
            Some(seed) => Ok(Self(SigningKey::from_bytes(&seed))),
            None => Err(unusable(path, "it is no audit key")),
        }
    }

    /// The public half, 64 hex digits: what a verifier needs, and must get from you.
    pub fn public(&self) -> String {
        hex(self.0.verifying_key().as_bytes())
    }

    /// Signs a head as of a moment.
    pub fn sign(&self, head: AuditHead, at_ms: i64) -> SignedHead {
        let signature = self.0.sign(message(&head, at_ms).as_bytes());
        SignedHead {
            head,
            at_ms,
            public_key: self.public(),
            signature: hex(&signature.to_bytes()),
        }
    }
}

/// A head with its signature, as it is kept elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// The head.
    #[serde(flatten)]
    pub head: AuditHead,
    /// When it was signed, milliseconds since 1970.
    pub at_ms: i64,
    /// Which key; it proves nothing by itself.
    pub public_key: String,
    /// Over all of it, in hex.
    pub signature: String,
}

impl SignedHead {
    /// The head, when this very key signed it.
    ///
    /// # Errors
    /// When the signature does not hold, or is by another key.
    pub fn verified(&self, public_key: &str) -> Result<&AuditHead, StoreError> {
        const WRONG: StoreError =
            StoreError::Invalid("the head was not signed with this key, or was changed since");
        let key = bytes(public_key).ok_or(StoreError::Invalid("a public key has 64 hex digits"))?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| WRONG)?;
        let signature: [u8; 64] = bytes(&self.signature).ok_or(WRONG)?;
        let signature = Signature::from_bytes(&signature);
        match key.verify_strict(message(&self.head, self.at_ms).as_bytes(), &signature) {
            Ok(()) => Ok(&self.head),
            Err(_) => Err(WRONG),
        }
    }
}

/// A JSON array, so that no two different heads have one text.
fn message(head: &AuditHead, at_ms: i64) -> String {
    let text = serde_json::json!([
        "skillgate-audit-head/1",
        head.tenant,
        head.seq,
        head.hash,
        at_ms
    ]);
    text.to_string()
}

fn bytes<const COUNT: usize>(digits: &str) -> Option<[u8; COUNT]> {
    if digits.len() != 2 * COUNT {
        return None;
    }
    let mut bytes = [0; COUNT];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(digits.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

fn unusable(path: &Path, reason: &str) -> StoreError {
    StoreError::Key {
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_believed_only_as_it_was_signed_and_by_the_key_that_is_trusted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let key = AuditKey::create(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(AuditKey::create(&path).is_err(), "a key was overwritten");
        let key_again = AuditKey::read(&path).unwrap();
        assert_eq!(key_again.public(), key.public());
        let head = AuditHead {
            tenant: "default".parse().unwrap(),
            seq: 7,
            hash: "ab".repeat(32),
        };
        let signed = key.sign(head.clone(), 5);
        assert_eq!(signed.verified(&key.public()).unwrap(), &head);
        let other = AuditKey::create(&folder.path().join("other")).unwrap();
        let forged = other.sign(head, 5);
        assert!(forged.verified(&key.public()).is_err());
        let mut changed = signed.clone();
        changed.head.seq = 6;
        assert!(changed.verified(&key.public()).is_err());
        let later = SignedHead { at_ms: 6, ..signed };
        assert!(later.verified(&key.public()).is_err());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let open = AuditKey::read(&path).err().unwrap().to_string();
        assert!(open.contains("others may read it"), "{open}");
    }
}

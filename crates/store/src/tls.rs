//! How a PostgreSQL is reached: in plain text only where nobody listens, or where the operator agreed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use postgres::Config;
use postgres::config::{Host, SslMode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::StoreError;

/// An address, understood.
pub(crate) struct Address {
    pub(crate) config: Config,
    /// Every connection is encrypted, and the server's certificate and name verified.
    pub(crate) tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads `postgresql://user@host/database?sslmode=…&sslrootcert=…`.
    ///
    /// `require`, `verify-ca` and `verify-full` all verify the server: encryption to whoever answers
    /// keeps nobody out.
    pub(crate) fn read(url: &str) -> Result<Self, StoreError> {
        let (url, mode, roots) = take_options(url);
        let mut config: Config = url.parse().map_err(|_| {
            StoreError::Invalid("the address is no `postgresql://user@host/database`")
        })?;
        let wanted = match mode.as_deref() {
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(_) => {
                return Err(StoreError::Invalid(
                    "`sslmode` is `disable`, `require`, `verify-ca` or `verify-full`; others could go on in plain text unnoticed",
                ));
            }
            None => !config.get_hosts().iter().all(is_local),
        };
        if !wanted {
            config.ssl_mode(SslMode::Disable);
            return Ok(Self { config, tls: None });
        }
        config.ssl_mode(SslMode::Require);
        let tls = Some(MakeRustlsConnect::new(client(roots.as_deref())?));
        Ok(Self { config, tls })
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => ["localhost", "127.0.0.1", "::1"].contains(&name.as_str()),
    }
}

/// The address without `sslmode` and `sslrootcert`, which the driver does not know in full.
fn take_options(url: &str) -> (String, Option<String>, Option<PathBuf>) {
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), None, None);
    };
    let (mut mode, mut roots, mut rest) = (None, None, Vec::new());
    for option in query.split('&') {
        match option.split_once('=') {
            Some(("sslmode", value)) => mode = Some(decoded(value)),
            Some(("sslrootcert", value)) => roots = Some(PathBuf::from(decoded(value))),
            _ => rest.push(option),
        }
    }
    let url = match rest.is_empty() {
        true => base.to_owned(),
        false => format!("{base}?{}", rest.join("&")),
    };
    (url, mode, roots)
}

/// Percent-encoding undone; what is none stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.as_bytes());
        let byte = after
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(b'%'));
        rest = byte.and_then(|_| after.get(2..)).unwrap_or(after);
    }
    bytes.extend(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

fn client(roots: Option<&Path>) -> Result<ClientConfig, StoreError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| StoreError::Tls(error.to_string()))?;
    let trusted = match roots {
        Some(file) => from_file(file)?,
        None => of_the_system(),
    };
    if trusted.is_empty() {
        return Err(StoreError::Tls(
            "no certificate to trust was found; name a file with `sslrootcert=FILE`".to_owned(),
        ));
    }
    Ok(builder
        .with_root_certificates(trusted)
        .with_no_client_auth())
}

fn from_file(file: &Path) -> Result<RootCertStore, StoreError> {
    let failed =
        |reason: String| StoreError::Tls(format!("`{}` cannot be used: {reason}", file.display()));
    let mut trusted = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(file).map_err(|error| failed(error.to_string()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failed(error.to_string()))?;
        trusted
            .add(certificate)
            .map_err(|error| failed(error.to_string()))?;
    }
    Ok(trusted)
}

fn of_the_system() -> RootCertStore {
    let mut trusted = RootCertStore::empty();
    trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    trusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_for_local_addresses_and_for_those_who_agree() {
        let encrypted = |url: &str| Address::read(url).map(|address| address.tls.is_some());
        for (url, expected) in [
            ("postgresql://u@localhost/d", false),
            ("postgresql://u@%2Frun%2Fpg/d", false),
            ("postgresql://u@db.example/d?sslmode=disable", false),
            ("postgresql://u@db.example/d", true),
            ("postgresql://u@localhost/d?sslmode=require", true),
            (
                "postgresql://u@localhost,db.example/d?application_name=x",
                true,
            ),
            (
                "postgresql://u@db.example/d?connect_timeout=3&sslmode=verify-full",
                true,
            ),
        ] {
            // A machine without certificates of its own says so, and that is no plain text either.
            match encrypted(url) {
                Ok(found) => assert_eq!(found, expected, "{url}"),
                Err(StoreError::Tls(_)) => assert!(expected, "{url}"),
                Err(error) => panic!("{url}: {error}"),
            }
        }
        for mode in ["prefer", "allow", "Require", ""] {
            assert!(
                encrypted(&format!("postgresql://u@h/d?sslmode={mode}")).is_err(),
                "{mode}"
            );
        }
        let missing =
            encrypted("postgresql://u@h/d?sslmode=require&sslrootcert=%2Fno%2Fsuch%20file");
        let error = missing.unwrap_err().to_string();
        assert!(error.contains("`/no/such file` cannot be used"), "{error}");
    }
}

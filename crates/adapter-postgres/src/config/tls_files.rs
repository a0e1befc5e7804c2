//! The files for TLS, which the settings or the URL name.

use auth_store_connection::{TlsFile, TlsSettings, client_files};

use super::mode::Mode;
use super::tls_paths::{CA_FILE, CLIENT_FILES, TlsParameters, TlsPaths};
use crate::error::ConfigError;

/// The value of `sslrootcert` for the authorities of the system.
const SYSTEM: &str = "system";

const ROOT_CERTIFICATE: &str = "POSTGRES__URL: sslrootcert";
const CLIENT_PARAMETERS: (&str, &str) = ("POSTGRES__URL: sslcert", "POSTGRES__URL: sslkey");

/// Returns the settings of TLS: each file is named by the settings or by the URL.
pub(super) fn settings(
    paths: TlsPaths<'_>,
    parameters: &TlsParameters,
    mode: Option<Mode>,
) -> Result<TlsSettings, ConfigError> {
    let verifies_name = matches!(mode, None | Some(Mode::VerifyFull));
    let authorities = match (paths.authorities, parameters.authorities.as_deref()) {
        (Some(_), Some(_)) => return Err(ConfigError::SetTwice(CA_FILE, "sslrootcert")),
        (None, Some(path)) if path.as_os_str() == SYSTEM && mode == Some(Mode::VerifyFull) => None,
        (None, Some(path)) if path.as_os_str() == SYSTEM => return Err(ConfigError::UnverifiedName),
        (Some(path), None) => Some(TlsFile::new(path, CA_FILE)),
        (None, Some(path)) => Some(TlsFile::new(path, ROOT_CERTIFICATE)),
        (None, None) => None,
    };
    if authorities.is_none() && mode == Some(Mode::Require) {
        return Err(ConfigError::MissingAuthority);
    }
    let of_settings = client_files(paths.client_certificate, paths.client_key, CLIENT_FILES)?;
    let (certificate, key) = (&parameters.client_certificate, &parameters.client_key);
    let of_url = client_files(certificate.as_deref(), key.as_deref(), CLIENT_PARAMETERS)?;
    if of_settings.is_some() && of_url.is_some() {
        return Err(ConfigError::SetTwice(CLIENT_FILES.0, "sslcert"));
    }
    Ok(TlsSettings { authorities, ca_setting: CA_FILE, client: of_settings.or(of_url), verifies_name })
}

/// Rejects files that have no effect without TLS.
pub(super) fn reject_unused(paths: TlsPaths<'_>, parameters: &TlsParameters) -> Result<(), ConfigError> {
    let named = [
        (paths.authorities.is_some(), CA_FILE),
        (parameters.authorities.is_some(), ROOT_CERTIFICATE),
        (paths.client_certificate.is_some(), CLIENT_FILES.0),
        (paths.client_key.is_some(), CLIENT_FILES.1),
        (parameters.client_certificate.is_some(), CLIENT_PARAMETERS.0),
        (parameters.client_key.is_some(), CLIENT_PARAMETERS.1),
    ];
    match named.into_iter().find(|(is_named, _)| *is_named) {
        Some((_, name)) => Err(ConfigError::NeedsTlsFile(name)),
        None => Ok(()),
    }
}

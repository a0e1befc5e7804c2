//! Dates, names and purpose of a certificate in the file of authorities, which may be that of the server itself.

use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error};
use x509_cert::Certificate;
use x509_cert::certificate::Version;
use x509_cert::der::asn1::{PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519::COMMON_NAME;
use x509_cert::der::oid::db::rfc5280::ID_CE_SUBJECT_ALT_NAME;
use x509_cert::der::{Any, Decode};
use x509_cert::ext::pkix::BasicConstraints;

/// Rejects a certificate that is not valid yet, or not any more.
pub(super) fn verify_dates(certificate: &CertificateDer<'_>, now: UnixTime) -> Result<(), Error> {
    let certificate = parsed(certificate).ok_or(UNREADABLE)?;
    let validity = certificate.tbs_certificate.validity;
    let now = Duration::from_secs(now.as_secs());
    if now < validity.not_before.to_unix_duration() {
        return Err(CertificateError::NotValidYet.into());
    }
    if now > validity.not_after.to_unix_duration() {
        return Err(CertificateError::Expired.into());
    }
    Ok(())
}

/// Returns whether a certificate may sign others (RFC 5280 §4.2.1.9). Certificates of version 1 cannot say so, and may. One that
/// cannot be parsed is left to the TLS library.
pub(super) fn is_authority(certificate: &CertificateDer<'_>) -> bool {
    let Some(Certificate { tbs_certificate, .. }) = parsed(certificate) else { return true };
    match tbs_certificate.get::<BasicConstraints>() {
        Ok(Some((_, constraints))) => constraints.ca,
        Ok(None) => tbs_certificate.version == Version::V1,
        Err(_) => false,
    }
}

/// Returns whether the common name is the name of the host. As in libpq and OpenSSL, it counts only if the certificate has no
/// alternative names.
pub(super) fn has_common_name(certificate: &CertificateDer<'_>, host: &ServerName<'_>) -> bool {
    let Some(certificate) = parsed(certificate) else { return false };
    let mut extensions = certificate.tbs_certificate.extensions.iter().flatten();
    if extensions.any(|extension| extension.extn_id == ID_CE_SUBJECT_ALT_NAME) {
        return false;
    }
    let host = host.to_str();
    let attributes = certificate.tbs_certificate.subject.0.iter().flat_map(|names| names.0.iter());
    attributes
        .filter(|attribute| attribute.oid == COMMON_NAME)
        .any(|attribute| text(&attribute.value).is_some_and(|name| name.eq_ignore_ascii_case(&host)))
}

fn text(value: &Any) -> Option<&str> {
    let utf8 = value.decode_as::<Utf8StringRef<'_>>().ok().map(|text| text.as_str());
    utf8.or_else(|| value.decode_as::<PrintableStringRef<'_>>().ok().map(|text| text.as_str()))
}

fn parsed(certificate: &CertificateDer<'_>) -> Option<Certificate> {
    Certificate::from_der(certificate).ok()
}

/// The rejection of a certificate that cannot be parsed.
const UNREADABLE: Error = Error::InvalidCertificate(CertificateError::BadEncoding);

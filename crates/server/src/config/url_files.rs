//! The files that the parameters of `POSTGRES__URL` name.

use std::path::Path;

use url::form_urlencoded;
use zeroize::Zeroizing;

use super::reader::{ProblemNoted, Reader};
use super::secret::Secret;

/// The parameters of libpq that name files, and whether the file contains a secret.
const PARAMETERS: [(&str, bool); 3] = [("sslrootcert", false), ("sslcert", false), ("sslkey", true)];

/// Checks the files as those of other settings. The adapter checks everything else.
pub(super) fn check(reader: &mut Reader, key: &str, url: &Secret) -> Result<(), ProblemNoted> {
    let Some((_, query)) = url.expose().split_once('?') else { return Ok(()) };
    let origin = reader.origins.of(key);
    // libpq does not decode a plus sign.
    let query = Zeroizing::new(query.replace('+', "%2B"));
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if let Some((_, is_secret)) = PARAMETERS.iter().find(|(parameter, _)| *parameter == name) {
            reader.check_file(&format!("{origin}: {name}"), Path::new(&*value), *is_secret)?;
        }
    }
    Ok(())
}

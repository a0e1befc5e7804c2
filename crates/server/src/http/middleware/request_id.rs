//! The id of a request.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use auth_domain::ports::{Entropy, random_bytes};
use uuid::{Builder, Uuid};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest incoming id that is kept.
const MAX_LENGTH: usize = 128;

/// The id of a request, as it is sent back and logged.
#[derive(Clone, Debug)]
pub(super) struct RequestId(HeaderValue);

impl RequestId {
    /// Returns the incoming id if it is safe to log and to send back, and a new one otherwise.
    pub(super) fn of(headers: &HeaderMap, entropy: &dyn Entropy) -> Self {
        let mut given = headers.get_all(&X_REQUEST_ID).filter(|value| value.to_str().is_ok());
        if let (Some(id), None) = (given.next(), given.next())
            && id.to_str().is_ok_and(is_sane)
        {
            return Self(id.clone());
        }
        // An id that is not random is better than no response.
        let bytes = random_bytes(entropy).unwrap_or_default();
        let id = Builder::from_random_bytes(*bytes).into_uuid();
        let text = HeaderValue::from_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
        Self(text.unwrap_or_else(|_| HeaderValue::from_static("-")))
    }

    /// Returns the text.
    pub(super) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or("-")
    }

    /// Sets the id in a response.
    pub(super) fn set(self, headers: &mut HeaderMap) {
        headers.insert(X_REQUEST_ID, self.0);
    }
}

fn is_sane(id: &str) -> bool {
    (1..=MAX_LENGTH).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use auth_domain::mocks::counting_entropy;
    use proptest::prelude::*;

    use super::*;

    fn id_for(values: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(X_REQUEST_ID, HeaderValue::from_bytes(value).unwrap());
        }
        RequestId::of(&headers, &counting_entropy()).as_str().to_owned()
    }

    #[test]
    fn a_sane_id_is_kept_and_anything_else_is_replaced() {
        assert_eq!(id_for(&[b"trace-1_a.b:c"]), "trace-1_a.b:c");
        for bad in [
            [].as_slice(),
            &[b"".as_slice()],
            &[b"a b"],
            &[b"a\"b"],
            &[b"\xff"],
            &[b"a", b"a"],
            &[&[b'a'; 129]],
        ] {
            assert_eq!(id_for(bad).len(), 36);
        }
    }

    proptest! {
        #[test]
        fn every_kept_id_is_safe_in_a_log_line(value in proptest::collection::vec(0x20..0x7f_u8, 0..200)) {
            let id = id_for(&[&value]);
            prop_assert!(is_sane(&id));
        }
    }
}

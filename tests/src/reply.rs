//! Responses of the service, and what all of them have in common.

use serde_json::Value;

/// A response.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The token pair of a successful login or refresh.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// `accessToken`
    pub access: String,
    /// `refreshToken`
    pub refresh: String,
}

impl Reply {
    /// Returns the value of a header; two values fail the test.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(key, _)| key == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "more than one {name}: {self:?}");
        value
    }

    /// Returns the body as JSON.
    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks for a 200 with a token pair, and returns the pair.
    pub fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{}", self.text());
        self.expect_auth_headers();
        let body = self.json();
        let field = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
        Tokens { access: field("accessToken"), refresh: field("refreshToken") }
    }

    /// Checks status, code and the common form of errors; returns the message.
    pub fn expect_error(&self, status: u16, code: &str) -> String {
        let body = if self.body.is_empty() { Value::Null } else { self.json() };
        assert_eq!((self.status, body["error"].as_str()), (status, Some(code)), "{}", self.text());
        let fields = body.as_object().expect("an object");
        let known = |name: &String| ["error", "message", "reason"].contains(&name.as_str());
        assert!(fields.keys().all(known), "{}", self.text());
        let has_reason = code == "invalid_refresh_token" || !fields.contains_key("reason");
        assert!(has_reason, "{}", self.text());
        self.expect_common_headers();
        self.expect_challenge(code);
        let message = body["message"].as_str().expect("a message").to_owned();
        assert!(message.len() > 5 && message.len() < 500, "{message:?} is no plain sentence");
        message
    }

    /// Returns the `reason` of a rejected refresh token.
    pub fn reason(&self) -> Option<String> {
        self.json()["reason"].as_str().map(str::to_owned)
    }

    /// Returns `Retry-After` in seconds.
    pub fn retry_after(&self) -> u64 {
        let value = self.header("retry-after").expect("a Retry-After header");
        value.parse().unwrap_or_else(|_| panic!("{value:?} is no whole number of seconds"))
    }

    /// Checks the headers that every response below `/api/v1/auth/` has.
    pub fn expect_auth_headers(&self) {
        self.expect_common_headers();
        assert_eq!(self.header("cache-control"), Some("no-store"), "{self:?}");
    }

    /// Returns the body as text.
    pub fn text(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(&self.body))
    }

    fn expect_common_headers(&self) {
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self:?}");
        let id = self.header("x-request-id").expect("a request id");
        assert!((1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()), "{id:?}");
        assert_eq!(self.header("x-powered-by"), None);
    }

    /// RFC 6750 §3: a challenge on every 401, and on nothing else. (S-44)
    fn expect_challenge(&self, code: &str) {
        let challenge = self.header("www-authenticate");
        assert_eq!(challenge.is_some(), self.status == 401, "{self:?}");
        let Some(challenge) = challenge else { return };
        assert!(challenge == "Bearer" || challenge.starts_with("Bearer "), "{challenge:?}");
        if code != "invalid_token" {
            assert_eq!(challenge, "Bearer");
        }
    }
}

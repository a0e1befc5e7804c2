//! Paths, and the spellings in which clients write them.

use actix_web::dev::{ServiceRequest, Url};
use actix_web::http::Uri;

pub(super) const LOGIN: &str = "/api/v1/auth/login";
pub(super) const REFRESH: &str = "/api/v1/auth/refresh";
pub(super) const LOGOUT: &str = "/api/v1/auth/logout";
/// The endpoint that proxies ask about each request of the HookSentry platform.
pub(super) const VERIFY: &str = "/api/v1/auth/verify";

/// Endpoints whose clients were written for ASP.NET, which ignores the case of paths and one trailing slash.
const FOLDED: [&str; 3] = [LOGIN, REFRESH, LOGOUT];

/// Replaces another spelling of a [`FOLDED`] path by the path itself, before the request is routed. So the response, the metrics and
/// the log are the same for every spelling.
pub(super) fn canonicalize(request: &mut ServiceRequest) {
    let path = request.match_info().as_str();
    if let Some(canonical) = canonical(path)
        && canonical != path
    {
        request.match_info_mut().set(Url::new(Uri::from_static(canonical)));
    }
}

/// Returns the path that `path` spells, without regard to the case of ASCII letters and to one trailing slash.
fn canonical(path: &str) -> Option<&'static str> {
    let path = path.strip_suffix('/').unwrap_or(path);
    FOLDED.into_iter().find(|folded| folded.eq_ignore_ascii_case(path))
}

#[cfg(test)]
mod tests {
    use auth_testkit::assert_linear;

    use super::*;

    // S-89
    #[test]
    fn the_cost_of_comparing_a_path_is_linear_in_its_length() {
        for part in ["/", "A", "login/", "/api/v1/auth/Login"] {
            assert_linear(part, |bytes: usize| part.repeat(bytes / part.len()), |path| canonical(path));
        }
    }
}

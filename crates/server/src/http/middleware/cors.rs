//! Cross-origin resource sharing (CORS) for the origins of `HTTP__CORS_ORIGINS`.

use actix_web::body::{BoxBody, None as NoBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ALLOW,
    CONTENT_TYPE, HeaderValue, ORIGIN, VARY,
};
use actix_web::http::{Method, StatusCode};

#[cfg(test)]
mod tests;

/// The request headers that a page of an allowed origin may send.
const ALLOWED_HEADERS: HeaderValue =
    HeaderValue::from_static("Authorization, Content-Type, Idempotency-Key, X-Request-Id");
/// The response headers that such a page may read, in addition to those that every page may read.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("Retry-After, X-Request-Id");
/// How long a browser may keep the result of a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// The application data of a listener with CORS; the admin listener has none.
pub(in crate::http) struct OpenToBrowsers;

/// The allowed origins; CORS is off if there are none.
#[derive(Clone, Debug)]
pub(crate) struct Cors {
    origins: Vec<HeaderValue>,
}

/// The CORS part of one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CorsRequest {
    /// The origin of the page, if it is allowed.
    origin: Option<HeaderValue>,
    is_preflight: bool,
}

impl Cors {
    /// Allows exactly `origins`, which are valid.
    pub(crate) fn new(origins: &[String]) -> Self {
        let origins = origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
        Self { origins }
    }

    /// Reads the CORS part of a request; `None` if CORS is off, or off for its listener.
    pub(super) fn read(&self, request: &ServiceRequest) -> Option<CorsRequest> {
        if self.origins.is_empty() || request.app_data::<OpenToBrowsers>().is_none() {
            return None;
        }
        let headers = request.headers();
        let mut given = headers.get_all(ORIGIN);
        let origin = match (given.next(), given.next()) {
            (Some(origin), None) => self.origins.iter().find(|allowed| *allowed == origin).cloned(),
            (None | Some(_), _) => None,
        };
        let is_preflight =
            request.method() == Method::OPTIONS && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Some(CorsRequest { origin, is_preflight })
    }
}

impl CorsRequest {
    /// Adds the CORS headers to any response, errors included: a page cannot read the error otherwise.
    ///
    /// No endpoint has OPTIONS, so a preflight arrives here as a 405 with the methods of the path. It becomes the
    /// 204 that the browser expects. Other responses to a preflight keep their status.
    pub(super) fn complete(self, mut response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        // Also without an allowed origin: a cache must not give this response to a page of an allowed origin.
        response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = self.origin else { return response };
        let methods = response.headers().get(ALLOW).cloned();
        match methods {
            Some(methods) if self.is_preflight && response.status() == StatusCode::METHOD_NOT_ALLOWED => {
                response = response.map_body(|head, _| {
                    head.status = StatusCode::NO_CONTENT;
                    head.headers.remove(CONTENT_TYPE);
                    BoxBody::new(NoBody::new())
                });
                let headers = response.headers_mut();
                headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
                headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
                headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
            }
            Some(_) | None => {
                response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
            }
        }
        // No Access-Control-Allow-Credentials: tokens travel in headers and bodies, never in cookies.
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        response
    }
}

//! [`Caller`] as an argument of a handler.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;

use crate::auth_error::AuthError;
use crate::caller::Caller;
use crate::token_verifier::TokenVerifier;

impl FromRequest for Caller {
    type Error = AuthError;
    type Future = LocalBoxFuture<'static, Result<Self, AuthError>>;

    fn from_request(request: &HttpRequest, _body: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { TokenVerifier::of(&request)?.caller(&request).await })
    }
}

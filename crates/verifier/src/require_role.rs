//! Middleware that restricts routes to roles.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpRequest, ResponseError};
use auth_domain::model::Role;
use futures_util::future::LocalBoxFuture;

use crate::auth_error::AuthError;
use crate::token_verifier::TokenVerifier;

/// Middleware that accepts callers with certain roles only. The role is the claim `role` of the verified access token.
///
/// It wraps a route, a resource, a scope or the whole application: `.wrap(RequireRole::any_of([Role::Owner]))`. Without a
/// valid bearer token the response is 401, with another role 403; the handler is not called.
#[derive(Clone, Debug)]
pub struct RequireRole {
    roles: Arc<[Role]>,
}

impl RequireRole {
    /// Accepts callers with one of `roles`.
    #[must_use]
    pub fn any_of(roles: impl IntoIterator<Item = Role>) -> Self {
        Self { roles: roles.into_iter().collect() }
    }

    async fn check(&self, request: &HttpRequest) -> Result<(), AuthError> {
        let caller = TokenVerifier::of(request)?.caller(request).await?;
        if self.roles.contains(&caller.role) { Ok(()) } else { Err(AuthError::Forbidden) }
    }
}

/// A service that [`RequireRole`] protects.
#[derive(Debug)]
pub struct RequireRoleService<S> {
    rule: RequireRole,
    inner: Rc<S>,
}

impl<S, B> Transform<S, ServiceRequest> for RequireRole
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = RequireRoleService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(RequireRoleService { rule: self.clone(), inner: Rc::new(inner) }))
    }
}

impl<S, B> Service<ServiceRequest> for RequireRoleService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(inner);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (rule, inner) = (self.rule.clone(), Rc::clone(&self.inner));
        Box::pin(async move {
            match rule.check(request.request()).await {
                Ok(()) => Ok(inner.call(request).await?.map_into_left_body()),
                Err(rejection) => Ok(request.into_response(rejection.error_response()).map_into_right_body()),
            }
        })
    }
}

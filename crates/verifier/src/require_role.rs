//! Roles that an address is for.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::{Error, HttpRequest, ResponseError};
use auth_domain::model::Role;
use futures_util::future::LocalBoxFuture;

use crate::{AuthError, TokenVerifier};

/// Lets only callers with one of some roles in, as the `role` claim of the verified access token says.
///
/// It wraps a route, a resource, a scope or the whole application: `.wrap(RequireRole::any_of([Role::Owner]))`. Without a
/// valid bearer the answer is 401, with another role 403; the handler behind it is not called.
#[derive(Clone, Debug)]
pub struct RequireRole {
    roles: Arc<[Role]>,
}

impl RequireRole {
    /// Lets in who has one of `roles`.
    #[must_use]
    pub fn any_of(roles: impl IntoIterator<Item = Role>) -> Self {
        Self { roles: roles.into_iter().collect() }
    }

    async fn check(&self, request: &HttpRequest) -> Result<(), AuthError> {
        let caller = TokenVerifier::of(request)?.caller(request).await?;
        if self.roles.contains(&caller.role) { Ok(()) } else { Err(AuthError::Forbidden) }
    }
}

/// What stands behind [`RequireRole`].
#[derive(Debug)]
pub struct Guarded<S> {
    rule: RequireRole,
    behind: Rc<S>,
}

impl<S, B> Transform<S, ServiceRequest> for RequireRole
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = Guarded<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, behind: S) -> Self::Future {
        ready(Ok(Guarded { rule: self.clone(), behind: Rc::new(behind) }))
    }
}

impl<S, B> Service<ServiceRequest> for Guarded<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(behind);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (rule, behind) = (self.rule.clone(), Rc::clone(&self.behind));
        Box::pin(async move {
            match rule.check(request.request()).await {
                Ok(()) => Ok(behind.call(request).await?.map_into_left_body()),
                Err(rejection) => Ok(request.into_response(rejection.error_response()).map_into_right_body()),
            }
        })
    }
}

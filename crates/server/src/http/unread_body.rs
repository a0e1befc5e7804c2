//! Request bodies that nobody reads to their end.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

/// A chunked request body, shared between the handler and the answer.
///
/// Once the handler drops an unread chunked body, actix reads on to its end, however slowly it
/// arrives. As long as somebody holds it, actix closes the connection after the answer instead, as
/// it does with bodies of a known length. So the answer holds it (S-74).
pub(super) struct UnreadBody(
    #[expect(dead_code, reason = "what counts is that the share is alive")] Rc<RefCell<Payload>>,
);

impl UnreadBody {
    /// Takes a share in the body of `request`; `None` where it is not chunked.
    pub(super) fn share(request: &mut ServiceRequest) -> Option<Self> {
        if !request.chunked().unwrap_or(true) {
            return None;
        }
        let shared = Rc::new(RefCell::new(request.take_payload()));
        let handlers_share = HandlersShare(Rc::clone(&shared));
        request.set_payload(Payload::Stream { payload: Box::pin(handlers_share) });
        Some(Self(shared))
    }

    /// Keeps the share until `body`, the answer's, has been sent.
    pub(super) fn hold_until_sent(self, body: BoxBody) -> BoxBody {
        BoxBody::new(Answer { body, _unread: self })
    }
}

struct HandlersShare(Rc<RefCell<Payload>>);

impl Stream for HandlersShare {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

struct Answer {
    body: BoxBody,
    _unread: UnreadBody,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}

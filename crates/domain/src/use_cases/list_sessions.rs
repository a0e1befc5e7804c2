//! Listing the sessions of a user for an administrator.

use std::sync::Arc;

use crate::model::{RequestTime, SessionSummary, UserId};
use crate::ports::{PortError, SessionStore};

/// Lists the live sessions of a user.
pub struct ListSessions {
    /// The store of sessions.
    pub sessions: Arc<dyn SessionStore>,
}

impl ListSessions {
    /// Returns the live sessions of a user, the most recently used first.
    ///
    /// # Errors
    /// [`PortError`] if the store failed.
    pub async fn run(
        &self,
        user_id: UserId,
        request_time: RequestTime,
    ) -> Result<Vec<SessionSummary>, PortError> {
        self.sessions.list(user_id, request_time).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mocks::MockSessionStore;
    use crate::ports::PortErrorKind;
    use crate::use_cases::fixtures::*;

    async fn list(listed: Result<Vec<SessionSummary>, PortError>) -> Result<Vec<SessionSummary>, PortError> {
        let mut sessions = MockSessionStore::new();
        let is_asked = |id: &UserId, at: &RequestTime| *id == user_id() && *at == request_time();
        sessions.expect_list().withf(is_asked).times(1).return_once(|_, _| listed);
        ListSessions { sessions: Arc::new(sessions) }.run(user_id(), request_time()).await
    }

    #[tokio::test]
    async fn sessions_are_listed_in_the_order_of_the_store() {
        let summary = |token: crate::model::RefreshToken| SessionSummary {
            session_id: token.session().session_id,
            created_at: NOW,
            rotated_at: NOW,
            expires_at: NOW,
        };
        let listed = vec![summary(refresh_tokens().0)];
        assert_eq!(list(Ok(listed.clone())).await.unwrap(), listed);
    }

    #[tokio::test]
    async fn a_list_that_cannot_be_read_is_an_error() {
        let failed = list(Err(port_error(PortErrorKind::Unavailable))).await;
        assert_eq!(failed.unwrap_err().kind(), PortErrorKind::Unavailable);
    }
}

use actix_http::{KeepAlive, ServiceConfig};
use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::connection::connections::Connections;

/// A silent client; the shutdown begins while its socket is read.
struct Closing(Arc<Connections>);

impl tokio::io::AsyncRead for Closing {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.0.drain.closing_since().is_none() {
            self.0.close_idle();
        }
        Poll::Pending
    }
}

impl tokio::io::AsyncWrite for Closing {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<std::io::Result<usize>> {
        Poll::Pending
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Transport for Closing {
    fn abort(&self) {}
}

// S-97
#[tokio::test(start_paused = true)]
async fn a_shutdown_between_the_check_and_the_wait_is_noticed() {
    tokio::task::LocalSet::new()
        .run_until(async {
            let connections = Connections::with_budget(9, 9, 1_000);
            let registration = Registration::admit(&connections, "192.0.2.1".parse().unwrap()).unwrap();
            let config = ServiceConfig::new(KeepAlive::Os, Duration::ZERO, Duration::ZERO, false, None);
            let timeouts = Timeouts::new(Duration::from_secs(75));
            let wire = Shared::new(Closing(connections), Codec::new(config), timeouts, registration);
            let start = now();
            assert!(wire.next_request(start + timeouts.keep_alive).await.is_err());
            assert!(now() - start < Duration::from_millis(400), "{:?}", now() - start);
        })
        .await;
}

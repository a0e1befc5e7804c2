//! The target of new connections, which can be replaced while the process runs.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;

use crate::renewal::Renewal;

/// The address, credentials and certificates with which connections are made at present.
pub struct Current<T> {
    target: ArcSwap<T>,
    renewal: OnceLock<Arc<dyn Renewal>>,
}

impl<T> Current<T> {
    /// Begins with a target.
    #[must_use]
    pub fn new(target: T) -> Self {
        Self { target: ArcSwap::from_pointee(target), renewal: OnceLock::new() }
    }

    /// Sets where other credentials come from if a server rejects the present ones. Only the first call has an effect.
    pub fn renew_from(&self, renewal: Arc<dyn Renewal>) {
        // An error means that it was set before.
        let _ = self.renewal.set(renewal);
    }

    /// Returns the present target.
    #[must_use]
    pub fn get(&self) -> Arc<T> {
        self.target.load_full()
    }

    /// Replaces the target, and returns the former one.
    pub fn replace(&self, target: T) -> Arc<T> {
        self.target.swap(Arc::new(target))
    }

    /// Connects to the present target. If the server rejects it, and there is another target by then or after a renewal,
    /// connects once more.
    ///
    /// # Errors
    /// That of the last attempt.
    pub async fn connect<C, E, F: Future<Output = Result<C, E>>>(
        &self,
        connect: impl Fn(Arc<T>) -> F,
        is_rejection: impl Fn(&E) -> bool,
    ) -> Result<C, E> {
        let target = self.get();
        let error = match connect(Arc::clone(&target)).await {
            Err(error) if is_rejection(&error) => error,
            connected => return connected,
        };
        let is_replaced = || !Arc::ptr_eq(&target, &self.get());
        if let Some(renewal) = self.renewal.get().filter(|_| !is_replaced()) {
            renewal.renew().await;
        }
        if is_replaced() { connect(self.get()).await } else { Err(error) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;

    type Target = String;

    /// Replaces a target, and counts the calls.
    struct Replacing {
        current: Weak<Current<Target>>,
        by: Option<&'static str>,
        calls: AtomicUsize,
    }

    #[async_trait]
    impl Renewal for Replacing {
        async fn renew(&self) {
            self.calls.fetch_add(1, Ordering::Relaxed);
            if let (Some(current), Some(by)) = (self.current.upgrade(), self.by) {
                let _ = current.replace(by.to_owned());
            }
        }
    }

    fn current(by: Option<&'static str>) -> (Arc<Current<Target>>, Arc<Replacing>) {
        let current = Arc::new(Current::new("old".to_owned()));
        let renewal =
            Arc::new(Replacing { current: Arc::downgrade(&current), by, calls: AtomicUsize::new(0) });
        current.renew_from(renewal.clone());
        (current, renewal)
    }

    /// A server that accepts the target `new` only; another error is no rejection.
    async fn connect(target: Arc<Target>) -> Result<&'static str, &'static str> {
        match target.as_str() {
            "new" => Ok("connected"),
            "gone" => Err("unreachable"),
            _ => Err("rejected"),
        }
    }

    fn is_rejection(error: &&'static str) -> bool {
        *error == "rejected"
    }

    // S-98
    #[tokio::test]
    async fn rejected_target_is_renewed_and_used_once_more() {
        let (current, renewal) = current(Some("new"));
        assert_eq!(current.connect(connect, is_rejection).await, Ok("connected"));
        assert_eq!(current.connect(connect, is_rejection).await, Ok("connected"));
        assert_eq!(renewal.calls.load(Ordering::Relaxed), 1);
    }

    // S-98
    #[tokio::test]
    async fn renewal_without_another_target_keeps_the_error() {
        let (current, renewal) = current(None);
        assert_eq!(current.connect(connect, is_rejection).await, Err("rejected"));
        assert_eq!(renewal.calls.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn other_errors_renew_nothing() {
        let (current, renewal) = current(Some("new"));
        let _ = current.replace("gone".to_owned());
        assert_eq!(current.connect(connect, is_rejection).await, Err("unreachable"));
        assert_eq!(renewal.calls.load(Ordering::Relaxed), 0);
    }

    // S-98
    #[tokio::test]
    async fn target_that_was_replaced_meanwhile_needs_no_renewal() {
        let (current, renewal) = current(None);
        let replaced = async |target: Arc<Target>| {
            let _ = current.replace("new".to_owned());
            connect(target).await
        };
        assert_eq!(current.connect(replaced, is_rejection).await, Ok("connected"));
        assert_eq!(renewal.calls.load(Ordering::Relaxed), 0);
    }
}

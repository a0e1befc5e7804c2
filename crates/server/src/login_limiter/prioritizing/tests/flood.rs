//! Floods at several times the capacity, on tokio's paused clock.

use std::sync::atomic::{AtomicU32, Ordering};

use auth_domain::mocks::{MockClock, MockEntropy};
use auth_domain::model::{LimitKey, Origin};
use auth_domain::ports::{random_bytes, start_request};
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::*;

/// The time to verify one password: five a second.
const HASH: Duration = Duration::from_millis(200);
const FLOOD_PER_SECOND: u32 = 25;
const WITHIN: Duration = Duration::from_secs(30);

/// The service: the limiter, and one permit that verifies passwords.
struct Service {
    limiter: PrioritizingLoginLimiter,
    permit: Semaphore,
}

#[expect(clippy::disallowed_methods, reason = "tokio's paused time is the clock of this test")]
fn now() -> Instant {
    Instant::now()
}

fn paused_clock() -> MockClock {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(OffsetDateTime::UNIX_EPOCH);
    clock.expect_instant().returning(|| now().into_std());
    clock
}

/// Randomness that repeats: a linear congruential generator.
fn repeatable_entropy(seed: u32) -> MockEntropy {
    let (mut entropy, state) = (MockEntropy::new(), AtomicU32::new(seed));
    entropy.expect_fill().returning(move |bytes| {
        for byte in bytes {
            let old = state.load(Ordering::Relaxed);
            let new = old.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.store(new, Ordering::Relaxed);
            *byte = new.to_be_bytes()[0];
        }
        Ok(())
    });
    entropy
}

fn service(seed: u32) -> Arc<Service> {
    let mut mock = MockLoginLimiter::new();
    mock.expect_reserve()
        .returning(|attempt, _| Ok(Reservation::Reserved(Ticket { attempt: *attempt, is_known: false })));
    mock.expect_settle().returning(|_, _, _| Ok(()));
    let capacity = Arc::new(|time: Duration| usize::try_from(time.as_millis() / HASH.as_millis()).unwrap());
    let queue = PasswordQueue::new(capacity, Duration::from_secs(2));
    let (clock, entropy) = (Arc::new(paused_clock()), Arc::new(repeatable_entropy(seed)));
    let limiter = PrioritizingLoginLimiter::new(Arc::new(mock), queue, clock, entropy);
    Arc::new(Service { limiter, permit: Semaphore::new(1) })
}

impl Service {
    /// Returns whether the password was verified in time.
    async fn attempt(&self, origin: Option<Origin>, outcome: Settlement) -> bool {
        let email = LimitKey::from_bytes([0; 16]);
        let attempt = LoginAttempt {
            ticket: TicketId::from_bytes(*random_bytes(&SystemEntropy).unwrap()),
            email,
            origin,
        };
        let request_time = start_request(&paused_clock(), Duration::from_secs(2));
        let Ok(Reservation::Reserved(ticket)) = self.limiter.reserve(&attempt, request_time).await else {
            return false;
        };
        let permit = timeout_at(request_time.deadline().into(), self.permit.acquire()).await;
        if permit.is_ok() {
            sleep(HASH).await;
        }
        let settlement = if permit.is_ok() { outcome } else { Settlement::Abandoned };
        self.limiter.settle(&ticket, settlement, request_time).await.unwrap();
        permit.is_ok()
    }

    /// Repeats an attempt as `Retry-After` asks, and returns how long it took to log in.
    async fn log_in(&self, address: Option<Origin>) -> Duration {
        let started = now();
        for wait in [1, 2, 3].into_iter().cycle() {
            if self.attempt(address, Settlement::Succeeded).await || started.elapsed() > 2 * WITHIN {
                break;
            }
            sleep(Duration::from_secs(wait)).await;
        }
        started.elapsed()
    }
}

#[expect(clippy::unnecessary_wraps, reason = "as an attempt has it")]
fn address(number: u32) -> Option<Origin> {
    let address = ClientAddress::new(Ipv4Addr::from_bits(number).into());
    Some(LimitKeys::derive(b"secret").origin(&Email::from_trusted("a@b.c".to_owned()), address, false))
}

/// Runs wrong logins from the addresses of `source`, and returns how long each honest client needs to log in: with a
/// successful login before, from a new address, without an address, and after a mistyped password.
async fn besiege(seed: u32, source: fn(u32) -> u32) -> [Duration; 4] {
    let service = service(seed);
    let [known, new, typing] = [1, 2, 3].map(address);
    assert!(service.attempt(known, Settlement::Succeeded).await);
    assert!(service.attempt(typing, Settlement::Failed).await);
    let flooded = service.clone();
    let flood = tokio::spawn(async move {
        let mut attempts = JoinSet::new();
        for number in 0..u32::MAX {
            let (service, address) = (flooded.clone(), address(1_000 + source(number)));
            attempts.spawn(async move { service.attempt(address, Settlement::Failed).await });
            while attempts.try_join_next().is_some() {}
            sleep(Duration::from_secs(1) / FLOOD_PER_SECOND).await;
        }
    });
    sleep(Duration::from_secs(20)).await;
    let honest = [known, new, None, typing].map(|address| service.log_in(address));
    let took = futures_util::future::join_all(honest).await;
    flood.abort();
    took.try_into().unwrap()
}

async fn honest_clients_log_in(source: fn(u32) -> u32) {
    for seed in 0..10 {
        let took = besiege(seed, source).await;
        assert!(took.iter().all(|took| *took < WITHIN), "{seed}: {took:?}");
    }
}

// S-90
#[tokio::test(start_paused = true)]
async fn honest_clients_log_in_under_a_flood_of_new_addresses() {
    honest_clients_log_in(|number| number).await;
}

// S-90
#[tokio::test(start_paused = true)]
async fn honest_clients_log_in_under_a_flood_of_addresses_that_failed() {
    honest_clients_log_in(|number| number % 100).await;
}

// S-90
#[tokio::test(start_paused = true)]
async fn honest_clients_log_in_under_a_flood_of_both_kinds() {
    honest_clients_log_in(|number| if number.is_multiple_of(2) { number } else { number % 100 }).await;
}

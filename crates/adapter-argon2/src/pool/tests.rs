use std::sync::mpsc;

use auth_domain::ports::{PortErrorKind, start_request};
use auth_testkit::{StandingClock, TestClock};
use tokio::task::JoinHandle;

use super::*;
use crate::algorithms::{BcryptCost, ScryptCost};
use crate::cost::Cost;
use crate::kernel::Kernel;

mod figures;
mod memory_bound;

const HOUR: Duration = Duration::from_hours(1);
/// A job of 1,000 block compressions.
const COST: HashCost = HashCost::Argon2(Cost { memory_kib: 1_000, iterations: 1, parallelism: 1 });

fn pool(permits: usize, estimate: Duration) -> Arc<Pool> {
    with_clock(permits, estimate, TestClock::new())
}

/// The estimate of the start is three times the time of the small hash.
fn with_clock(permits: usize, estimate: Duration, clock: Arc<dyn Clock>) -> Arc<Pool> {
    let checked = Checked::unchecked(Kernel::PORTABLE, estimate, 3 * COST.work());
    Arc::new(Pool::new(&checked, &[], permits, WorkTarget::of(COST), clock))
}

fn within(limit: Duration) -> RequestTime {
    start_request(TestClock::new().as_ref(), limit)
}

async fn run<T: Send + 'static>(
    pool: &Pool,
    limit: Duration,
    job: impl FnOnce(&mut Memory) -> T + Send + 'static,
) -> Result<T, PortError> {
    pool.run(pool.admit(within(limit))?, |memory| Ok(job(memory))).await
}

/// Holds a permit until the returned sender is dropped.
async fn hold_permit(pool: &Arc<Pool>) -> (mpsc::Sender<()>, JoinHandle<Result<(), PortError>>) {
    let (release, released) = mpsc::channel();
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let pool = Arc::clone(pool);
    let task = tokio::spawn(async move {
        let job = move |_: &mut Memory| {
            begun.send(()).unwrap();
            released.recv().unwrap_or_default();
        };
        run(&pool, HOUR, job).await
    });
    has_begun.await.unwrap();
    (release, task)
}

async fn kind_of_rejection(pool: &Pool, limit: Duration) -> Option<PortErrorKind> {
    run(pool, limit, |_| ()).await.err().map(|error| error.kind())
}

fn all_is_idle(pool: &Pool, permits: usize) -> bool {
    pool.threads.available() == permits && pool.threads.idle().len() <= permits && pool.queue.len() == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_past_its_deadline_is_rejected_despite_free_permits() {
    let pool = pool(1, Duration::ZERO);
    assert_eq!(kind_of_rejection(&pool, Duration::ZERO).await, Some(PortErrorKind::Overloaded));
    assert_eq!(kind_of_rejection(&pool, HOUR).await, None);
}

#[tokio::test]
async fn the_capacity_is_the_number_of_hashes_completed_in_a_time() {
    let wait = Duration::from_secs(2);
    assert_eq!(pool(2, Duration::from_millis(100)).capacity(wait), 40);
    assert_eq!(pool(1, Duration::from_millis(800)).capacity(wait), 2);
    assert_eq!(pool(1, HOUR).capacity(wait), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_cannot_begin_in_time_is_rejected_on_arrival() {
    let pool = pool(1, HOUR);
    let (_release, _task) = hold_permit(&pool).await;
    let before = TestClock::new().instant();
    assert_eq!(kind_of_rejection(&pool, HOUR / 2).await, Some(PortErrorKind::Overloaded));
    assert!(TestClock::new().instant() - before < Duration::from_secs(10), "the rejection waited");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_still_waiting_at_its_deadline_is_rejected() {
    let pool = pool(1, Duration::ZERO);
    let (release, task) = hold_permit(&pool).await;
    assert_eq!(kind_of_rejection(&pool, Duration::from_millis(50)).await, Some(PortErrorKind::Overloaded));
    drop(release);
    task.await.unwrap().unwrap();
    assert!(all_is_idle(&pool, 1));
}

// S-11
#[tokio::test(flavor = "multi_thread")]
async fn a_job_keeps_its_permit_when_the_caller_hangs_up() {
    let pool = pool(1, Duration::ZERO);
    let (release, task) = hold_permit(&pool).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(kind_of_rejection(&pool, Duration::from_millis(50)).await, Some(PortErrorKind::Overloaded));
    drop(release);
    assert_eq!(kind_of_rejection(&pool, HOUR).await, None);
    assert!(all_is_idle(&pool, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_caller_that_hangs_up_gives_its_place_back() {
    let pool = pool(1, Duration::from_secs(1));
    let (release, task) = hold_permit(&pool).await;
    for _ in 0..100 {
        let waiting = run(&pool, Duration::from_secs(10), |_| ());
        assert!(tokio::time::timeout(Duration::from_millis(1), waiting).await.is_err());
    }
    drop(release);
    task.await.unwrap().unwrap();
    assert!(all_is_idle(&pool, 1));
}

// S-77
#[tokio::test(flavor = "multi_thread")]
async fn a_panic_returns_the_permit_and_is_reported_as_corrupt() {
    let pool = pool(2, Duration::ZERO);
    for _ in 0..4 {
        let lost = run::<()>(&pool, HOUR, |_| panic!("a defect")).await;
        assert_eq!(lost.unwrap_err().kind(), PortErrorKind::Corrupt);
    }
    assert!(all_is_idle(&pool, 2));
}

#[tokio::test]
async fn the_queue_is_first_in_first_out() {
    let pool = pool(1, Duration::ZERO);
    let (release, _task) = hold_permit(&pool).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let mut waiting = Vec::new();
    for number in 0..20 {
        let (queued, order) = (Arc::clone(&pool), Arc::clone(&order));
        waiting.push(tokio::spawn(async move {
            run(&queued, HOUR, move |_| order.lock().unwrap().push(number)).await
        }));
        while pool.queue.len() <= number {
            tokio::task::yield_now().await;
        }
    }
    drop(release);
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_expected_time_follows_recent_jobs() {
    let pool = pool(1, HOUR);
    pool.record(Duration::from_secs(8), COST);
    assert_eq!(
        pool.expected_wait(3),
        Duration::from_secs(24),
        "the first job replaces the estimate of the start"
    );
    pool.record(Duration::from_secs(16), COST);
    assert_eq!(pool.expected_wait(3), Duration::from_secs(27));
}

/// The next login may need the work of the most expensive hash, even if the last hashes were cheap.
// S-09
#[tokio::test]
async fn the_expected_wait_is_that_of_the_most_expensive_job() {
    let pool = pool(1, Duration::from_secs(8));
    let cheap = HashCost::Argon2(Cost { memory_kib: 124, iterations: 1, parallelism: 1 });
    for _ in 0..100 {
        pool.record(Duration::from_millis(992), cheap);
    }
    assert_eq!(pool.expected_wait(1), Duration::from_secs(8));
    let expensive = HashCost::Argon2(Cost { memory_kib: 3_000, iterations: 1, parallelism: 1 });
    pool.update_target(|target| target.including(expensive));
    assert_eq!(pool.expected_wait(1), Duration::from_secs(24));
}

// S-09
#[tokio::test(flavor = "multi_thread")]
async fn an_admission_counts_until_it_is_dropped() {
    let pool = pool(2, Duration::from_secs(1));
    let admit = || pool.admit(within(Duration::from_millis(10_400)));
    // Two begin at once, and twenty wait. The last one waits for ten rounds of two jobs, each of one second.
    let admissions: Vec<_> = (0..22).map(|_| admit().unwrap()).collect();
    assert_eq!(admit().unwrap_err().kind(), PortErrorKind::Overloaded);
    drop(admissions);
    assert!(all_is_idle(&pool, 2));
    assert!(admit().is_ok());
}

// S-11
#[tokio::test]
async fn threads_and_memory_are_given_back_after_a_quiet_minute() {
    let clock = StandingClock::new();
    let pool = with_clock(2, Duration::ZERO, clock.clone());
    let threads = || pool.threads.idle().len();
    assert_eq!(threads(), 0, "nothing is allocated before the first hash");
    let thread_of_job = || async {
        let admission = pool.admit(start_request(&*clock, HOUR)).unwrap();
        pool.run(admission, |_| Ok(std::thread::current().id())).await.unwrap()
    };
    let first = thread_of_job().await;
    clock.advance(Duration::from_secs(59)).await;
    assert_eq!(thread_of_job().await, first, "the thread and its memory are reused");
    clock.advance(Duration::from_secs(59)).await;
    assert_eq!(threads(), 1, "a hash has interrupted the quiet time");
    clock.advance(Duration::from_secs(1)).await;
    assert_eq!(threads(), 0);
    assert_ne!(thread_of_job().await, first);
    clock.advance(Duration::from_mins(1)).await;
    assert_eq!(threads(), 0, "the next quiet time counts, too");
}

/// The quiet time begins after the last job has ended.
#[tokio::test]
async fn a_long_job_interrupts_the_quiet_time() {
    let clock = StandingClock::new();
    let pool = with_clock(1, Duration::ZERO, clock.clone());
    let (release, task) = hold_permit(&pool).await;
    clock.advance(Duration::from_mins(2)).await;
    drop(release);
    task.await.unwrap().unwrap();
    assert_eq!(pool.threads.idle().len(), 1);
    clock.advance(Duration::from_mins(1)).await;
    assert_eq!(pool.threads.idle().len(), 0);
}

/// A rejected login does the work of each algorithm in use.
// S-09
#[tokio::test]
async fn the_expected_wait_is_the_sum_over_all_algorithms() {
    let pool = pool(1, Duration::from_secs(8));
    let bcrypt = |cost| HashCost::Bcrypt(BcryptCost::new(cost).unwrap());
    pool.record(Duration::from_secs(1), bcrypt(10));
    assert_eq!(pool.expected_wait(1), Duration::from_secs(8));
    pool.update_target(|target| target.including(bcrypt(12)));
    assert_eq!(pool.expected_wait(1), Duration::from_secs(8 + 4));
}

/// With a low estimate, callers of a long queue would wait until their deadline, and be rejected then.
#[test]
fn other_formats_have_a_high_estimate_until_the_first_job() {
    let scrypt = |log_n| HashCost::Scrypt(ScryptCost::new(log_n, 8, 1).unwrap());
    let checked = Checked::unchecked(Kernel::PORTABLE, Duration::ZERO, 1);
    let small = Duration::from_micros(scrypt(10).work());
    let target = WorkTarget::of(scrypt(18));
    let pool = Pool::new(&checked, &[(scrypt(10), small)], 1, target, TestClock::new());
    assert_eq!(pool.expected_time(target), small * 256 * 3);
    pool.record(small * 100, scrypt(18));
    assert!(pool.expected_time(target).abs_diff(small * 100) < Duration::from_millis(1));
}

/// A lower priority is a higher nice value. Refreshes and verifications run at that of the process.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn hash_threads_have_a_lower_priority_than_the_process() {
    let nice = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
    let pool = pool(1, Duration::ZERO);
    let of_hashes = run(&pool, HOUR, move |_| nice()).await.unwrap();
    assert_eq!(of_hashes, (nice() + priority::NICER).min(19));
}

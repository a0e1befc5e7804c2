use std::sync::Mutex;

use auth_domain::model::HashFormat;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_run_wait_or_are_rejected_are_counted() {
    let pool = pool(1, Duration::ZERO);
    assert_eq!((pool.running(), pool.queued(), pool.rejected()), (0, 0, 0));
    let (release, task) = hold_permit(&pool).await;
    let waiting = pool.admit(within(HOUR)).unwrap();
    assert_eq!((pool.running(), pool.queued(), pool.rejected()), (1, 1, 0));
    drop(waiting);
    assert!(kind_of_rejection(&pool, Duration::from_millis(50)).await.is_some());
    assert!(kind_of_rejection(&pool, Duration::ZERO).await.is_some());
    assert_eq!((pool.running(), pool.queued(), pool.rejected()), (1, 0, 2));
    drop(release);
    task.await.unwrap().unwrap();
    assert_eq!((pool.running(), pool.queued(), pool.rejected()), (0, 0, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_observer_gets_one_time_for_each_algorithm_of_a_job() {
    let pool = pool(1, Duration::ZERO);
    let observed = Arc::new(Mutex::new(Vec::new()));
    let formats = Arc::clone(&observed);
    pool.observe(Box::new(move |format, _time| lock(&formats).push(format)));
    let scrypt = HashCost::Scrypt(ScryptCost::new(1, 8, 1).unwrap());
    let job = move |memory: &mut Memory| {
        for cost in [COST, COST, scrypt] {
            memory.hash(cost, b"password", &[0; 16], 32).unwrap();
        }
    };
    run(&pool, HOUR, job).await.unwrap();
    assert_eq!(*lock(&observed), [HashFormat::Argon2id, HashFormat::Scrypt]);
}

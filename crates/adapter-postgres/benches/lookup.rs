//! Lookups per second, compared with `pgbench` on the same server.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark prints, and fails by panicking")]

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use auth_adapter_postgres::{Pooler, PostgresConfig, PostgresDatabase, PostgresUserRepository};
use auth_domain::model::UserId;
use auth_domain::ports::{Clock, UserRepository};
use auth_testkit::servers::{Database, PostgresServer, postgres_program};
use auth_testkit::{START, TestClock, request_time_at};

const USERS: usize = 100_000;
const ROUNDS: usize = 3;
const SECONDS: u32 = 3;
const CALLERS: [usize; 3] = [1, 16, 64];
const CLIENTS: [usize; 3] = [1, 8, 16];
/// The number of `pgbench` clients that the ratios refer to.
const REFERENCE: usize = 8;

fn main() {
    // `cargo test --all-targets` runs this program without `--bench`.
    if std::env::args().any(|argument| argument == "--bench") {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(measure());
    }
}

async fn measure() {
    let server = PostgresServer::start();
    let (own, pgbench_database) = (server.database(), server.database());
    let users = Arc::new(repository(&own).await);
    let ids = Arc::new(fill(&own, &users).await);
    pgbench(&server, &pgbench_database, &["--initialize", "--quiet", "--scale=1"]);
    lookups(&users, &ids, 64, Duration::from_secs(1)).await;

    let (mut adapter_rates, mut pgbench_rates) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for clients in CLIENTS {
            pgbench_rates.push((clients, selects(&server, &pgbench_database, clients)));
        }
        for callers in CALLERS {
            adapter_rates
                .push((callers, lookups(&users, &ids, callers, Duration::from_secs(SECONDS.into())).await));
        }
    }
    let reference = best(&pgbench_rates, REFERENCE);
    println!("{:<9}{:>8}{:>11}{:>8}", "", "callers", "lookups/s", "ratio");
    for (name, rates, counts) in [("pgbench", &pgbench_rates, CLIENTS), ("adapter", &adapter_rates, CALLERS)]
    {
        for count in counts {
            let rate = best(rates, count);
            println!("{name:<9}{count:>8}{rate:>11.0}{:>8.2}", rate / reference);
        }
    }
    println!(
        "\nBest of {ROUNDS} runs of {SECONDS} s each, taken in turn; ratio to `pgbench -S -M prepared -c {REFERENCE}`."
    );
}

async fn repository(database: &Database<'_>) -> PostgresUserRepository {
    let config = PostgresConfig {
        url: database.url(),
        ca_file: None,
        client_cert_file: None,
        client_key_file: None,
        allow_plain_text: false,
        pool: PostgresConfig::DEFAULT_POOL,
        pooler: Pooler::None,
    };
    let database = PostgresDatabase::new(config, TestClock::new()).unwrap();
    database.migrate(request_time_at(START)).await.unwrap();
    PostgresUserRepository::new(&database)
}

async fn fill(database: &Database<'_>, users: &PostgresUserRepository) -> Vec<UserId> {
    let _ = database.sql(&format!(
        "INSERT INTO tenants VALUES ('00000000-0000-4000-8000-000000000000', 'default');
         INSERT INTO users (id, tenant_id, email, password_hash)
             SELECT md5(n::text)::uuid, '00000000-0000-4000-8000-000000000000', 'user' || n || '@example.com',
                 '$argon2id$v=19$m=19456,t=2,p=1$' || left(md5(n::text), 22) || '$'
                     || left(repeat(md5(n::text), 2), 43)
             FROM generate_series(1, {USERS}) AS n"
    ));
    let _ = database.sql("VACUUM ANALYZE users");
    let page = users.page(None, u32::MAX, request_time_at(START)).await.unwrap();
    let ids: Vec<_> = page.users.iter().map(|user| user.id).collect();
    assert_eq!(ids.len(), USERS);
    ids
}

/// Returns the lookups per second of `callers` tasks.
async fn lookups(
    users: &Arc<PostgresUserRepository>,
    ids: &Arc<Vec<UserId>>,
    callers: usize,
    duration: Duration,
) -> f64 {
    let begun = now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| tokio::spawn(look_up(Arc::clone(users), Arc::clone(ids), caller, begun + duration)))
        .collect();
    let mut count = 0;
    for task in tasks {
        count += task.await.unwrap();
    }
    f64::from(count) / begun.elapsed().as_secs_f64()
}

async fn look_up(
    users: Arc<PostgresUserRepository>,
    ids: Arc<Vec<UserId>>,
    caller: usize,
    end: Instant,
) -> u32 {
    let mut count = 0;
    // Each caller begins at another user and skips users, so that no two callers read the same pages.
    let mut places = ids.iter().cycle().skip(caller * 1_237).step_by(7_919);
    while now() < end {
        let user = users.find_by_id(*places.next().unwrap(), request_time_at(START)).await.unwrap();
        assert!(user.is_some());
        count += 1;
    }
    count
}

fn selects(server: &PostgresServer, database: &Database<'_>, clients: usize) -> f64 {
    let output = pgbench(
        server,
        database,
        &[
            "--select-only",
            "--protocol=prepared",
            &format!("--client={clients}"),
            &format!("--time={SECONDS}"),
        ],
    );
    let rate = output.lines().find_map(|line| line.strip_prefix("tps = ")).unwrap();
    rate.split_whitespace().next().unwrap().parse().unwrap()
}

fn pgbench(server: &PostgresServer, database: &Database<'_>, arguments: &[&str]) -> String {
    let mut pgbench = Command::new(postgres_program("pgbench"));
    pgbench.args(["--host=127.0.0.1", "--username=hooksentry"]).arg(format!("--port={}", server.port()));
    let output = pgbench.args(arguments).arg(database.name()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn best(rates: &[(usize, f64)], count: usize) -> f64 {
    rates.iter().filter(|(counted, _)| *counted == count).map(|(_, rate)| *rate).fold(0.0, f64::max)
}

fn now() -> Instant {
    TestClock::new().instant()
}

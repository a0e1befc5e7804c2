//! What a pooler between the service and Postgres rejects or drops. Tests with `PgBouncer` itself are in `tests/interop/poolers.rs`.

use auth_e2e::{Installation, Stores};

/// The timeouts of statements do not need the startup parameter `options`, which poolers reject or ignore.
// S-95
#[tokio::test]
async fn limits_are_set_after_connecting_and_checked() {
    let installation = Installation::on(Stores::servers());
    let database = installation.servers().database().name().to_owned();
    installation.sql(&format!("ALTER DATABASE {database} SET statement_timeout = '7s'"));
    let url = installation.setting("POSTGRES__URL").to_owned();
    for options in ["", "?options=-c%20search_path%3Dpublic"] {
        let installation = installation.another_instance().set("POSTGRES__URL", &format!("{url}{options}"));
        let report = installation.cli(&["doctor"], "").await.expect_success();
        assert!(report.contains("cancels statements after 2000 ms"), "{options}: {report}");
    }
}

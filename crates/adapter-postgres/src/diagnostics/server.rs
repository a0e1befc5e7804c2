//! The server itself.

use auth_domain::model::RequestTime;
use auth_domain::ports::Check;
use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::address::Transport;
use crate::database::PostgresDatabase;
use crate::error::StoreError;
use crate::limits::CLOCKS_APART;
use crate::server_clock::{Reading, now};

const QUESTION: &str = "
    SELECT current_setting('server_version') AS version,
           current_setting('transaction_read_only')::boolean AS is_read_only,
           (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls";

pub(super) async fn diagnose(
    database: &PostgresDatabase,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let lease = database.lease(request_time).await?;
    let mut connection: &AsyncPgConnection = &lease;
    let server: Server = lease.run(sql_query(QUESTION).get_result(&mut connection)).await?;
    let reading = Reading::take(database.clock(), lease.run(now(&lease))).await?;
    Ok(vec![
        Check::ok(format!("PostgreSQL {} answers", server.version)),
        writing(&server),
        clocks(reading, request_time),
        transport(database.transport(), server.tls.as_deref()),
    ])
}

fn writing(server: &Server) -> Check {
    if server.is_read_only {
        return Check::error("the database is read-only; name one that can be written to in POSTGRES__URL");
    }
    Check::ok("the database can be written to")
}

fn clocks(reading: Reading, request_time: RequestTime) -> Check {
    let apart = reading.apart(request_time);
    let seconds = apart.as_seconds_f64();
    let text = format!("the clock of the database server and ours are {seconds:.1} s apart");
    if apart > CLOCKS_APART { Check::error(format!("{text}; let NTP set both")) } else { Check::ok(text) }
}

fn transport(transport: Transport, tls: Option<&str>) -> Check {
    match transport {
        Transport::Tls => Check::ok(format!("the connection is protected by {}", tls.unwrap_or("TLS"))),
        Transport::Local => Check::ok("the connection is in plain text and stays on this machine"),
        Transport::Exposed => Check::warning(
            "the connection is in plain text; switch POSTGRES__ALLOW_PLAIN_TEXT off and TLS on the server on",
        ),
    }
}

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    version: String,
    #[diesel(sql_type = Bool)]
    is_read_only: bool,
    #[diesel(sql_type = Nullable<Text>)]
    tls: Option<String>,
}

//! The server itself.

use auth_domain::model::Timing;
use auth_domain::ports::Finding;
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

pub(super) async fn examine(database: &PostgresDatabase, timing: Timing) -> Result<Vec<Finding>, StoreError> {
    let lease = database.lease(timing).await?;
    let mut connection: &AsyncPgConnection = &lease;
    let server: Server = lease.run(sql_query(QUESTION).get_result(&mut connection)).await?;
    let reading = Reading::take(database.clock(), lease.run(now(&lease))).await?;
    Ok(vec![
        Finding::good(format!("PostgreSQL {} answers", server.version)),
        writing(&server),
        clocks(reading, timing),
        transport(database.transport(), server.tls.as_deref()),
    ])
}

fn writing(server: &Server) -> Finding {
    if server.is_read_only {
        return Finding::fault("the database is read-only; name one that can be written to in POSTGRES__URL");
    }
    Finding::good("the database can be written to")
}

fn clocks(reading: Reading, timing: Timing) -> Finding {
    let apart = reading.apart(timing);
    let seconds = apart.as_seconds_f64();
    let text = format!("the clock of the database server and ours are {seconds:.1} s apart");
    if apart > CLOCKS_APART {
        Finding::fault(format!("{text}; let NTP set both"))
    } else {
        Finding::good(text)
    }
}

fn transport(transport: Transport, tls: Option<&str>) -> Finding {
    match transport {
        Transport::Tls => Finding::good(format!("the connection is protected by {}", tls.unwrap_or("TLS"))),
        Transport::Local => Finding::good("the connection is in plain text and stays on this machine"),
        Transport::Exposed => Finding::warning(
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

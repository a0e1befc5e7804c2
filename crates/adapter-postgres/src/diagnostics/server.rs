//! Diagnostics of the server.

use auth_domain::model::RequestTime;
use auth_domain::observation::Operation;
use auth_domain::ports::Check;
use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{Bool, Integer, Nullable, Text};
use diesel_async::RunQueryDsl;

use crate::clock::{ClockSample, server_time};
use crate::config::Transport;
use crate::connection::{Connections, OpenConnection};
use crate::error::StoreError;
use crate::readiness::READ_ONLY;

const SELECT: &str = "
    SELECT current_setting('server_version') AS version,
           current_setting('transaction_read_only')::boolean AS is_read_only,
           (SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid() AND ssl) AS tls,
           least(current_setting('max_connections')::integer
                     - current_setting('superuser_reserved_connections')::integer
                     - coalesce(current_setting('reserved_connections', true)::integer, 0),
                 (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
                 (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
           ) AS max_connections";

pub(super) async fn diagnose(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let pooled = connections.pooled(request_time).await?;
    let mut connection: &OpenConnection = &pooled;
    let server: Server = pooled.run(Operation::Check, sql_query(SELECT).get_result(&mut connection)).await?;
    let sample =
        ClockSample::take(&*connections.clock, pooled.run(Operation::Check, server_time(&pooled))).await?;
    Ok(vec![
        Check::ok(format!("PostgreSQL {} answers", server.version)),
        writable(&server),
        sample.check(request_time).map_or_else(Check::error, Check::ok),
        transport(connections.transport(), server.tls.as_deref()),
        limit(connections.max(), server.max_connections),
    ])
}

/// Compares the connections that the service opens with those that the server accepts.
fn limit(opened: usize, accepted: i32) -> Check {
    let is_enough = usize::try_from(accepted).is_ok_and(|accepted| opened <= accepted);
    if is_enough {
        return Check::ok(format!(
            "an instance opens at most {opened} connections; the server accepts {accepted}"
        ));
    }
    Check::warning(format!(
        "an instance opens up to {opened} connections, but the server accepts {accepted}, so requests may have to wait; raise \
         max_connections or the CONNECTION LIMIT of the role or the database, or lower POSTGRES__POOL"
    ))
}

fn writable(server: &Server) -> Check {
    if server.is_read_only { Check::error(READ_ONLY) } else { Check::ok("the database can be written to") }
}

fn transport(transport: Transport, tls: Option<&str>) -> Check {
    match transport {
        Transport::Tls => Check::ok(format!("the connection is encrypted with {}", tls.unwrap_or("TLS"))),
        Transport::TlsWithAnyName => Check::warning(
            "the connection is encrypted, but each certificate of a public authority is accepted (sslmode=verify-ca); write \
             sslmode=verify-full into POSTGRES__URL, or set POSTGRES__CA_FILE",
        ),
        Transport::Local => Check::ok("the connection is unencrypted and stays on this machine"),
        Transport::PlainText => Check::warning(
            "the connection to another machine is unencrypted; enable TLS on the server (ssl = on) and set \
             POSTGRES__ALLOW_PLAIN_TEXT to false",
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
    #[diesel(sql_type = Integer)]
    max_connections: i32,
}

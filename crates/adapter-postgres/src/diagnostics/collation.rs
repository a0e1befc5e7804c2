//! The collation that the indexes on text were built with.

use auth_domain::model::RequestTime;
use auth_domain::observation::Operation;
use auth_domain::ports::Check;
use diesel::deserialize::QueryableByName;
use diesel::sql_query;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel_async::RunQueryDsl;

use crate::connection::{Connections, OpenConnection};
use crate::error::StoreError;

/// PostgreSQL records the version of a database's collation since version 15.
const RECORDS: &str = "SELECT current_setting('server_version_num')::integer >= 150000 AS records";

const OF_DATABASE: &str = "
    SELECT quote_ident(datname) AS name, datcollversion AS recorded, pg_database_collation_actual_version(oid) AS provided
    FROM pg_database WHERE datname = current_database()";

/// The collation of the emails, unless it is that of the database. Every release of PostgreSQL records its version.
const OF_EMAILS: &str = "
    SELECT format('%I.%I', nspname, collname) AS name, collversion AS recorded,
           pg_collation_actual_version(of_emails.oid) AS provided
    FROM pg_attribute
    JOIN pg_collation AS of_emails ON of_emails.oid = attcollation
    JOIN pg_namespace AS schema ON schema.oid = collnamespace
    WHERE attrelid = to_regclass('users') AND attname = 'email' AND collprovider <> 'd'";

/// Warns if the operating system of the server sorts text in another way than when the indexes were built: a lookup by email may not
/// find a user who exists, which clients get as a wrong password.
///
/// It is no error, which would stop the service after each upgrade of the operating system, although most databases have ASCII emails only.
pub(super) async fn diagnose(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<Check>, StoreError> {
    let pooled = connections.pooled(request_time).await?;
    let mut connection: &OpenConnection = &pooled;
    let Server { records } =
        pooled.run(Operation::Check, sql_query(RECORDS).get_result(&mut connection)).await?;
    let mut checks = Vec::new();
    if records {
        let versions: Vec<Versions> =
            pooled.run(Operation::Check, sql_query(OF_DATABASE).load(&mut connection)).await?;
        checks.extend(versions.iter().filter_map(of_database));
    }
    let versions: Vec<Versions> =
        pooled.run(Operation::Check, sql_query(OF_EMAILS).load(&mut connection)).await?;
    checks.extend(versions.iter().filter_map(of_emails));
    Ok(checks)
}

fn of_database(versions: &Versions) -> Option<Check> {
    let (name, remedy) = (&versions.name, "REFRESH COLLATION VERSION");
    let built = format!("the indexes of {name} were built with version");
    versions.warning(&built, &format!("`REINDEX DATABASE {name}`, then `ALTER DATABASE {name} {remedy}`"))
}

fn of_emails(versions: &Versions) -> Option<Check> {
    let name = &versions.name;
    let built = format!("the index of the emails uses the collation {name} and was built with version");
    versions.warning(&built, &format!("`REINDEX TABLE users`, then `ALTER COLLATION {name} REFRESH VERSION`"))
}

impl Versions {
    /// Returns a warning if the server provides another version than the recorded one.
    fn warning(&self, built: &str, remedy: &str) -> Option<Check> {
        let recorded = self.recorded.as_ref().filter(|_| self.recorded != self.provided)?;
        let provided = self.provided.as_deref().unwrap_or("none");
        Some(Check::warning(format!(
            "{built} {recorded} of the collation, and the server provides {provided}: a user who exists may not be found, and gets a \
             401; run {remedy}"
        )))
    }
}

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Bool)]
    records: bool,
}

#[derive(QueryableByName)]
struct Versions {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Nullable<Text>)]
    recorded: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    provided: Option<String>,
}

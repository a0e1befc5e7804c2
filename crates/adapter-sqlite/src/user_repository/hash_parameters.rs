//! The parameters of stored hashes.

use auth_domain::model::{HashParameters, HashParametersInUse};
use diesel::deserialize::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel::{RunQueryDsl, SqliteConnection, sql_query};

use crate::error::StoreError;

/// The first 15 characters name algorithm and version; the parameters end at the next `$`, within 64 characters.
/// Neither salt nor hash is read.
const QUERY: &str =
    "SELECT substr(password_hash, 1, 14 + instr(substr(password_hash, 16, 50), '$')) AS parameters,
                            count(*) AS users
                     FROM users
                     WHERE substr(password_hash, 1, 15) = '$argon2id$v=19$'
                         AND instr(substr(password_hash, 16, 50), '$') > 0
                     GROUP BY 1 LIMIT 1000";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    parameters: String,
    #[diesel(sql_type = BigInt)]
    users: i64,
}

/// The parameters in all rows.
pub(super) fn read(connection: &mut SqliteConnection) -> Result<Vec<HashParametersInUse>, StoreError> {
    let rows: Vec<Row> = sql_query(QUERY).load(connection)?;
    Ok(rows.into_iter().filter_map(Row::into_parameters).collect())
}

impl Row {
    fn into_parameters(self) -> Option<HashParametersInUse> {
        let parameters = HashParameters::parse(&self.parameters)?;
        Some(HashParametersInUse { parameters, users: u64::try_from(self.users).unwrap_or(0) })
    }
}

//! The parameters of stored hashes.

use auth_domain::model::{HashParameters, HashParametersInUse};
use diesel::deserialize::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel::{RunQueryDsl, SqliteConnection, sql_query};

use crate::error::StoreError;

/// The first 15 characters name the algorithm (8 of scrypt); the parameters end at the next `$`, within 64 characters. Those of
/// bcrypt have six characters. Neither salt nor hash is read. A text without them never verifies, so it does not count: each has as
/// many `$` as its format, and enough characters between them.
const QUERY: &str =
    "SELECT CASE WHEN password_hash GLOB '$2[abxy]$[0-9][0-9]$*' THEN substr(password_hash, 1, 6)
                 WHEN password_hash GLOB '$scrypt$*'
                     THEN substr(password_hash, 1, 7 + instr(substr(password_hash, 9, 57), '$'))
                 ELSE substr(password_hash, 1, 14 + instr(substr(password_hash, 16, 50), '$')) END AS parameters,
            count(*) AS users
     FROM (SELECT password_hash, replace(password_hash, '$argon2id$v=19$', '$argon2id$') AS fields
           FROM users
           WHERE password_hash NOT GLOB '*[^-$=,+./A-Za-z0-9]*')
     WHERE (password_hash GLOB '$2[abxy]$[0-9][0-9]$*' AND length(password_hash) = 60
             AND length(replace(fields, '$', '')) = 57)
         OR (fields GLOB '$*$*$???????????*$??????????????????????*'
             AND length(fields) - length(replace(fields, '$', '')) = 4
             AND ((password_hash GLOB '$scrypt$*' AND instr(substr(password_hash, 9, 57), '$') > 0)
                 OR (substr(password_hash, 1, 15) IN ('$argon2id$v=19$', '$pbkdf2-sha256$', '$pbkdf2-sha512$')
                     AND instr(substr(password_hash, 16, 50), '$') > 0)))
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

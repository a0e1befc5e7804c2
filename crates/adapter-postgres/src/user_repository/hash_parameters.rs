//! The parameters of the stored hashes.

use auth_domain::model::{HashParameters, HashParametersInUse, RequestTime};
use tokio_postgres::{Error, Row};

use crate::connection::Connections;
use crate::error::StoreError;

/// Salt and hash do not leave the server. The parameters are cut after one character more than the longest accepted
/// text, so that a longer text is still rejected. A text without salt and hash never verifies, so it does not count. There is a row also without hashes: it shows whether the server is a standby, which
/// may not have the newest ones.
const SELECT: &str = "SELECT pg_is_in_recovery(), parameters, users
                     FROM (SELECT) AS one LEFT JOIN (
                         SELECT CASE WHEN password_hash ~ '^\\$2[abxy]\\$' THEN left(password_hash, 6)
                                     WHEN password_hash LIKE '$argon2id$%'
                                         THEN '$argon2id$v=19$' || split_part(left(password_hash, 65), '$', 4)
                                     ELSE '$' || split_part(password_hash, '$', 2) || '$'
                                         || split_part(left(password_hash, 65), '$', 3) END AS parameters,
                                count(*) AS users
                         FROM users
                         WHERE password_hash ~ '^\\$2[abxy]\\$[0-9][0-9]\\$[./A-Za-z0-9]{53}$'
                             OR password_hash ~ ('^\\$(argon2id\\$v=19|scrypt|pbkdf2-sha(256|512))\\$[^$]+'
                                 || '\\$[+./A-Za-z0-9]{11,86}\\$[+./A-Za-z0-9]{22,86}$')
                         GROUP BY 1 LIMIT 1000
                     ) AS in_use ON true";

/// Reads every row. This may take longer than the timeout of other statements, so its transaction has a timeout of its own.
pub(super) async fn read(
    connections: &Connections,
    request_time: RequestTime,
) -> Result<Vec<HashParametersInUse>, StoreError> {
    let connection = connections.exclusive(request_time).await?;
    let deadline = request_time.deadline();
    let timeout = deadline.saturating_duration_since(connections.clock.instant());
    let rows = connection.run(deadline, connection.query_with_timeout(timeout, SELECT)).await?;
    let unreadable = |_| StoreError::UnreadableValue;
    let mut all = Vec::new();
    for row in rows {
        if row.try_get(0).map_err(unreadable)? {
            return Err(StoreError::Demoted);
        }
        all.extend(parameters(&row).map_err(unreadable)?);
    }
    Ok(all)
}

fn parameters(row: &Row) -> Result<Option<HashParametersInUse>, Error> {
    let (Some(text), Some(users)) = (row.try_get::<_, Option<String>>(1)?, row.try_get::<_, Option<i64>>(2)?)
    else {
        return Ok(None);
    };
    let users = u64::try_from(users).unwrap_or(0);
    Ok(HashParameters::parse(&text).map(|parameters| HashParametersInUse { parameters, users }))
}

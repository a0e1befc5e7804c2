//! Inserting users: one statement for all users of a call.

use auth_domain::model::{NewUser, PasswordHash};
use auth_domain::ports::Insertion;
use diesel::deserialize::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;
use time::OffsetDateTime;

use super::write::{Write, statement};
use crate::connection::{Lease, OpenConnection};
use crate::error::StoreError;

/// The users of a call in their order, those whose tenant exists, and the insert. Without the join, one unknown tenant would reject
/// all users. In their order, the first of two users with one email is inserted.
const PARTS: &str = "new AS MATERIALIZED (
        SELECT * FROM unnest($2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY
            AS new (id, tenant_id, email, password_hash, role, status, created_at, place)),
    known AS MATERIALIZED (SELECT new.* FROM new JOIN tenants ON tenants.id = new.tenant_id),
    written AS (
        INSERT INTO users (id, tenant_id, email, password_hash, role, status, created_at, updated_at)
        SELECT known.id, known.tenant_id, known.email, known.password_hash, known.role, known.status,
            known.created_at, $9
        FROM deadline, known WHERE in_time ORDER BY place
        ON CONFLICT DO NOTHING RETURNING id, email)";
const RESULT: &str = "ARRAY(SELECT place FROM known) AS known,
    ARRAY(SELECT min(known.place) FROM known JOIN written ON written.id = known.id AND written.email = known.email
          GROUP BY known.id) AS inserted";

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Bool)]
    in_time: bool,
    /// The places, counted from 1, of the users whose tenant exists.
    #[diesel(sql_type = Array<BigInt>)]
    known: Vec<i64>,
    /// The places of the users who were inserted.
    #[diesel(sql_type = Array<BigInt>)]
    inserted: Vec<i64>,
}

pub(super) async fn insert_all(
    pooled: &Lease,
    users: &[NewUser],
    now: OffsetDateTime,
) -> Result<Vec<Insertion>, StoreError> {
    let write = bind(statement(pooled, PARTS, RESULT).await?, users, now);
    let mut connection: &OpenConnection = pooled;
    let outcome: Outcome = write.get_result(&mut connection).await?;
    if outcome.in_time { Ok(outcome.of(users.len())) } else { Err(StoreError::DeadlinePassed) }
}

fn bind<'a>(statement: Write<'a>, users: &'a [NewUser], now: OffsetDateTime) -> Write<'a> {
    let uuids = |of: fn(&NewUser) -> uuid::Uuid| users.iter().map(of).collect::<Vec<_>>();
    let codes = |of: fn(&NewUser) -> i32| users.iter().map(of).collect::<Vec<_>>();
    let emails: Vec<_> = users.iter().map(|user| user.email.as_str()).collect();
    let hashes: Vec<_> =
        users.iter().map(|user| user.password_hash.as_ref().map(PasswordHash::expose)).collect();
    let created: Vec<_> = users.iter().map(|user| user.created_at).collect();
    statement
        .bind::<Array<Uuid>, _>(uuids(|user| user.id.as_uuid()))
        .bind::<Array<Uuid>, _>(uuids(|user| user.tenant_id.as_uuid()))
        .bind::<Array<Text>, _>(emails)
        .bind::<Array<Nullable<Text>>, _>(hashes)
        .bind::<Array<Integer>, _>(codes(|user| user.role.code()))
        .bind::<Array<Integer>, _>(codes(|user| user.status.code()))
        .bind::<Array<Timestamptz>, _>(created)
        .bind::<Timestamptz, _>(now)
}

impl Outcome {
    /// The outcome of each user.
    fn of(&self, users: usize) -> Vec<Insertion> {
        let mut outcomes = vec![Insertion::UnknownTenant; users];
        for (places, outcome) in [(&self.known, Insertion::Taken), (&self.inserted, Insertion::Inserted)] {
            for place in places {
                let index = usize::try_from(*place).ok().and_then(|place| place.checked_sub(1));
                if let Some(of_user) = index.and_then(|index| outcomes.get_mut(index)) {
                    *of_user = outcome;
                }
            }
        }
        outcomes
    }
}

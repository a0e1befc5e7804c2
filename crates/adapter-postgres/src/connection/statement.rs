//! A statement with its parameters, as diesel builds it.

use std::error::Error;

use bytes::BytesMut;

use diesel::pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{QueryBuilder, QueryFragment};
use diesel::result::{Error as DriverError, QueryResult};
use tokio_postgres::types::{IsNull, ToSql, Type};

/// A statement, and the values and types of its parameters.
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) parameters: Vec<(Parameter, Type)>,
}

/// A parameter in the binary format; `None` for null.
#[derive(Debug)]
pub(super) struct Parameter(Option<Vec<u8>>);

/// Types that are not built in. No statement has one.
struct BuiltInTypes;

impl Statement {
    /// Builds the statement of a query.
    pub(super) fn of(query: &impl QueryFragment<Pg>) -> QueryResult<Self> {
        let (mut sql, mut values) = (PgQueryBuilder::default(), RawBytesBindCollector::<Pg>::new());
        query.to_sql(&mut sql, &Pg)?;
        query.collect_binds(&mut values, &mut BuiltInTypes, &Pg)?;
        let types = values.metadata.iter().map(built_in);
        let parameters = values.binds.into_iter().zip(types).map(|(value, of)| Ok((Parameter(value), of?)));
        Ok(Self { sql: sql.finish(), parameters: parameters.collect::<QueryResult<_>>()? })
    }

    pub(super) fn types(&self) -> Vec<Type> {
        self.parameters.iter().map(|(_, of)| of.clone()).collect()
    }
}

fn built_in(metadata: &PgTypeMetadata) -> QueryResult<Type> {
    let oid = metadata.oid().map_err(|error| DriverError::SerializationError(error.into()))?;
    Type::from_oid(oid)
        .ok_or_else(|| DriverError::SerializationError("a parameter of an unknown type".into()))
}

impl PgMetadataLookup for BuiltInTypes {
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

impl ToSql for Parameter {
    fn to_sql(&self, _: &Type, buffer: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        let Some(value) = &self.0 else { return Ok(IsNull::Yes) };
        buffer.extend_from_slice(value);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

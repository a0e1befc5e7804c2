//! Errors of the pool. Its connect function can only return a [`ConnectionError`], so a [`StoreError`] is wrapped in one.

use diesel::ConnectionError;
use diesel::result::Error as DieselError;
use diesel_async::pooled_connection::PoolError as ManagerError;
use diesel_async::pooled_connection::deadpool::PoolError;

use crate::error::StoreError;

impl From<StoreError> for ConnectionError {
    fn from(error: StoreError) -> Self {
        Self::CouldntSetupConfiguration(DieselError::QueryBuilderError(Box::new(error)))
    }
}

impl From<ConnectionError> for StoreError {
    fn from(error: ConnectionError) -> Self {
        match error {
            ConnectionError::CouldntSetupConfiguration(DieselError::QueryBuilderError(inner)) => inner
                .downcast()
                .map_or_else(|inner| DieselError::QueryBuilderError(inner).into(), |error| *error),
            ConnectionError::CouldntSetupConfiguration(error) => error.into(),
            _ => Self::PoolExhausted,
        }
    }
}

impl From<PoolError> for StoreError {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(ManagerError::ConnectionError(error)) => error.into(),
            PoolError::Backend(ManagerError::QueryError(error)) => error.into(),
            PoolError::Timeout(_)
            | PoolError::Closed
            | PoolError::NoRuntimeSpecified
            | PoolError::PostCreateHook(_) => Self::PoolExhausted,
        }
    }
}

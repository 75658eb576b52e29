//! Usage for people: who fetched what, added up.

use crate::app::App;
use crate::db::DbError;
use crate::db::usage as rows;
pub use crate::db::usage::{Asked, Report, UsageRow};

/// Adds up recorded usage. What was counted within the last seconds may still be on its way.
///
/// # Errors
/// The database does not answer.
pub async fn report(app: &App, asked: &Asked) -> Result<Report, DbError> {
    rows::report(&mut app.db.read().await?, asked).await
}

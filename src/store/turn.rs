//! Turns at a dataset: editors go side by side, whoever replaces or removes it goes alone.
//!
//! Row locks alone would not do. PostgreSQL lets new holders of a shared row lock in while another session
//! waits for the row alone, so a layer that is edited without a pause could never be removed. Advisory locks
//! queue: who comes after somebody that waits, waits behind.

use super::{Session, StoreError};

/// First key of the advisory locks; the second is made from the dataset's key. Two datasets of one second
/// key wait for each other, which is harmless.
const TURN: i32 = 0x7475_726e;

impl Session {
    /// Waits until nobody replaces or removes the datasets of these layers, and keeps it so until the
    /// transaction ends. Others may edit at the same time.
    ///
    /// # Errors
    /// The database's; [`StoreError::Deadline`] when the time is over first.
    pub async fn turn_of_editor(&mut self, layers: &[i64]) -> Result<(), StoreError> {
        // In one order for all, so that nobody waits in a circle.
        let sql = "select pg_advisory_xact_lock_shared($1, hashint8(dataset_id)) \
                   from (select distinct dataset_id from datasud.layer where id = any($2) order by 1) held";
        self.query(sql, &[&TURN, &layers]).await.map(drop)
    }

    /// Waits until those who edit a dataset now have ended; who comes later waits for this transaction's end.
    ///
    /// # Errors
    /// The database's; [`StoreError::Busy`] where the transaction limits its waiting for locks.
    pub async fn turn_of_publisher(&mut self, dataset: i64) -> Result<(), StoreError> {
        self.execute("select pg_advisory_xact_lock($1, hashint8($2))", &[&TURN, &dataset]).await.map(drop)
    }
}

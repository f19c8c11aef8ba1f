//! Locks: who holds what, for how long, and what a transaction may touch.

use super::{Lab, PLACES, ids, named, soon};
use datasud::features::edit::{EditError, Release, Transaction};
use datasud::features::{Lock, LockAction, LockId, LockPart, LockRequest};
use datasud::filter::Filter;
use datasud::filter::ast::Expr;
use std::sync::Arc;
use std::time::Duration;

impl Lab {
    async fn lock(&self, filter: Option<Filter>, action: LockAction) -> Result<Lock, EditError> {
        self.lock_for(filter, action, 300).await
    }

    async fn lock_for(
        &self,
        filter: Option<Filter>,
        action: LockAction,
        seconds: u64,
    ) -> Result<Lock, EditError> {
        let part = LockPart { layer: Arc::clone(&self.layer), filter, handle: Some("p".into()) };
        let request = LockRequest { parts: vec![part], expiry: Duration::from_secs(seconds), action };
        self.locks.lock(request, soon()).await
    }

    async fn rename(&self, fid: i64, lock: Option<&Lock>, release: Release) -> Result<(), EditError> {
        let transaction = Transaction {
            changes: vec![self.update(ids(&[fid]), &[("nom", "changé")])],
            lock: lock.map(|l| l.id.clone()),
            release,
            ..Transaction::default()
        };
        self.engine.apply(transaction, soon()).await.map(|_| ())
    }

    /// As if the time of all locks were over.
    async fn later(&self) {
        self.sql("update datasud.lock set expires = now() - interval '1 second'").await;
    }
}

fn of(fids: &[i64]) -> Vec<(String, i64)> {
    fids.iter().map(|fid| ("places".to_owned(), *fid)).collect()
}

#[tokio::test]
async fn only_the_holder_of_a_lock_changes_what_it_holds() {
    let lab = PLACES.lab().await;
    let lock = lab.lock(ids(&[1, 2]), LockAction::All).await.expect("locked");
    assert_eq!((lock.locked.clone(), lock.refused.clone()), (of(&[1, 2]), vec![]));
    let error = lab.rename(1, None, Release::All).await.expect_err("locked");
    let EditError::Locked { fids, total: 1, had_lock: false, .. } = &error else { panic!("{error}") };
    assert_eq!(fids, &[1]);
    assert!(error.to_string().contains("feature 1 of layer 'places' is locked"), "{error}");
    for change in [lab.delete(None), lab.update(None, &[("rang", "0")])] {
        assert!(matches!(lab.apply(vec![change]).await, Err(EditError::Locked { total: 2, .. })));
    }
    // What nobody locked stays free, with and without a lock.
    lab.rename(3, None, Release::All).await.expect("free");
    lab.rename(1, Some(&lock), Release::All).await.expect("the holder");
    assert_eq!(lab.rows().await, "1 changé 1, 2 deux 2, 3 changé 3");
    // Released whole, although 2 was not touched.
    lab.rename(2, None, Release::All).await.expect("free again");
    let error = lab.rename(1, Some(&lock), Release::All).await.expect_err("ended");
    assert!(matches!(error, EditError::UnknownLock(_)), "{error}");
}

#[tokio::test]
async fn a_lock_released_in_part_keeps_the_rest_for_its_whole_time() {
    let lab = PLACES.lab().await;
    let lock = lab.lock(None, LockAction::All).await.expect("locked");
    lab.sql("update datasud.lock set expires = now() + interval '2 seconds'").await;
    lab.rename(1, Some(&lock), Release::Some).await.expect("the holder");
    assert_eq!(lab.scalar("select expires > now() + interval '200 seconds' from datasud.lock").await, "true");
    lab.rename(1, None, Release::All).await.expect("free");
    assert!(matches!(lab.rename(2, None, Release::All).await, Err(EditError::Locked { .. })));
    lab.rename(2, Some(&lock), Release::Some).await.expect("the holder");
    lab.rename(3, Some(&lock), Release::Some).await.expect("the holder");
    // Nothing is left of it.
    assert_eq!(lab.scalar("select count(*) from datasud.lock").await, "0");
}

#[tokio::test]
async fn a_failed_transaction_leaves_its_lock_as_it_was() {
    let lab = PLACES.lab().await;
    let lock = lab.lock(ids(&[1]), LockAction::All).await.expect("locked");
    let other = lab.lock(ids(&[2]), LockAction::All).await.expect("locked");
    let transaction = Transaction {
        changes: vec![lab.update(ids(&[1]), &[("nom", "x")]), lab.delete(ids(&[2]))],
        lock: Some(lock.id.clone()),
        ..Transaction::default()
    };
    let error = lab.engine.apply(transaction, soon()).await.expect_err("2 is the other's");
    assert!(matches!(error, EditError::Locked { had_lock: true, .. }), "{error}");
    assert_eq!(lab.rows().await, "1 un 1, 2 deux 2, 3 trois 3");
    for lock in [lock, other] {
        lab.locks.renew(&lock.id, Duration::from_secs(60), soon()).await.expect("still there");
    }
}

#[tokio::test]
async fn all_or_some_features_are_locked_as_asked() {
    let lab = PLACES.lab().await;
    let first = lab.lock(named("deux"), LockAction::All).await.expect("locked");
    let error = lab.lock(None, LockAction::All).await.expect_err("2 is taken");
    let EditError::CannotLock { fids, total: 1, .. } = &error else { panic!("{error}") };
    assert_eq!(fids, &[2]);
    assert_eq!(lab.scalar("select count(*) from datasud.lock").await, "1");
    let second = lab.lock(None, LockAction::Some).await.expect("the others");
    assert_eq!((second.locked, second.refused), (of(&[1, 3]), of(&[2])));
    lab.locks.release(&first.id, soon()).await.expect("released");
    let third = lab.lock(None, LockAction::Some).await.expect("the one");
    assert_eq!((third.locked, third.refused), (of(&[2]), of(&[1, 3])));
    let fourth = lab.lock(None, LockAction::Some).await.expect("none is left, and that is some");
    assert_eq!((fourth.locked, fourth.refused), (vec![], of(&[1, 2, 3])));
}

#[tokio::test]
async fn a_lock_ends_when_its_time_is_over_and_says_so() {
    let lab = PLACES.lab().await;
    let lock = lab.lock(ids(&[1]), LockAction::All).await.expect("locked");
    lab.later().await;
    let error = lab.rename(1, Some(&lock), Release::All).await.expect_err("over");
    assert!(matches!(&error, EditError::LockExpired(id) if *id == lock.id.to_string()), "{error}");
    let error = lab.locks.renew(&lock.id, Duration::from_secs(60), soon()).await.expect_err("over");
    assert!(matches!(error, EditError::LockExpired(_)), "{error}");
    lab.rename(1, None, Release::All).await.expect("free");
    let next = lab.lock(ids(&[1]), LockAction::All).await.expect("free to lock");
    assert!(matches!(lab.rename(1, None, Release::All).await, Err(EditError::Locked { .. })));
    // The old lock does not come back with the new one's feature.
    assert!(matches!(lab.rename(1, Some(&lock), Release::All).await, Err(EditError::LockExpired(_))));
    lab.rename(1, Some(&next), Release::All).await.expect("the holder");
}

#[tokio::test]
async fn a_lock_of_no_time_holds_nothing() {
    let lab = PLACES.lab().await;
    lab.lock_for(None, LockAction::All, 0).await.expect("locked");
    lab.rename(1, None, Release::All).await.expect("free");
}

#[tokio::test]
async fn a_renewed_lock_begins_its_time_anew_and_tells_what_it_holds() {
    let lab = PLACES.lab().await;
    let lock = lab.lock_for(ids(&[1, 3]), LockAction::All, 5).await.expect("locked");
    let renewed = lab.locks.renew(&lock.id, Duration::from_secs(1000), soon()).await.expect("renewed");
    assert!(renewed.expires > lock.expires + chrono::Duration::seconds(900));
    assert_eq!((renewed.id, renewed.locked), (lock.id, of(&[1, 3])));
}

#[tokio::test]
async fn unknown_locks_long_times_and_wrong_filters_are_refused() {
    let lab = PLACES.lab().await;
    for text in ["", "nope", "' or '1'='1", "\u{1F600}", &"x".repeat(10_000)] {
        let id = LockId::new(text);
        let error = lab.locks.renew(&id, Duration::from_secs(1), soon()).await.expect_err("unknown");
        assert!(matches!(error, EditError::UnknownLock(_)), "{error}");
        assert!(matches!(lab.locks.release(&id, soon()).await, Err(EditError::UnknownLock(_))));
    }
    let error = lab.lock_for(None, LockAction::All, 86_401).await.expect_err("too long");
    assert!(error.to_string().contains("86400 seconds at most"), "{error}");
    let error = lab.lock(Some(Filter::IsNull(Expr::Property("x".into()))), LockAction::All).await;
    assert!(error.expect_err("unknown property").handle() == Some("p"));
    lab.sql("insert into data.places (nom) select 'n' from generate_series(1, 5000)").await;
    assert!(matches!(lab.lock(None, LockAction::All).await, Err(EditError::Limit(5000))));
    assert_eq!(lab.scalar("select count(*) from datasud.lock").await, "0");
}

#[tokio::test]
async fn a_feature_named_by_two_parts_is_locked_once() {
    let lab = PLACES.lab().await;
    let part = |filter| LockPart { layer: Arc::clone(&lab.layer), filter, handle: None };
    let request = LockRequest {
        parts: vec![part(ids(&[1, 2])), part(ids(&[2, 3]))],
        expiry: Duration::from_secs(60),
        action: LockAction::All,
    };
    assert_eq!(lab.locks.lock(request, soon()).await.expect("locked").locked, of(&[1, 2, 3]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_who_lock_at_the_same_time_never_hold_the_same_feature() {
    let lab = Arc::new(PLACES.lab().await);
    let both: Vec<_> = (0..8)
        .map(|_| {
            let lab = Arc::clone(&lab);
            tokio::spawn(async move { lab.lock(None, LockAction::All).await })
        })
        .collect();
    let mut held = 0;
    for one in both {
        match one.await.expect("locker") {
            Ok(_) => held += 1,
            Err(error) => assert!(matches!(error, EditError::CannotLock { .. }), "{error}"),
        }
    }
    assert_eq!(held, 1);
}

#[tokio::test]
async fn locks_end_when_their_data_is_replaced_or_removed() {
    let lab = PLACES.lab().await;
    for end in ["update datasud.layer set table_name = 'places_v2'", "delete from datasud.layer"] {
        let lock = lab.lock(None, LockAction::All).await.expect("locked");
        // What is no replacement ends none.
        lab.sql("update datasud.layer set title = 'x', table_name = table_name").await;
        lab.locks.renew(&lock.id, Duration::from_secs(60), soon()).await.expect("still there");
        lab.sql("create table data.places_v2 as select * from data.places_v1").await;
        lab.sql(end).await;
        let error = lab.locks.renew(&lock.id, Duration::from_secs(60), soon()).await.expect_err("ended");
        assert!(matches!(error, EditError::UnknownLock(_)), "{error}");
        assert_eq!(lab.scalar("select count(*) from datasud.locked_feature").await, "0");
        lab.sql("drop table data.places_v2; update datasud.layer set table_name = 'places_v1'").await;
    }
}

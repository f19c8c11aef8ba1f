//! Writing it down.

use super::harvester::is_browser;
use super::{Harvester, Visit};
use crate::store::{Session, Store, StoreError};
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::mpsc::{self, Receiver, Sender};
use uuid::Uuid;
use xxhash_rust::xxh3::xxh3_64;

/// Answers that wait to be written down. Past it they are lost to the journal: a harvest matters more than its log.
const WAITING: usize = 4096;
/// Answers are collected for so long before they are written.
const COLLECTED: Duration = Duration::from_millis(500);
/// Pages that are kept of a harvest one by one.
const PAGES: i32 = 1000;
/// Harvests kept of one program from one place at one address.
const KEPT: i64 = 20;
/// Harvests kept of all.
const KEPT_OF_ALL: i64 = 10_000;
/// Letters kept of what a client says.
const LONGEST: usize = 200;

/// The journal. Cloning shares it.
#[derive(Clone)]
pub struct Journal {
    pub(super) store: Store,
    sender: Sender<Visit>,
}

impl Journal {
    /// A journal whose task runs until the last clone is gone. Must be called inside the runtime of the store.
    #[must_use]
    pub fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(write_all(store.clone(), receiver));
        Self { store, sender }
    }

    /// Notes an answer, without waiting.
    pub fn note(&self, mut visit: Visit) {
        if is_browser(&visit.agent) {
            return;
        }
        for text in [&mut visit.agent, &mut visit.asked, &mut visit.endpoint] {
            *text = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
        }
        if self.sender.try_send(visit).is_err() {
            metrics::counter!("datasud_harvest_notes_lost_total").increment(1);
        }
    }
}

async fn write_all(store: Store, mut receiver: Receiver<Visit>) {
    while let Some(first) = receiver.recv().await {
        let mut visits = vec![first];
        tokio::time::sleep(COLLECTED).await;
        while let Ok(visit) = receiver.try_recv() {
            visits.push(visit);
        }
        if let Err(error) = write(&store, &visits).await {
            tracing::warn!(%error, visits = visits.len(), "the journal of harvests could not be written");
        }
    }
}

/// Writes visits down, those of one caller together and in their order.
async fn write(store: &Store, visits: &[Visit]) -> Result<(), StoreError> {
    let mut transaction = store.job().await?.begin().await?;
    let session = transaction.session()?;
    let secret: String = session.query_one("select secret from datasud.harvest_secret", &[]).await?.get(0);
    let mut open: HashMap<(String, &str, &str), Open> = HashMap::new();
    for visit in visits {
        let client = format!("{:08x}", xxh3_64(format!("{secret} {}", visit.address).as_bytes()) >> 32);
        let key = (client, visit.agent.as_str(), visit.endpoint.as_str());
        let known = match open.remove(&key) {
            Some(known) => Some(known),
            None => last(session, &key).await?,
        };
        let mut harvest = match known {
            Some(known) if !known.begins_anew(visit) => known,
            other => {
                if let Some(ended) = other {
                    ended.flush(session).await?;
                }
                begin(session, &key, visit).await?
            }
        };
        harvest.add(session, visit).await?;
        open.insert(key, harvest);
    }
    for harvest in open.into_values() {
        harvest.flush(session).await?;
    }
    transaction.commit().await
}

/// A harvest that goes on.
struct Open {
    id: i64,
    harvester: Harvester,
    last: DateTime<Utc>,
    pages: i32,
    ended: bool,
    requests: i32,
    errors: i32,
    matched: Option<i64>,
    problem: Option<String>,
    asked: String,
    /// Records given since the last flush: listed, whole.
    taken: [Vec<Uuid>; 2],
}

impl Open {
    /// Whether a visit is the beginning of another harvest. GeoNetwork asks for the first page twice.
    fn begins_anew(&self, visit: &Visit) -> bool {
        visit.position == Some(1) && self.ended && self.pages > 1
            || visit.position == Some(1)
                && self.ended
                && visit.at - self.last > chrono::TimeDelta::seconds(10)
    }

    async fn add(&mut self, session: &mut Session, visit: &Visit) -> Result<(), StoreError> {
        let recognised = Harvester::recognise(visit);
        if recognised != Harvester::Other
            && !(recognised == Harvester::Owslib && self.harvester != Harvester::Other)
        {
            self.harvester = recognised;
        }
        self.last = visit.at;
        self.requests += 1;
        if visit.position.is_some() {
            self.asked.clone_from(&visit.asked);
            if visit.problem.is_none() {
                self.pages += 1;
                self.ended = visit.last;
                self.matched = visit.matched.and_then(|n| i64::try_from(n).ok());
            }
        }
        if let Some(problem) = &visit.problem {
            self.errors += 1;
            self.problem = Some(problem.chars().take(LONGEST).collect());
        }
        let [listed, whole] = &mut self.taken;
        if visit.whole { whole } else { listed }.extend_from_slice(&visit.records);
        if self.requests <= PAGES {
            let position = visit.position.and_then(|n| i64::try_from(n).ok());
            let returned = i32::try_from(visit.records.len()).unwrap_or(i32::MAX);
            session
                .execute(
                    "insert into datasud.harvest_page (harvest_id, at, position, returned, problem)
                     values ($1, $2, $3, $4, $5)",
                    &[&self.id, &visit.at, &position, &returned, &visit.problem],
                )
                .await?;
        }
        Ok(())
    }

    async fn flush(self, session: &mut Session) -> Result<(), StoreError> {
        session
            .execute(
                "update datasud.harvest set harvester = $2, last = $3, requests = $4, pages = $5, matched = $6,
                        ended = $7, errors = $8, last_error = $9, asked = $10 where id = $1",
                &[
                    &self.id,
                    &self.harvester.code(),
                    &self.last,
                    &self.requests,
                    &self.pages,
                    &self.matched,
                    &self.ended,
                    &self.errors,
                    &self.problem,
                    &self.asked,
                ],
            )
            .await?;
        let [listed, whole] = self.taken;
        for (whole, records) in [(false, listed), (true, whole)] {
            if !records.is_empty() {
                session
                    .execute(
                        "insert into datasud.harvest_taken (harvest_id, whole, records) values ($1, $2, $3)",
                        &[&self.id, &whole, &records],
                    )
                    .await?;
            }
        }
        Ok(())
    }
}

/// The harvest of a caller that may go on: it was not silent for long.
async fn last(session: &mut Session, key: &(String, &str, &str)) -> Result<Option<Open>, StoreError> {
    let (client, agent, endpoint) = key;
    let row = session
        .query_opt(
            "select id, harvester, last, pages, ended, requests, errors, matched, last_error, asked
             from datasud.harvest where endpoint = $1 and client = $2 and agent = $3
             and last > now() - interval '30 minutes' order by last desc limit 1 for update",
            &[endpoint, client, agent],
        )
        .await?;
    Ok(row.map(|row| Open {
        id: row.get(0),
        harvester: Harvester::parse(row.get(1)),
        last: row.get(2),
        pages: row.get(3),
        ended: row.get(4),
        requests: row.get(5),
        errors: row.get(6),
        matched: row.get(7),
        problem: row.get(8),
        asked: row.get(9),
        taken: Default::default(),
    }))
}

/// A new harvest; the oldest ones of the same caller are forgotten.
async fn begin(session: &mut Session, key: &(String, &str, &str), visit: &Visit) -> Result<Open, StoreError> {
    let (client, agent, endpoint) = key;
    let harvester = Harvester::recognise(visit);
    let row = session
        .query_one(
            "insert into datasud.harvest (harvester, agent, client, protocol, endpoint, started, last, asked)
             values ($1, $2, $3, $4, $5, $6, $6, $7) returning id",
            &[&harvester.code(), agent, client, &visit.protocol, endpoint, &visit.at, &visit.asked],
        )
        .await?;
    session
        .execute(
            "delete from datasud.harvest where id in (select id from datasud.harvest
             where endpoint = $1 and client = $2 and agent = $3 order by last desc offset $4)",
            &[endpoint, client, agent, &KEPT],
        )
        .await?;
    // What one looks up in passing is no harvest for long.
    session
        .execute(
            "delete from datasud.harvest where last < now() - interval '90 days'
             or last < now() - interval '1 day' and pages < 2 and harvester = 'other'
             or id in (select id from datasud.harvest order by last desc offset $1)",
            &[&KEPT_OF_ALL],
        )
        .await?;
    Ok(Open {
        id: row.get(0),
        harvester,
        last: visit.at,
        pages: 0,
        ended: false,
        requests: 0,
        errors: 0,
        matched: None,
        problem: None,
        asked: visit.asked.clone(),
        taken: Default::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::journal::sample;

    fn ended(pages: i32) -> Open {
        Open {
            id: 1,
            harvester: Harvester::Udata,
            last: DateTime::UNIX_EPOCH,
            pages,
            ended: true,
            requests: pages,
            errors: 0,
            matched: None,
            problem: None,
            asked: String::new(),
            taken: Default::default(),
        }
    }

    #[test]
    fn a_harvest_ends_where_the_first_page_is_asked_for_again() {
        let first = sample();
        assert!(ended(2).begins_anew(&first));
        assert!(!ended(1).begins_anew(&first), "GeoNetwork asks twice");
        let later = Visit { at: first.at + chrono::TimeDelta::minutes(1), ..sample() };
        assert!(ended(1).begins_anew(&later));
        assert!(!ended(2).begins_anew(&Visit { position: None, ..sample() }), "records follow a list");
        assert!(!Open { ended: false, ..ended(2) }.begins_anew(&first));
    }
}

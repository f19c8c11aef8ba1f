//! Tokens: who holds one may edit. A token is 256 random bits, shown once; the database has its SHA-256.

use crate::model::Editor;
use crate::store::{Deadline, Row, Session, Store, StoreError};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use moka::future::Cache;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// What tokens begin with, so that people and scanners of secrets know one when they see it.
const PREFIX: &str = "datasud_";
/// Longest text that is looked up.
const LONGEST: usize = 200;
/// Longest name of a token, in characters.
const LONGEST_NAME: usize = 100;
/// How long a token that was found counts without being looked up again: a revoked one ends within this.
const TRUSTED: Duration = Duration::from_secs(2);
/// Tokens that are remembered.
const REMEMBERED: u64 = 10_000;

/// What is known of a token; its secret is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its holder, in the words of who made it.
    pub name: String,
    /// Slug of the only organisation whose layers may be changed; `None` means all.
    pub organisation: Option<String>,
    /// When it was made.
    pub created: DateTime<Utc>,
    /// When it ends; `None` means never.
    pub expires: Option<DateTime<Utc>>,
}

impl Token {
    /// Whether its time is over.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.expires.is_some_and(|end| end <= Utc::now())
    }
}

/// Why a token can't be made or revoked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// A name that can't be shown.
    #[error("the name of a token has 1 to {LONGEST_NAME} characters, none of them a control character")]
    Name,
    /// A name that is taken.
    #[error("there is a token '{0}' already; choose another name, or revoke that one first")]
    InUse(String),
    /// No such organisation.
    #[error("there is no organisation '{name}'; there are: {known}")]
    Organisation {
        /// Slug given.
        name: String,
        /// Slugs there are.
        known: String,
    },
    /// No such token.
    #[error("there is no token '{0}'; 'datasud token list' shows those there are")]
    Unknown(String),
    /// The system gives no random bits.
    #[error("the system gives no random bits to make a token of")]
    Random,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why what a client sends is no token.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenRefused {
    /// Never made, or revoked.
    #[error("this token is unknown or was revoked; ask the platform for another one")]
    Unknown,
    /// Past its time.
    #[error("the time of this token is over since {}; ask the platform for another one", .0.format("%Y-%m-%d %H:%M UTC"))]
    Expired(DateTime<Utc>),
    /// The database can't say.
    #[error("tokens can't be checked at the moment: {0}")]
    Unchecked(Arc<StoreError>),
}

/// Makes, lists, revokes and checks tokens. Cloning shares the database's pool and what is remembered.
#[derive(Clone)]
pub struct Tokens {
    store: Store,
    found: Cache<[u8; 32], Token>,
}

impl Tokens {
    /// The tokens of a database.
    #[must_use]
    pub fn new(store: Store) -> Self {
        let found = Cache::builder().max_capacity(REMEMBERED).time_to_live(TRUSTED).build();
        Self { store, found }
    }

    /// Makes a token and answers its secret, which nobody can ask for again. `days` is how long it lasts;
    /// `None` means until it is revoked.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn create(
        &self,
        name: &str,
        organisation: Option<&str>,
        days: Option<u32>,
        deadline: Deadline,
    ) -> Result<(String, Token), TokenError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(TokenError::Name);
        }
        let mut bits = [0_u8; 32];
        getrandom::fill(&mut bits).map_err(|_| TokenError::Random)?;
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bits));
        let mut session = self.store.session(deadline).await?;
        let owner = match organisation {
            Some(slug) => Some(organisation_id(&mut session, slug).await?),
            None => None,
        };
        let sql = "insert into datasud.token (name, hash, organisation_id, expires) \
                   values ($1, $2, $3, now() + $4::bigint * interval '1 day') \
                   on conflict (name) do nothing returning created, expires";
        let days = days.map(i64::from);
        let row = session.query_opt(sql, &[&name, &hash(&secret).as_slice(), &owner, &days]).await?;
        let row = row.ok_or_else(|| TokenError::InUse(name.to_owned()))?;
        let token = Token {
            name: name.to_owned(),
            organisation: organisation.map(str::to_owned),
            created: row.try_get("created").map_err(StoreError::from)?,
            expires: row.try_get("expires").map_err(StoreError::from)?,
        };
        Ok((secret, token))
    }

    /// All tokens, by name.
    ///
    /// # Errors
    /// [`TokenError::Store`].
    pub async fn list(&self, deadline: Deadline) -> Result<Vec<Token>, TokenError> {
        let sql = format!("{SELECT} order by t.name");
        let rows = self.store.session(deadline).await?.query(&sql, &[]).await?;
        Ok(rows.iter().map(token).collect::<Result<_, _>>()?)
    }

    /// Ends a token. Running servers refuse it within seconds.
    ///
    /// # Errors
    /// [`TokenError::Unknown`], [`TokenError::Store`].
    pub async fn revoke(&self, name: &str, deadline: Deadline) -> Result<(), TokenError> {
        let mut session = self.store.session(deadline).await?;
        match session.execute("delete from datasud.token where name = $1", &[&name.trim()]).await? {
            0 => Err(TokenError::Unknown(name.to_owned())),
            _ => {
                self.found.invalidate_all();
                Ok(())
            }
        }
    }

    /// Who holds the token with this secret.
    ///
    /// # Errors
    /// [`TokenRefused`].
    pub async fn holder(&self, secret: &str, deadline: Deadline) -> Result<Editor, TokenRefused> {
        if secret.len() > LONGEST || !secret.starts_with(PREFIX) {
            return Err(TokenRefused::Unknown);
        }
        // Found by its hash: how long that takes says nothing about secrets.
        let hash = hash(secret);
        let token = self.found.try_get_with(hash, self.look_up(hash, deadline)).await;
        let token = token.map_err(|refused| TokenRefused::clone(&refused))?;
        match token.expires {
            Some(end) if token.ended() => Err(TokenRefused::Expired(end)),
            _ => Ok(Editor { name: Some(token.name), organisation: token.organisation }),
        }
    }

    async fn look_up(&self, hash: [u8; 32], deadline: Deadline) -> Result<Token, TokenRefused> {
        let found = async {
            let sql = format!("{SELECT} where t.hash = $1");
            let mut session = self.store.session(deadline).await?;
            session.query_opt(&sql, &[&hash.as_slice()]).await?.as_ref().map(token).transpose()
        };
        let unchecked = |error: StoreError| TokenRefused::Unchecked(Arc::new(error));
        found.await.map_err(unchecked)?.ok_or(TokenRefused::Unknown)
    }
}

const SELECT: &str = "select t.name, o.slug as organisation, t.created, t.expires from datasud.token t \
                      left join datasud.organisation o on o.id = t.organisation_id";

fn token(row: &Row) -> Result<Token, StoreError> {
    Ok(Token {
        name: row.try_get("name")?,
        organisation: row.try_get("organisation")?,
        created: row.try_get("created")?,
        expires: row.try_get("expires")?,
    })
}

async fn organisation_id(session: &mut Session, slug: &str) -> Result<i64, TokenError> {
    let found = session.query_opt("select id from datasud.organisation where slug = $1", &[&slug]).await?;
    if let Some(row) = found {
        return Ok(row.try_get("id").map_err(StoreError::from)?);
    }
    let all = "select coalesce(string_agg(slug, ', ' order by slug), 'none yet') as known \
               from datasud.organisation";
    let row = session.query_one(all, &[]).await?;
    let known = row.try_get("known").map_err(StoreError::from)?;
    Err(TokenError::Organisation { name: slug.to_owned(), known })
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

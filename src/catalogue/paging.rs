//! Pages that stay while records change: a harvest sees each record once, with one count from the first page to the last.
//!
//! A client of CSW names nothing but a position. So the answer to a search is kept as a list of keys when its first page is
//! given out and more follow, and later pages are slices of that list: any depth at the same cost. Lists lie in the
//! database, so that any node gives out any page.
//!
//! - Who begins gets a list that is true at this moment: one that is there, if nothing has changed since it was made.
//! - Who goes on gets the list that it began: of the lists of this question the one in which the same client (its address and
//!   program) is nearest to the position; two harvesters don't disturb each other.
//! - A record that changed is given out as it is now. One that was removed is given out as it was
//!   (`datasud.record_gone`), to the end of the harvest. One that became a draft is not given out any more: that page
//!   is shorter, while counts and positions stay.
//! - A list is dropped when nobody has read it for a quarter of an hour, after a day, or when too many are kept: then
//!   those go first that nobody reads on in.

use super::CatalogueError;
use super::search::Search;
use crate::filter::{Checked, SqlBuilder};
use crate::store::{Row, Session};
use sha2::{Digest, Sha256};

/// Conditions of a list that may be read on in.
const ALIVE: &str = "l.made > now() - interval '1 day' and w.used > now() - interval '15 minutes'";

/// Records that the lists may name in all: sixteen bytes each.
const NAMED: i64 = 32_000_000;

/// Drops what nobody reads any more. Lists that somebody is just reading are left.
const PURGE: &str = "\
with aged as (
    select l.id, sum(l.matched) over (order by w.pages > 1 desc nulls last, w.used desc nulls last, l.id) as named,
           l.made < now() - interval '1 day' or w.used is null or w.used < now() - interval '15 minutes' as old
    from datasud.record_list l
    left join lateral (
        select max(w.used) as used, max(w.pages) as pages from datasud.record_reader w where w.list_id = l.id
    ) w on true
), doomed as (
    select l.id from datasud.record_list l join aged a on a.id = l.id where a.old or a.named > $1::bigint
    for update of l skip locked
), changes as (
    delete from datasud.record_change where made < now() - interval '2 days'
), gone as (
    delete from datasud.record_gone where gone < now() - interval '1 day'
)
delete from datasud.record_list where id in (select id from doomed)";

/// A client's name for this question: nobody needs to know who it was.
pub(super) fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}

/// What is asked, without the page: questions of the same digest have the same list.
pub(super) fn question(search: &Search<'_>) -> Vec<u8> {
    let Search { reach, words, near, filter, sort, .. } = search;
    digest(&format!("{reach:?} {words:?} {near:?} {filter:?} {sort:?}"))
}

/// Rows of a page: the total, then `columns` of `r`, which are null in the only row of an empty page.
pub(super) async fn page(
    session: &mut Session,
    search: &Search<'_>,
    client: &str,
    condition: Option<&Checked>,
    columns: &str,
) -> Result<Vec<Row>, CatalogueError> {
    let (question, client) = (question(search), digest(client));
    let found = if search.offset == 0 {
        joined(session, search, &question, &client, columns).await?
    } else {
        continued(session, search, &question, &client, columns).await?
    };
    if !found.is_empty() {
        return Ok(found);
    }
    session.execute(PURGE, &[&NAMED]).await?;
    let mut sql = SqlBuilder::new();
    sql.push("with matched as materialized (select r.uuid, row_number() over (order by ");
    search.order(&mut sql);
    sql.push(") as n from datasud.record r where ");
    search.condition(condition, &mut sql);
    sql.push("), total as (select count(*) as n from matched), list as (insert into datasud.record_list (digest, matched, keys) select ");
    let end = search.offset.saturating_add(search.limit);
    sql.bind(question, "bytea");
    sql.push(
        ", n, (select string_agg(uuid_send(uuid), ''::bytea order by n) from matched) from total where n > ",
    );
    sql.bind(whole(end), "bigint").push(
        " returning id), reader as (insert into datasud.record_reader (list_id, client, next) select id, ",
    );
    sql.bind(client, "bytea").push(", ").bind(whole(end), "bigint");
    sql.push(" from list) select total.n, ").push(columns);
    sql.push(" from total left join matched p on p.n > ").bind(whole(search.offset), "bigint");
    sql.push(" and p.n <= ").bind(whole(end), "bigint");
    sql.push(" left join datasud.record r on r.uuid = p.uuid order by p.n");
    Ok(session.query(sql.text(), &sql.params()).await?)
}

/// The first page of a list that is there and still true.
async fn joined(
    session: &mut Session,
    search: &Search<'_>,
    question: &[u8],
    client: &[u8],
    columns: &str,
) -> Result<Vec<Row>, CatalogueError> {
    let sql = format!(
        "with list as (
             select l.id, l.matched, substring(l.keys from $4::int for $5::int) as part
             from datasud.record_list l
             where l.digest = $1 and l.made > now() - interval '1 day'
               and not exists (
                   select from datasud.record_change c where not pg_visible_in_snapshot(c.tx, l.seen)
               )
             order by l.made desc limit 1
         ), reader as (
             insert into datasud.record_reader as w (list_id, client, next) select id, $2, $3 from list
             on conflict (list_id, client) do update set next = excluded.next, used = now()
         ) {}",
        slice(columns)
    );
    read(session, search, &sql, question, client).await
}

/// A later page of the list that this client began, or else one that others read.
async fn continued(
    session: &mut Session,
    search: &Search<'_>,
    question: &[u8],
    client: &[u8],
    columns: &str,
) -> Result<Vec<Row>, CatalogueError> {
    let sql = format!(
        "with nearest as (
             select w.list_id, w.client from datasud.record_list l join datasud.record_reader w on w.list_id = l.id
             where l.digest = $1 and {ALIVE}
             order by w.client = $2 desc, abs(w.next - ($4::int - 1) / 16), w.next >= l.matched, w.used limit 1
         ), reader as (
             update datasud.record_reader w set next = $3, used = now(), pages = w.pages + 1
             from nearest n where w.list_id = n.list_id and w.client = n.client
         ), list as (
             select l.matched, substring(l.keys from $4::int for $5::int) as part
             from datasud.record_list l where l.id = (select list_id from nearest)
         ) {}",
        slice(columns)
    );
    read(session, search, &sql, question, client).await
}

/// The rows of a slice of a list. Who may see a record is asked anew for each page.
fn slice(columns: &str) -> String {
    format!(
        "select list.matched, {columns} from list
         left join lateral (
             select encode(substring(list.part from n * 16 + 1 for 16), 'hex')::uuid as uuid, n
             from generate_series(0, octet_length(list.part) / 16 - 1) as n
         ) p on true
         left join lateral (
             select r.* from datasud.record r where r.uuid = p.uuid
             union all
             select r.* from datasud.record_gone g, jsonb_populate_record(null::datasud.record, g.kept) r
             where g.uuid = p.uuid and not exists (select from datasud.record o where o.uuid = p.uuid)
         ) r on r.circle = any($6)
         order by p.n"
    )
}

async fn read(
    session: &mut Session,
    search: &Search<'_>,
    sql: &str,
    question: &[u8],
    client: &[u8],
) -> Result<Vec<Row>, CatalogueError> {
    let end = whole(search.offset.saturating_add(search.limit));
    // No list has so many keys that their bytes couldn't be counted: what is beyond it is an empty slice.
    let bytes = |records: u64| i32::try_from(records.saturating_mul(16)).unwrap_or(i32::MAX - 1);
    let from = bytes(search.offset).saturating_add(1);
    let length = bytes(search.limit).min(i32::MAX - from);
    let circles = search.reach.circles();
    Ok(session.query(sql, &[&question, &client, &end, &from, &length, &circles]).await?)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

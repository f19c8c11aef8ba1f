//! The operations: what the caller may discover is asked once, then the catalogue answers.

use super::error::{OaiError, Refusal};
use super::request::{Format, Operation, Request, Selection};
use super::response::{self, Host};
use super::{capabilities, noted, token::Token};
use crate::catalogue::vocabulary::{INSPIRE_THEMES, TOPIC_CATEGORIES};
use crate::catalogue::{Change, ChangeQuery, CodeEntry, Gone, Visible};
use crate::model::{Part, Scope, slugify};
use crate::services::edge::Call;
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, Utc};

/// Answers a request.
pub(super) async fn answer(
    call: &Call,
    http: &HttpRequest,
    request: &Request,
) -> Result<HttpResponse, Refusal> {
    let snapshot = call.app.registry.snapshot();
    let catalogue = &call.app.catalogue;
    let set = match &call.scope {
        Scope::Organisation(slug) => Some(format!("organisation:{slug}")),
        Scope::Part(part) => Some(set_of(part)),
        Scope::Everything | Scope::Dataset(_) => None,
    };
    if !snapshot.has_scope(&call.caller, &call.scope) {
        match &set {
            // Who took back everything is still to be heard of.
            Some(set) if catalogue.had_records(set, call.deadline()).await? => {}
            _ => return Err(Refusal::NoScope),
        }
    }
    let reach = snapshot.reach(&call.caller, &call.scope);
    let gone = match (&call.scope, &set) {
        (Scope::Everything, _) => Gone::All,
        (_, Some(set)) => Gone::Of(set),
        _ => Gone::None,
    };
    let visible = Visible { reach: &reach, gone };
    // Before anything is read: what is written meanwhile is for the next time.
    let moment = catalogue.complete_until(call.deadline()).await?;
    let inside = match &request.operation {
        Operation::Identify => {
            let first = catalogue.first_change(call.deadline()).await?;
            capabilities::identify(call, &snapshot, first.unwrap_or(moment))
        }
        Operation::ListMetadataFormats { identifier } => {
            if let Some(identifier) = identifier {
                find(call, request, visible, identifier, None).await?;
            }
            capabilities::formats()
        }
        Operation::ListSets => capabilities::sets(&catalogue.sets(&reach, call.deadline()).await?),
        Operation::GetRecord { identifier, format } => {
            let change = find(call, request, visible, identifier, Some(*format)).await?;
            noted::record(call, http, &change, *format);
            response::record(call, &change, *format)
        }
        Operation::List { only_headers, selection, token } => {
            list((call, http, request), visible, (*only_headers, selection, token.as_ref()), moment).await?
        }
    };
    Ok(response::answer(call, request, moment, &inside))
}

/// The set that has the records of a part of the catalogue.
fn set_of(part: &Part) -> String {
    match part {
        Part::Inspire => "inspire".to_owned(),
        Part::Hvd => "hvd".to_owned(),
        Part::Theme(theme) => {
            let is = |entry: &&CodeEntry| {
                entry.code.eq_ignore_ascii_case(theme)
                    || slugify(&entry.fr).as_str().eq_ignore_ascii_case(theme)
            };
            let inspire = INSPIRE_THEMES.entries.iter().find(is).map(|e| format!("inspire:{}", e.code));
            let topic = || {
                let code = TOPIC_CATEGORIES.entries.iter().find(|e| e.code.eq_ignore_ascii_case(theme));
                format!("topic:{}", code.map_or(theme.as_str(), |e| e.code.as_str()))
            };
            inspire.unwrap_or_else(topic)
        }
    }
}

async fn find(
    call: &Call,
    request: &Request,
    visible: Visible<'_>,
    identifier: &str,
    format: Option<Format>,
) -> Result<Change, Refusal> {
    let missing = || OaiError::identifier(identifier).echoing(&request.arguments);
    let record = Host::of(call).record(identifier).ok_or_else(missing)?;
    let body = format.map(Format::stored);
    let change = call.app.catalogue.change_of(&record, visible, body, call.deadline()).await?;
    Ok(change.ok_or_else(missing)?)
}

async fn list(
    (call, http, request): (&Call, &HttpRequest, &Request),
    visible: Visible<'_>,
    (only_headers, selection, before): (bool, &Selection, Option<&Token>),
    moment: DateTime<Utc>,
) -> Result<String, Refusal> {
    let catalogue = &call.app.catalogue;
    let page = call.app.config.limits.harvest_page.max(1);
    let query = ChangeQuery {
        visible,
        from: selection.from,
        until: selection.until,
        complete: moment,
        set: selection.set.as_deref(),
        after: before.map(|token| token.after),
        // One more tells whether there is a next page.
        limit: page + 1,
        body: (!only_headers).then(|| selection.format.stored()),
    };
    let mut changes = catalogue.changes(&query, call.deadline()).await?;
    let goes_on = changes.len() > page;
    changes.truncate(page);
    let Some(last) = changes.last() else {
        return Err(OaiError::no_records().echoing(&request.arguments).into());
    };
    let cursor = before.map_or(0, |token| token.cursor);
    let format = (!only_headers).then_some(selection.format);
    noted::list(call, http, (&changes, cursor, goes_on), (only_headers, selection));
    if !goes_on && before.is_none() {
        return Ok(response::list(call, request, &changes, format, None));
    }
    let read = cursor + changes.len() as u64;
    let size = match before {
        // Records that changed meanwhile come once more.
        Some(token) => token.size.max(read + u64::from(goes_on)),
        None => catalogue.count_changes(&query, call.deadline()).await?,
    };
    let next = goes_on.then(|| Token::new(selection, last.key, read, size, moment));
    let text = next.as_ref().map(|token| (token, token.write(&call.url("/oai"), only_headers)));
    let token = response::token(text, cursor, size);
    Ok(response::list(call, request, &changes, format, Some(&token)))
}

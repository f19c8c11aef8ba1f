//! `/harvests` and `/harvests/{id}`: who harvests the catalogue, how far each harvest came, which records it was given and which it
//! never asked for. Programs get the same as JSON.

use super::format;
use super::site::{Asked, Policy, Site, varying};
use crate::catalogue::dryrun::{Dropped, Said, dropped};
use crate::catalogue::journal::{Coverage, Harvest, Harvester, PageNote, Why};
use crate::model::Lang;
use crate::services::edge::{Call, problem};
use crate::store::StoreError;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Utc;
use serde_json::{Value as Json, json};

/// Requests shown of a harvest.
const SHOWN: usize = 100;

#[derive(Template)]
#[template(path = "portal/harvests.html")]
struct List {
    lang: Lang,
    site: Site,
    rows: Vec<Row>,
}

struct Row {
    href: String,
    program: String,
    agent: String,
    endpoint: String,
    protocol: String,
    last: String,
    pages: String,
    state: &'static str,
    good: bool,
}

#[derive(Template)]
#[template(path = "portal/harvest.html")]
struct Page {
    lang: Lang,
    site: Site,
    list: String,
    program: String,
    state: &'static str,
    good: bool,
    facts: Vec<(&'static str, String)>,
    /// Whole, listed, never seen: share of the published in percent, number, words.
    bars: Vec<Bar>,
    published: String,
    gone: Option<String>,
    missing: Vec<Missing>,
    unnamed: Option<String>,
    /// Records that were looked at for what gets lost.
    looked_at: String,
    dropped: Vec<Drop>,
    requests: Vec<Request>,
    more: Option<String>,
}

struct Bar {
    class: &'static str,
    percent: i64,
    text: String,
}

struct Missing {
    href: String,
    title: String,
    why: &'static str,
}

struct Drop {
    field: String,
    verdict: &'static str,
    records: String,
    why: String,
    remedy: String,
}

struct Request {
    at: String,
    what: String,
    returned: String,
    problem: Option<String>,
}

/// `/harvests`
pub(super) async fn list(http: HttpRequest, call: Call) -> HttpResponse {
    let asked = Asked::read(&http, &call);
    let snapshot = call.app.registry.snapshot();
    if !snapshot.has_scope(&call.caller, &call.scope) {
        return varying(problem(&http, StatusCode::NOT_FOUND, "there is no such organisation or dataset"));
    }
    let below = format!("{}/", call.scope.prefix());
    let harvests = match call.app.journal.harvests(&below, call.deadline()).await {
        Ok(harvests) => harvests,
        Err(error) => return varying(failed(&http, &error)),
    };
    if !asked.wants_page(&http) {
        let all: Vec<Json> = harvests.iter().map(|harvest| with_link(&call, harvest)).collect();
        return varying(fresh(&json!({ "harvests": all })));
    }
    let row = |harvest: &Harvest| Row {
        href: format!("{}{}", path(&call, harvest), asked.suffix()),
        program: program(harvest),
        agent: harvest.agent.clone(),
        endpoint: harvest.endpoint.clone(),
        protocol: harvest.protocol.clone(),
        last: format::moment(harvest.last, asked.lang),
        pages: format::number(harvest.pages.into(), asked.lang),
        state: state(harvest, asked.lang),
        good: harvest.ended,
    };
    let page =
        List { lang: asked.lang, site: asked.site(&http, &call), rows: harvests.iter().map(row).collect() };
    varying(asked.answer(&http, &call, &snapshot, StatusCode::OK, &page, Policy::Passing))
}

/// Parts of a harvest's address.
#[derive(serde::Deserialize)]
pub(super) struct HarvestPath {
    id: String,
}

/// `/harvests/{id}`
pub(super) async fn one(http: HttpRequest, call: Call, path: web::Path<HarvestPath>) -> HttpResponse {
    let asked = Asked::read(&http, &call);
    varying(match find(&call, &path.id).await {
        Ok(Some(found)) if asked.wants_page(&http) => {
            let page = page(&http, &call, &asked, found);
            let snapshot = call.app.registry.snapshot();
            asked.answer(&http, &call, &snapshot, StatusCode::OK, &page, Policy::Passing)
        }
        Ok(Some(found)) => {
            let mut document = with_link(&call, &found.harvest);
            document["coverage"] = json!(found.coverage);
            document["pagesRead"] = json!(found.pages);
            if let Some((dropped, of)) = &found.dropped {
                document["dropped"] = json!({ "records": of, "reasons": dropped });
            }
            fresh(&document)
        }
        Ok(None) => {
            let detail = format!("there is no such harvest here; {} lists them", call.url("/harvests"));
            problem(&http, StatusCode::NOT_FOUND, &detail)
        }
        Err(error) => failed(&http, &error),
    })
}

/// What is known of a harvest.
struct Found {
    harvest: Harvest,
    pages: Vec<PageNote>,
    coverage: Coverage,
    /// What the harvester doesn't keep of the records that were looked at, and how many these are; none for one whose rules are not known.
    dropped: Option<(Vec<Dropped>, usize)>,
}

async fn find(call: &Call, id: &str) -> Result<Option<Found>, StoreError> {
    let snapshot = call.app.registry.snapshot();
    let Ok(id) = id.parse::<i64>() else { return Ok(None) };
    if !snapshot.has_scope(&call.caller, &call.scope) {
        return Ok(None);
    }
    let (journal, below) = (&call.app.journal, format!("{}/", call.scope.prefix()));
    let Some(harvest) = journal.harvest(id, &below, call.deadline()).await? else { return Ok(None) };
    let pages = journal.pages(id, call.deadline()).await?;
    // What the harvested address shows, not the whole platform.
    let scope = crate::model::Scope::of_path(&harvest.endpoint);
    let reach = snapshot.reach(&call.caller, &scope);
    let coverage = journal.coverage(&harvest, &reach, call.deadline()).await?;
    let dropped = match harvest.program().target(&harvest.protocol) {
        Some(target) => {
            let given = journal.given(&harvest, &reach, call.deadline()).await?;
            Some((dropped(&given, target, Utc::now()), given.len()))
        }
        None => None,
    };
    Ok(Some(Found { harvest, pages, coverage, dropped }))
}

fn page(http: &HttpRequest, call: &Call, asked: &Asked, found: Found) -> Page {
    let Found { harvest, pages, coverage, dropped } = found;
    let (lang, root) = (asked.lang, call.app.config.public_path());
    let number = |n: i64| format::number(n, lang);
    let unnamed = coverage.missing - i64::try_from(coverage.examples.len()).unwrap_or(i64::MAX);
    Page {
        lang,
        site: asked.site(http, call),
        list: format!("{root}{}/harvests{}", call.scope.prefix(), asked.suffix()),
        program: program(&harvest),
        state: state(&harvest, lang),
        good: harvest.ended,
        facts: facts(&harvest, lang),
        bars: bars(&coverage, lang),
        published: number(coverage.published),
        gone: (coverage.gone > 0).then(|| number(coverage.gone)),
        missing: coverage
            .examples
            .into_iter()
            .map(|record| Missing {
                href: format!(
                    "{root}/csw?service=CSW&version=2.0.2&request=GetRecordById&elementSetName=full&id={}",
                    super::site::encoded(&record.identifier)
                ),
                title: record.title,
                why: why(record.why, lang),
            })
            .collect(),
        unnamed: (unnamed > 0).then(|| number(unnamed)),
        looked_at: number(dropped.as_ref().map_or(0, |(_, of)| i64::try_from(*of).unwrap_or(i64::MAX))),
        dropped: dropped.into_iter().flat_map(|(reasons, _)| reasons).map(|d| drop_of(&d, lang)).collect(),
        requests: pages
            .iter()
            .take(SHOWN)
            .map(|page| Request {
                at: page.at.format("%H:%M:%S").to_string(),
                what: match page.position {
                    Some(position) => {
                        format!("{} {}", lang.pick("page à partir de", "page from"), number(position))
                    }
                    None => lang.pick("par identifiant", "by identifier").to_owned(),
                },
                returned: number(page.returned.into()),
                problem: page.problem.clone(),
            })
            .collect(),
        more: (pages.len() > SHOWN).then(|| number((pages.len() - SHOWN).try_into().unwrap_or(i64::MAX))),
    }
}

fn drop_of(dropped: &Dropped, lang: Lang) -> Drop {
    let said =
        |words: &Option<Said>| words.as_ref().map(|said| said.pick(lang).to_owned()).unwrap_or_default();
    Drop {
        field: dropped.field.label().pick(lang).to_owned(),
        verdict: dropped.verdict.word(lang),
        records: format::number(i64::try_from(dropped.records).unwrap_or(i64::MAX), lang),
        why: said(&dropped.why),
        remedy: said(&dropped.remedy),
    }
}

fn facts(harvest: &Harvest, lang: Lang) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        (lang.pick("Programme", "Program"), harvest.agent.clone()),
        (lang.pick("Adresse", "Address"), format!("{} ({})", harvest.endpoint, harvest.protocol)),
        (lang.pick("Demande", "Request"), harvest.asked.clone()),
        (lang.pick("Début", "Begun"), format::moment(harvest.started, lang)),
        (lang.pick("Durée", "Duration"), format::duration(harvest.last - harvest.started)),
        (lang.pick("Requêtes", "Requests"), format::number(harvest.requests.into(), lang)),
        (lang.pick("Pages de liste", "Pages of the list"), format::number(harvest.pages.into(), lang)),
    ];
    if let Some(matched) = harvest.matched {
        facts.push((lang.pick("Fiches annoncées", "Records announced"), format::number(matched, lang)));
    }
    if let Some(error) = &harvest.last_error {
        let count = format::number(harvest.errors.into(), lang);
        facts.push((lang.pick("Erreurs", "Errors"), format!("{count} – {error}")));
    }
    facts.retain(|(_, text)| !text.is_empty());
    facts
}

fn bars(coverage: &Coverage, lang: Lang) -> Vec<Bar> {
    let all = coverage.published.max(1);
    [
        ("whole", coverage.whole, lang.pick("reçues entières", "received whole")),
        ("listed", coverage.listed, lang.pick("vues dans la liste seulement", "seen in the list only")),
        ("missing", coverage.missing, lang.pick("jamais demandées", "never asked for")),
    ]
    .into_iter()
    .filter(|(_, count, _)| *count > 0)
    .map(|(class, count, words)| Bar {
        class,
        percent: count * 100 / all,
        text: format!("{} {words}", format::number(count, lang)),
    })
    .collect()
}

const fn why(why: Why, lang: Lang) -> &'static str {
    match why {
        Why::Newer => lang.pick(
            "publiée ou modifiée depuis : elle sera prise au prochain passage",
            "published or changed since: the next harvest will take it",
        ),
        Why::NotReached => {
            lang.pick("le moissonnage s'est arrêté avant elle", "the harvest stopped before it")
        }
        Why::LeftOut => lang.pick(
            "la demande du moissonneur l'exclut (type, date ou filtre)",
            "the harvester's request leaves it out (type, date or filter)",
        ),
    }
}

fn state(harvest: &Harvest, lang: Lang) -> &'static str {
    match (harvest.ended, harvest.errors) {
        (true, _) => lang.pick("complet", "complete"),
        (false, 0) => lang.pick("inachevé", "unfinished"),
        (false, _) => lang.pick("interrompu par une erreur", "broken off by an error"),
    }
}

/// The program's name: its own where it is none that we know.
fn program(harvest: &Harvest) -> String {
    match harvest.program() {
        Harvester::Other => harvest.agent.split(['/', ' ']).next().unwrap_or_default().to_owned(),
        known => known.title().to_owned(),
    }
}

fn path(call: &Call, harvest: &Harvest) -> String {
    format!("{}{}/harvests/{}", call.app.config.public_path(), call.scope.prefix(), harvest.id)
}

fn with_link(call: &Call, harvest: &Harvest) -> Json {
    let mut document = json!(harvest);
    document["href"] = json!(call.url(&format!("/harvests/{}", harvest.id)));
    document
}

/// Harvests go on while one looks.
fn fresh(document: &Json) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/json")
        .body(document.to_string())
}

fn failed(http: &HttpRequest, error: &StoreError) -> HttpResponse {
    tracing::warn!(%error, "the journal of harvests could not be read");
    problem(
        http,
        StatusCode::SERVICE_UNAVAILABLE,
        "the journal can't be read at the moment; try again shortly",
    )
}

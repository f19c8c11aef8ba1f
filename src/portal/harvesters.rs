//! `/datasets/{dataset}/harvesters`: what each national harvester will keep of a dataset's record, field by field, and what to do about
//! the rest. Programs get the same as JSON.

use super::site::{Asked, Policy, Site, varying};
use crate::catalogue::check::{self, Finding, Judgement, Level, Verdict as Met};
use crate::catalogue::dryrun::{DryRun, Outcome, Said, Target, Verdict, dry_run};
use crate::model::{Dataset, Lang, Scope};
use crate::services::edge::{Call, problem};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::Utc;
use serde_json::json;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "portal/harvesters.html")]
struct Page {
    lang: Lang,
    site: Site,
    dataset: [String; 2],
    runs: Vec<Run>,
    inspire: Inspire,
}

/// What the validator of INSPIRE will say.
struct Inspire {
    good: bool,
    summary: String,
    gaps: Vec<Gap>,
}

struct Gap {
    requirement: String,
    level: &'static str,
    class: &'static str,
    text: String,
}

struct Run {
    id: &'static str,
    title: &'static str,
    taken: bool,
    /// `14 gardés · 3 perdus`.
    summary: String,
    rows: Vec<Row>,
}

struct Row {
    field: String,
    ours: String,
    class: &'static str,
    verdict: &'static str,
    theirs: String,
    why: String,
    remedy: String,
}

/// The page.
pub(super) async fn harvesters(http: HttpRequest, call: Call, slug: web::Path<String>) -> HttpResponse {
    let asked = Asked::read(&http, &call);
    let snapshot = call.app.registry.snapshot();
    let found = snapshot.visible_datasets(&call.caller, &call.scope).find(|d| d.slug == *slug);
    let Some(dataset) = found else {
        let detail = "there is no such dataset; / lists them";
        return varying(problem(&http, StatusCode::NOT_FOUND, detail));
    };
    let reach = snapshot.reach(&call.caller, &Scope::Dataset(dataset.slug.clone()));
    let identifier = dataset.record.to_string();
    let record = match call.app.catalogue.model(&identifier, &reach, call.deadline()).await {
        Ok(Some(found)) => found.record,
        Ok(None) => {
            let detail = "this dataset has no record yet; try again shortly";
            return varying(problem(&http, StatusCode::SERVICE_UNAVAILABLE, detail));
        }
        Err(error) => {
            tracing::warn!(%error, "a record could not be read");
            let detail = "the record can't be read at the moment; try again shortly";
            return varying(problem(&http, StatusCode::SERVICE_UNAVAILABLE, detail));
        }
    };
    let runs = Target::ALL.map(|target| dry_run(&record, target, Utc::now()));
    let judged = check::judge(&record);
    if !asked.wants_page(&http) {
        let gaps: Vec<_> = judged.iter().filter_map(|judgement| judgement.finding.as_ref()).collect();
        let document = json!({
            "dataset": dataset.slug,
            "record": dataset.record,
            "harvesters": runs,
            "inspire": { "requirements": judged, "findings": gaps },
        });
        return varying(
            HttpResponse::Ok()
                .insert_header(("Cache-Control", "no-store"))
                .content_type("application/json")
                .body(document.to_string()),
        );
    }
    let page = page(&http, &call, &asked, dataset, &runs, &judged);
    varying(asked.answer(&http, &call, &snapshot, StatusCode::OK, &page, Policy::Passing))
}

fn page(
    http: &HttpRequest,
    call: &Call,
    asked: &Asked,
    dataset: &Arc<Dataset>,
    runs: &[DryRun],
    judged: &[Judgement],
) -> Page {
    let lang = asked.lang;
    let root = call.app.config.public_path();
    Page {
        lang,
        site: asked.site(http, call),
        dataset: [format!("{root}/datasets/{}{}", dataset.slug, asked.suffix()), dataset.title.clone()],
        runs: runs
            .iter()
            .map(|run| Run {
                id: run.target.code(),
                title: run.target.title(),
                taken: run.taken,
                summary: summary(run, lang),
                rows: run.outcomes.iter().map(|outcome| row(outcome, lang)).collect(),
            })
            .collect(),
        inspire: inspire(judged, lang),
    }
}

fn inspire(judged: &[Judgement], lang: Lang) -> Inspire {
    let count = |verdict| judged.iter().filter(|judgement| judgement.verdict == verdict).count();
    let (met, unmet) = (count(Met::Met), count(Met::Unmet));
    let gap = |finding: &Finding| Gap {
        requirement: finding.requirement.clone(),
        level: match finding.level {
            Level::Info => lang.pick("à savoir", "note"),
            Level::Warning => lang.pick("à compléter", "to fill in"),
            Level::Error => lang.pick("bloquant", "blocking"),
        },
        class: if finding.level == Level::Error { "" } else { "fair" },
        text: match lang {
            Lang::Fr => finding.fr.clone(),
            Lang::En => finding.en.clone(),
        },
    };
    Inspire {
        good: unmet == 0,
        summary: format!(
            "{met} {} · {unmet} {}",
            lang.pick("exigences remplies", "requirements met"),
            lang.pick("à compléter", "to be met")
        ),
        gaps: judged.iter().filter_map(|judgement| judgement.finding.as_ref()).map(gap).collect(),
    }
}

fn summary(run: &DryRun, lang: Lang) -> String {
    let part = |verdict| {
        let count = run.count(verdict);
        (count > 0).then(|| format!("{}{} {count}", verdict.word(lang), lang.pick("\u{a0}:", ":")))
    };
    let parts = [Verdict::Refused, Verdict::Kept, Verdict::Changed, Verdict::Lost, Verdict::Absent].map(part);
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn row(outcome: &Outcome, lang: Lang) -> Row {
    let said =
        |words: &Option<Said>| words.as_ref().map(|said| said.pick(lang).to_owned()).unwrap_or_default();
    Row {
        field: outcome.field.label().pick(lang).to_owned(),
        ours: outcome.ours.clone(),
        class: match outcome.verdict {
            Verdict::Kept => "good",
            Verdict::Changed | Verdict::Absent => "fair",
            Verdict::Lost | Verdict::Refused => "",
        },
        verdict: outcome.verdict.word(lang),
        theirs: said(&outcome.theirs),
        why: said(&outcome.why),
        remedy: said(&outcome.remedy),
    }
}

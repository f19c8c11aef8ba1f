//! A style made from the values of a column, to be looked at and stored with PUT.

use super::stylesheet::{MAPLIBRE, SLD_10, SLD_11};
use crate::features::{Geometry, Page, Query};
use crate::filter::Filter;
use crate::filter::ast::{ArithmeticOp, CompareOp, Expr, Literal};
use crate::model::{Column, ColumnType, Lang, Layer, Value};
use crate::services::edge::{Call, Operation, StyleAddresses};
use crate::services::ogcapi::common::{Form, Offer, Parameters, Problem, find, negotiated, tagged};
use crate::style::generate::{self, GenerateError, Kind, MOST_CLASSES, Method, PALETTES, Palette, Wanted};
use crate::style::{Style, maplibre, sld};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use std::sync::Arc;

/// Values that are read; of more features, every so many-th is.
const ROWS: u64 = 200_000;
/// Longest text that is told apart.
const LETTERS: usize = 200;
/// Classes when nobody says how many.
const CLASSES: usize = 5;
/// Values with a colour of their own when nobody says how many.
const VALUES: usize = 8;

const PARAMETERS: [&str; 6] = ["column", "method", "classes", "palette", "reverse", "f"];

/// What the style is offered as.
const OFFERS: [Offer; 3] = [
    Offer {
        form: Form::Xml,
        names: &["sld11", "sld"],
        media_types: &[
            SLD_11,
            "application/vnd.ogc.se+xml",
            "application/vnd.ogc.sld+xml",
            "application/xml",
            "text/xml",
        ],
    },
    Offer { form: Form::OtherXml, names: &["sld10"], media_types: &[SLD_10] },
    Offer { form: Form::Json, names: &["mapbox"], media_types: &[MAPLIBRE, "application/json"] },
];

/// `GET /ogc/collections/{collection}/styles/generated`
pub(super) async fn get(call: Call, http: HttpRequest) -> HttpResponse {
    let answer = answer(&call, &http).await.unwrap_or_else(|problem| problem.respond());
    Operation("ogcapi", "getGeneratedStyle").on(answer)
}

async fn answer(call: &Call, http: &HttpRequest) -> Result<HttpResponse, Problem> {
    let parameters = Parameters::read(http, &PARAMETERS, |_| false)?;
    let layer = find(call, http.match_info().get("collection").unwrap_or_default())?;
    let form = negotiated(http, parameters.get("f"), &OFFERS)?;
    let asked = Asked::read(&parameters, &layer)?;
    let (values, every) = values(call, &layer, &asked.column.name).await?;
    let lang = call.lang;
    let title = title(&asked, every, lang);
    let layer_of_style = Arc::clone(&layer);
    // Sorting and comparing values takes a while: not on the threads that answer.
    let made = actix_web::web::block(move || asked.style(values, &layer_of_style, lang)).await;
    let style = made
        .map_err(|_| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping"))?
        .map_err(|error| refused(&error))?;
    let version = match form {
        Form::Json => {
            let addresses = StyleAddresses::of(call, &layer, None);
            return Ok(tagged(
                http,
                maplibre::write(&style, &layer, &title, addresses.borrowed()).to_string(),
                MAPLIBRE,
            ));
        }
        Form::OtherXml => sld::Version::V100,
        _ => sld::Version::V110,
    };
    let named = sld::Named { name: "generated", title: &title, is_default: true, style: &style };
    let written = sld::write(&layer.slug, named, version)
        .map_err(|error| Problem::new(StatusCode::NOT_ACCEPTABLE, error.to_string()))?;
    Ok(tagged(http, written, if version == sld::Version::V100 { SLD_10 } else { SLD_11 }))
}

/// What was asked for.
struct Asked {
    column: Column,
    /// Classes of numbers; each value for itself when absent.
    method: Option<Method>,
    classes: usize,
    palette: &'static Palette,
    reversed: bool,
}

const CATEGORIES: &str = "categories";

impl Asked {
    fn read(parameters: &Parameters, layer: &Layer) -> Result<Self, Problem> {
        let column = column(parameters.get("column"), layer)?;
        let numeric = column.kind.is_numeric();
        let methods = || {
            let classes = Method::ALL.map(|(name, _)| name).join(", ");
            if numeric {
                format!("{CATEGORIES}, {classes}")
            } else {
                format!("{CATEGORIES} for a column without numbers")
            }
        };
        let method = match parameters.get("method") {
            None if numeric => Some(Method::Quantile),
            None | Some(CATEGORIES) => None,
            Some(name) => match Method::named(name).filter(|_| numeric) {
                Some(method) => Some(method),
                None => {
                    let named: String = name.chars().take(60).collect();
                    let detail = format!("'{named}' is no method here; there are: {}", methods());
                    return Err(Problem::invalid("method", detail));
                }
            },
        };
        let classes = match parameters.get("classes") {
            None => {
                if method.is_some() {
                    CLASSES
                } else {
                    VALUES
                }
            }
            Some(text) => text.parse().ok().filter(|n| (1..=MOST_CLASSES).contains(n)).ok_or_else(|| {
                Problem::invalid("classes", format!("classes is a whole number from 1 to {MOST_CLASSES}"))
            })?,
        };
        let palette = match parameters.get("palette") {
            Some(name) => Palette::named(name).ok_or_else(|| unknown_palette(name))?,
            None => default_palette(method, classes),
        };
        let reversed = match parameters.get("reverse") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(Problem::invalid("reverse", "reverse is true or false")),
        };
        Ok(Self { column, method, classes, palette, reversed })
    }

    fn style(&self, values: Vec<Option<String>>, layer: &Layer, lang: Lang) -> Result<Style, GenerateError> {
        let rest = [lang.pick("Autres", "Other"), lang.pick("Sans valeur", "No value")];
        let wanted = Wanted {
            column: &self.column.name,
            classes: self.classes,
            palette: self.palette,
            reversed: self.reversed,
            geometry: layer.geometry,
            rest,
        };
        match self.method {
            None => generate::categorized(wanted, values),
            Some(method) => {
                let numbers = values.into_iter().map(|value| value.and_then(|text| text.parse().ok()));
                generate::graduated(wanted, method, numbers)
            }
        }
    }
}

fn column(name: Option<&str>, layer: &Layer) -> Result<Column, Problem> {
    let can = |column: &&Column| !matches!(column.kind, ColumnType::Binary | ColumnType::Json);
    let known = || {
        let names: Vec<&str> = layer.columns.iter().filter(can).map(|c| c.name.as_str()).collect();
        format!("there are: {}", names.join(", "))
    };
    let Some(name) = name else {
        return Err(Problem::invalid(
            "column",
            format!("say of which column in the parameter column; {}", known()),
        ));
    };
    layer.columns.iter().filter(can).find(|c| c.name == name).cloned().ok_or_else(|| {
        let named: String = name.chars().take(80).collect();
        Problem::invalid(
            "column",
            format!("layer '{}' has no column '{named}' to tell features apart by; {}", layer.slug, known()),
        )
    })
}

fn unknown_palette(name: &str) -> Problem {
    let shown = |palette: &Palette| {
        let safe = if palette.safe { ", safe for the colour-blind" } else { "" };
        format!("{} ({}{safe})", palette.name, palette.kind.name())
    };
    let all: Vec<String> = PALETTES.iter().map(shown).collect();
    let named: String = name.chars().take(60).collect();
    Problem::invalid("palette", format!("'{named}' is no palette; there are: {}", all.join(", ")))
}

/// One that the colour-blind can read, and that has enough colours.
fn default_palette(method: Option<Method>, classes: usize) -> &'static Palette {
    let kind = if method.is_some() { Kind::Sequential } else { Kind::Qualitative };
    let fits = |palette: &&Palette| palette.kind == kind && palette.colors(classes, false).is_some();
    PALETTES.iter().find(fits).unwrap_or(const { &PALETTES[0] })
}

/// The values of a column as texts, and the how many-th feature each is of.
async fn values(
    call: &Call,
    layer: &Arc<Layer>,
    column: &str,
) -> Result<(Vec<Option<String>>, i64), Problem> {
    let count = u64::try_from(layer.features).unwrap_or(0);
    let every = i64::try_from(count.div_ceil(ROWS)).unwrap_or(1).max(1);
    let literal = |number| Expr::Literal(Literal::Integer(number));
    let remainder = Expr::Arithmetic {
        op: ArithmeticOp::Mod,
        left: Box::new(Expr::Property("fid".to_owned())),
        right: Box::new(literal(every)),
    };
    let sampled =
        Filter::Compare { op: CompareOp::Equal, left: remainder, right: literal(0), match_case: true };
    let query = Query {
        columns: Some(vec![column.to_owned()]),
        geometry: Geometry::Skip,
        filter: (every > 1).then_some(sampled),
        page: Page { limit: Some(ROWS * 2), ..Page::default() },
        ..Query::all(Arc::clone(layer)).unordered()
    };
    let mut rows = call.app.features.stream(&query, call.deadline()).await?;
    let mut values = Vec::new();
    while let Some(feature) = rows.next().await {
        values.push(text(feature?.value(0)));
    }
    Ok((values, every))
}

fn text(value: Value<'_>) -> Option<String> {
    match value {
        Value::Null | Value::Binary(_) | Value::Json(_) => None,
        // A class of such a text would help nobody.
        Value::Text(text) => (text.chars().count() <= LETTERS).then(|| text.into_owned()),
        Value::Decimal(text) => Some(text.into_owned()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => number.is_finite().then(|| number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Date(day) => Some(day.to_string()),
        Value::Time(time) => Some(time.to_string()),
        Value::Timestamp(instant) => Some(instant.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)),
    }
}

/// The title: the column, and where not all features were looked at, that.
fn title(asked: &Asked, every: i64, lang: Lang) -> String {
    let column = asked.column.name.as_str();
    match every {
        1 => column.to_owned(),
        _ => format!(
            "{column} ({} {every})",
            lang.pick("échantillon : un objet sur", "sample: one feature in")
        ),
    }
}

fn refused(error: &GenerateError) -> Problem {
    let parameter = match error {
        GenerateError::TooFewColours { .. } => "palette",
        _ => "column",
    };
    Problem::invalid(parameter, error.to_string())
}

//! Features written while rows arrive (OGC 09-025r2 clause 11.3.3).

use super::{Head, close, close_geojson, collection, fresh, layers_of, open, open_geojson};
use crate::features::{FeatureEngine, FeatureStream, PageKey, Tuple, TupleStream};
use crate::formats::gml::{self, Collection, Members, Spelling, gml2};
use crate::formats::{EncodeError, decimals_for, geojson};
use crate::model::{FeatureRef, Layer};
use crate::services::edge::{Broken, Call, PIECE, Pieces, next_piece, pieces};
use crate::services::wfs::error::WfsError;
use crate::services::wfs::format::Format;
use crate::services::wfs::paging;
use crate::services::wfs::plan::{Part, Property, native, property};
use crate::services::wfs::request::GetFeature;
use crate::services::wfs::version::Version;
use crate::services::wfs::versions::Found;
use crate::store::Deadline;
use actix_web::HttpResponse;
use futures_util::StreamExt;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

/// Opens the first query, so that what it refuses is still told as an exception, then streams.
///
/// # Errors
/// [`WfsError`] of the first query.
pub async fn stream(
    call: &Call,
    get: &GetFeature,
    parts: Vec<Part>,
    heads: Vec<Head>,
    mut head: Head,
    reference: Option<String>,
) -> Result<HttpResponse, WfsError> {
    let settings = Settings {
        engine: call.app.features.clone(),
        deadline: call.export_deadline(),
        version: get.version,
        format: get.format,
        reference,
    };
    let several = parts.len() > 1;
    let mut response = fresh(get.format);
    let mut out = Vec::new();
    let first_crs = parts.first().map(|part| part.crs.clone());
    let mut waiting: VecDeque<(Part, Head)> = parts.iter().cloned().zip(heads).collect();
    let current = match waiting.pop_front() {
        Some((part, part_head)) => Some(Running::open(&settings, part, part_head).await?),
        None => None,
    };
    if let (false, Some(running)) = (several, &current)
        && let Some(key) = running.key()
    {
        paging::keep_place(&mut head, &key);
    }
    if get.format.is_gml() {
        open(&mut out, call, get, &layers_of(&parts), &head, settings.reference.is_some());
    } else {
        open_geojson(&mut out, first_crs.as_ref());
    }
    let writer = Writer { settings, several, head, parts: waiting, current, written: 0, out, over: false };
    Ok(response.streaming(pieces(&call.app.runtime, writer)))
}

/// What all parts of an answer share.
struct Settings {
    engine: FeatureEngine,
    deadline: Deadline,
    version: Version,
    format: Format,
    /// The property of GetPropertyValue.
    reference: Option<String>,
}

/// How the features of one part are written.
enum Encoding {
    Gml(Box<Members>),
    Gml2(gml2::Collection),
    Json(geojson::Writer),
    /// GetPropertyValue: the value's element, or the identifier.
    Value(Value),
    /// A join: how the features of each type are written, and the first place of the same type.
    Tuple(Vec<(usize, Members)>),
}

enum Value {
    Identifier,
    Column(String),
    Geometry(String, Spelling),
}

/// What a part reads, with what has arrived and isn't written yet.
enum Rows {
    Features(FeatureStream, Option<crate::features::Feature>),
    Tuples(TupleStream, HashSet<(usize, i64)>),
    /// Earlier states: those from a place to another.
    Found(Arc<Vec<Found>>, std::ops::Range<usize>),
}

/// The part that is being written.
struct Running {
    rows: Rows,
    layer: Arc<Layer>,
    head: Head,
    encoding: Encoding,
    opened: bool,
    tuples: u64,
}

impl Running {
    async fn open(
        settings: &Settings,
        part: Part,
        head: Head,
    ) -> Result<Self, crate::features::FeatureError> {
        let layer = Arc::clone(&part.query.layer);
        let spelling = Spelling::of(&part.crs, false);
        let running = |rows, encoding| Self { rows, layer, head, encoding, opened: false, tuples: 0 };
        if let Some(join) = &part.join {
            let stream = settings.engine.join(join, settings.deadline).await?;
            let members = join.sides.iter().zip(stream.columns()).map(|(side, columns)| {
                let layer = &side.query.layer;
                let own = native(layer, settings.version);
                let spelling = if part.is_native { Spelling::of(&own, false) } else { spelling.clone() };
                let same = join.sides.iter().position(|s| s.query.layer.slug == layer.slug);
                (same.unwrap_or_default(), Members::new(layer, columns, spelling))
            });
            let encoding = Encoding::Tuple(members.collect());
            return Ok(running(Rows::Tuples(stream, HashSet::new()), encoding));
        }
        if let Some(found) = part.found {
            let start = usize::try_from(part.query.page.offset).unwrap_or(usize::MAX).min(found.len());
            let limit = part.query.page.limit.and_then(|l| usize::try_from(l).ok()).unwrap_or(usize::MAX);
            let end = start.saturating_add(limit).min(found.len());
            let layer = &part.query.layer;
            let encoding = encoding(settings, layer, &layer.columns, spelling, decimals_for(&part.crs.crs));
            return Ok(running(Rows::Found(found, start..end), encoding));
        }
        let mut stream = settings.engine.stream(&part.query, settings.deadline).await?;
        let first = stream.next().await.transpose()?;
        let encoding = match (&settings.reference, settings.format) {
            (None, Format::Gml2) => Encoding::Gml2(gml2::Collection::new(&part.crs.crs)),
            _ => {
                let decimals = decimals_for(&part.crs.crs);
                encoding(settings, &part.query.layer, stream.columns(), spelling, decimals)
            }
        };
        Ok(running(Rows::Features(stream, first), encoding))
    }

    /// The place of the first feature, where features have places.
    fn key(&self) -> Option<PageKey> {
        match &self.rows {
            Rows::Features(_, Some(first)) => Some(first.key()),
            _ => None,
        }
    }
}

/// The geometry's name as a reference has it, where an agreed schema has names for it.
fn geometry_name<'a>(layer: &'a Layer, reference: &str) -> &'a str {
    let last = reference.rsplit(['/', ':']).next().unwrap_or(reference);
    let asked = layer.gml.geometry_called(last).or_else(|| layer.gml.geometry.first());
    asked.map_or("geom", |name| name.name.as_str())
}

fn encoding(
    settings: &Settings,
    layer: &Layer,
    columns: &[crate::model::Column],
    spelling: Spelling,
    decimals: usize,
) -> Encoding {
    let prefix = &layer.dataset.organisation.prefix;
    match &settings.reference {
        Some(reference) => Encoding::Value(match property(layer, reference) {
            Some(Property::Column(name)) if name.starts_with("gml:") => Value::Column(name.to_owned()),
            Some(Property::Column(name)) => Value::Column(format!("{prefix}:{name}")),
            Some(Property::Geometry) => {
                Value::Geometry(format!("{prefix}:{}", geometry_name(layer, reference)), spelling)
            }
            _ => Value::Identifier,
        }),
        None if settings.format.is_gml() => {
            Encoding::Gml(Box::new(Members::new(layer, columns, spelling).in_dialect(settings.version.gml())))
        }
        None => {
            let mut writer = geojson::Writer::new(columns, decimals);
            writer.id_prefix(&format!("{}.", layer.slug));
            Encoding::Json(writer)
        }
    }
}

/// A running answer.
struct Writer {
    settings: Settings,
    several: bool,
    head: Head,
    parts: VecDeque<(Part, Head)>,
    current: Option<Running>,
    written: u64,
    out: Vec<u8>,
    over: bool,
}

impl Pieces for Writer {
    type Error = Broken;

    async fn fill(&mut self) -> Result<(), Broken> {
        // Only 2.0 keeps the features of several queries apart (OGC 09-025r2 clause 11.3.3.5).
        let nested = self.several
            && self.settings.format.is_gml()
            && self.settings.reference.is_none()
            && self.settings.version == Version::V200;
        while self.out.len() < PIECE && !self.over {
            let Some(part) = &mut self.current else {
                match self.parts.pop_front() {
                    Some((part, head)) => {
                        self.current = Some(Running::open(&self.settings, part, head).await?);
                    }
                    None => self.end(),
                }
                continue;
            };
            if nested && !part.opened {
                self.out.extend_from_slice(b"<wfs:member>");
                collection(&part.head).start_tag(false, &mut self.out);
            }
            part.opened = true;
            if part.write_next(&mut self.out, self.written > 0).await? {
                self.written += 1;
                continue;
            }
            if nested {
                Collection::end_tag(&mut self.out);
                self.out.extend_from_slice(b"</wfs:member>\n");
            }
            self.current = None;
        }
        Ok(())
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::replace(&mut self.out, next_piece())
    }

    fn is_over(&self) -> bool {
        self.over
    }
}

impl Writer {
    fn end(&mut self) {
        if self.settings.format.is_gml() {
            close(&mut self.out, self.settings.reference.is_some());
        } else {
            close_geojson(&mut self.out, &self.head);
        }
        self.over = true;
    }
}

impl Running {
    /// Writes what comes next; false at the end.
    async fn write_next(&mut self, out: &mut Vec<u8>, follows: bool) -> Result<bool, Broken> {
        match &mut self.rows {
            Rows::Features(stream, first) => {
                let next = match first.take() {
                    Some(first) => Some(first),
                    None => stream.next().await.transpose()?,
                };
                let Some(feature) = next else { return Ok(false) };
                let values = feature.values();
                let whole = feature.reference(&values);
                write_feature(out, &self.layer, &self.encoding, whole, follows)?;
            }
            Rows::Tuples(stream, seen) => {
                let Some(tuple) = stream.next().await.transpose()? else { return Ok(false) };
                self.tuples += 1;
                if let Encoding::Tuple(members) = &self.encoding {
                    write_tuple(out, members, &tuple, seen, self.tuples)?;
                }
            }
            Rows::Found(found, places) => {
                let Some(state) = places.next().and_then(|at| found.get(at)) else { return Ok(false) };
                let feature = &state.feature;
                let values = feature.values();
                let whole = feature.reference(&values);
                match &self.encoding {
                    Encoding::Gml(members) => {
                        let attribute = format!(" state=\"{}\"", state.state());
                        members.with_suffix(state.suffix()).member_with(&attribute, whole, out)?;
                    }
                    encoding => write_feature(out, &self.layer, encoding, whole, follows)?,
                }
            }
        }
        Ok(true)
    }
}

/// Writes a tuple of a join (clause 11.3.3.6). A document may have an identifier once: a feature that goes
/// together with several others has the tuple's number behind its identifier from the second time on.
fn write_tuple(
    out: &mut Vec<u8>,
    members: &[(usize, Members)],
    tuple: &Tuple,
    seen: &mut HashSet<(usize, i64)>,
    number: u64,
) -> Result<(), Broken> {
    out.extend_from_slice(b"<wfs:member><wfs:Tuple>\n");
    tuple.each(|side, feature| {
        let Some((same, members)) = members.get(side) else { return Ok::<(), Broken>(()) };
        if seen.insert((*same, feature.fid)) {
            members.member(feature, out)?;
        } else {
            members.with_suffix(format!(".t{number}-{side}")).member(feature, out)?;
        }
        Ok(())
    })?;
    out.extend_from_slice(b"</wfs:Tuple></wfs:member>\n");
    Ok(())
}

fn write_feature(
    out: &mut Vec<u8>,
    layer: &Layer,
    encoding: &Encoding,
    whole: FeatureRef<'_>,
    follows: bool,
) -> Result<(), EncodeError> {
    match encoding {
        Encoding::Gml(members) => return members.member(whole, out),
        Encoding::Gml2(collection) => return collection.member(layer, whole, out),
        Encoding::Json(writer) => {
            if follows {
                out.extend_from_slice(b",\n");
            }
            return writer.single(whole, &[], out);
        }
        Encoding::Tuple(_) => return Ok(()),
        Encoding::Value(Value::Identifier) => {
            out.extend_from_slice(format!("<wfs:member>{}.{}", layer.slug, whole.fid).as_bytes());
        }
        Encoding::Value(Value::Column(name)) => {
            out.extend_from_slice(format!("<wfs:member><{name}>").as_bytes());
            if let Some(value) = whole.values.first() {
                gml::push_value(value, out);
            }
            out.extend_from_slice(format!("</{name}>").as_bytes());
        }
        Encoding::Value(Value::Geometry(name, spelling)) => {
            out.extend_from_slice(format!("<wfs:member><{name}>").as_bytes());
            if let Some(ewkb) = whole.geometry {
                let id = format!("{}.{}.geom", layer.slug, whole.fid);
                gml::push_geometry(ewkb, Some(&id), spelling, out)
                    .map_err(|cause| EncodeError::Geometry { fid: whole.fid, cause })?;
            }
            out.extend_from_slice(format!("</{name}>").as_bytes());
        }
    }
    out.extend_from_slice(b"</wfs:member>\n");
    Ok(())
}

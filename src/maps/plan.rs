//! What to read of a layer for a map, and how its rules tell features apart.

use super::pixels::{PixelCondition, split};
use super::projector::Projector;
use super::{MapError, MapLayer, MapRequest};
use crate::features::{Coarse, Geometry, Query};
use crate::filter::{Checked, Filter, FilterError, Schema, check};
use crate::geo::{BBox, Transform};
use crate::model::Layer;
use crate::render::Tracer;
use crate::style::{Expression, LabelPart, Rule, Style, Symbolizer};
use std::sync::Arc;

/// Share of a pixel that details of a geometry may move by when it is simplified.
const DETAIL: f64 = 0.4;

/// A layer ready to be read.
pub(super) struct LayerPlan {
    pub(super) query: Query,
    pub(super) projector: Projector,
    pub(super) tracer: Tracer,
    pub(super) passes: Vec<PassPlan>,
    pub(super) style: Arc<Style>,
    /// The style's name, for people.
    pub(super) style_name: String,
    pub(super) scale: f32,
    /// Scale denominator of the map.
    pub(super) denominator: f64,
    /// Layers of any geometry: each symbolizer draws its own kind only.
    pub(super) strict: bool,
    /// Which pixels of images are shown.
    pub(super) pixels: Option<PixelCondition>,
}

/// The rules of a `FeatureTypeStyle` that are drawn at the map's scale.
pub(super) struct PassPlan {
    pub(super) rules: Vec<RulePlan>,
}

/// A rule that is drawn.
pub(super) struct RulePlan {
    /// Its place among the passes and rules of the style.
    pub(super) place: (usize, usize),
    pub(super) condition: Condition,
    /// Its labels: symbolizer, pieces.
    pub(super) labels: Vec<(usize, Vec<Piece>)>,
}

impl RulePlan {
    /// Whether it draws every feature in the same way.
    fn is_for_all(&self) -> bool {
        matches!(self.condition, Condition::All) && self.labels.is_empty()
    }
}

/// Which features a rule takes.
pub(super) enum Condition {
    All,
    /// Those that no other rule of the pass takes.
    Otherwise,
    /// Held against values while they are read.
    Plain(Checked),
    /// Left to the database: the filter, to be asked for once.
    Asked(Filter),
}

/// A piece of a label.
pub(super) enum Piece {
    Text(String),
    Value(Source),
    Computed(Expression),
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Fid,
    /// Place among the query's columns.
    Column(usize),
}

/// Names that styles use for the identifier.
pub(super) fn source(layer: &Layer, columns: &[String], name: &str) -> Option<Source> {
    let column = column_name(layer, name);
    match column {
        Some(name) => columns.iter().position(|c| c == name).map(Source::Column),
        None => matches!(name, "fid" | "id" | "@id" | "@gml:id").then_some(Source::Fid),
    }
}

/// The column that a style means: exactly so named, or behind a prefix.
fn column_name<'a>(layer: &'a Layer, name: &str) -> Option<&'a str> {
    let tail = name.rsplit(['/', ':']).next().unwrap_or(name);
    [name, tail].into_iter().find_map(|n| layer.column(n)).map(|c| c.name.as_str())
}

/// A label's property that isn't there, and those that are: the words of filters.
pub(super) fn no_property(layer: &Layer, name: &str) -> String {
    FilterError::UnknownProperty { property: name.to_owned(), known: layer.names().join(", ") }.to_string()
}

/// Plans a layer of a map; `None` when nothing of it is drawn.
pub(super) fn plan(
    request: &MapRequest,
    map_layer: &MapLayer,
    style: &Arc<Style>,
) -> Result<Option<LayerPlan>, MapError> {
    let layer = &map_layer.layer;
    let denominator = request.denominator();
    let unfit = |message: String| MapError::Unfit {
        layer: layer.slug.clone(),
        style: map_layer.style.name().to_owned(),
        message,
    };
    let Some(Extent { to_map, window, shown }) = extent(request, layer, style.reach(denominator))? else {
        return Ok(None);
    };
    let passes = passes(layer, style, denominator).map_err(&unfit)?;
    let rules = || passes.iter().flatten();
    if rules().next().is_none() {
        return Ok(None);
    }
    let columns = columns(layer, style, denominator, rules().map(|(_, c)| c)).map_err(&unfit)?;
    let mut planned = Vec::new();
    let mut wanted = Vec::new();
    for pass in passes {
        let mut rules = Vec::new();
        for ((at, rule), condition) in pass {
            wanted.push(rule.filter.clone());
            let labels = labels(layer, rule, &columns);
            rules.push(RulePlan { place: at, condition, labels });
        }
        planned.push(PassPlan { rules });
    }
    let (asked, pixels) = match (&map_layer.filter, &layer.coverage) {
        (Some(filter), Some(coverage)) => split(filter.clone(), coverage),
        (filter, _) => (filter.clone(), None),
    };
    // When every rule has its own condition, features that none takes needn't leave the database.
    let filters: Option<Vec<Filter>> = wanted.into_iter().collect();
    let pixel = pixel_of(request, layer, &window);
    // Who tells features apart needs each of them.
    let is_plain = columns.is_empty() && planned.iter().flat_map(|p| &p.rules).all(|r| r.is_for_all());
    let query = Query {
        columns: Some(columns),
        geometry: treatment(layer, pixel),
        coarse: (pixel > 0.0).then_some(Coarse { cell: pixel, merged: is_plain, counted: false }),
        window: (!shown).then_some(window),
        filter: Filter::and(asked, filters.map(either)),
        ..Query::all(Arc::clone(layer)).unordered()
    };
    let reach = style.reach(denominator) * request.scale;
    Ok(Some(LayerPlan {
        style_name: map_layer.style.name().to_owned(),
        query,
        projector: Projector::new(request, to_map, &window),
        tracer: Tracer::new(request.width, request.height, reach),
        passes: planned,
        style: Arc::clone(style),
        scale: request.scale,
        denominator,
        strict: layer.geometry.dimension().is_none(),
        pixels,
    }))
}

fn either(mut filters: Vec<Filter>) -> Filter {
    if filters.len() == 1 { filters.swap_remove(0) } else { Filter::Or(filters) }
}

/// Where a layer lies in a map.
struct Extent {
    to_map: Transform,
    /// The part that the map shows, in the layer's system.
    window: BBox,
    /// Whether all of the layer is shown.
    shown: bool,
}

fn extent(request: &MapRequest, layer: &Layer, reach: f32) -> Result<Option<Extent>, MapError> {
    let Some(own) = layer.extent else { return Ok(None) };
    let transforms = Transform::new(&layer.crs, &request.crs)
        .and_then(|to_map| Ok((to_map, Transform::new(&request.crs, &layer.crs)?)));
    let (to_map, from_map) = transforms.map_err(|e| MapError::Features(e.into()))?;
    // Outside the area where a system is defined there is nothing to see.
    let Ok(on_map) = to_map.bbox(&own) else { return Ok(None) };
    let [x, y] = request.pixel();
    let margin = f64::from(reach * request.scale) + 1.0;
    let seen = BBox::new(
        request.bbox.min_x - margin * x,
        request.bbox.min_y - margin * y,
        request.bbox.max_x + margin * x,
        request.bbox.max_y + margin * y,
    );
    if !seen.intersects(&on_map) {
        return Ok(None);
    }
    let shown = on_map.min_x >= seen.min_x
        && on_map.min_y >= seen.min_y
        && on_map.max_x <= seen.max_x
        && on_map.max_y <= seen.max_y;
    if shown {
        return Ok(Some(Extent { to_map, window: own, shown }));
    }
    // The box of what both share keeps far corners of the map out of the transform.
    let common = seen.intersection(&on_map).unwrap_or(seen);
    Ok(from_map.bbox(&common).ok().map(|window| Extent { to_map, window, shown }))
}

/// Details below a share of a pixel stay in the database; points have none, and borders of images.
fn treatment(layer: &Layer, pixel: f64) -> Geometry {
    if layer.geometry.dimension() == Some(0) || layer.coverage.is_some() || pixel <= 0.0 {
        return Geometry::Native;
    }
    Geometry::Simplified(pixel * DETAIL)
}

/// A pixel of the map in units of the layer; 0 where that can't be told.
fn pixel_of(request: &MapRequest, layer: &Layer, window: &BBox) -> f64 {
    let [x, y] = request.pixel();
    let pixel = x.min(y);
    if layer.crs.srid == request.crs.srid {
        pixel
    } else {
        // One pixel of the map at the middle of what it shows, in the layer's units.
        let [cx, cy] = request.bbox.centre();
        let size = Transform::new(&request.crs, &layer.crs).ok().and_then(|back| {
            let (a, b) = (back.point(cx, cy)?, back.point(cx + x, cy)?);
            let c = back.point(cx, cy + y)?;
            let across = (b[0] - a[0]).hypot(b[1] - a[1]);
            Some(across.min((c[0] - a[0]).hypot(c[1] - a[1])))
        });
        size.unwrap_or(0.0).min(window.width().max(window.height()))
    }
}

type Place = (usize, usize);
type Drawn<'a> = ((Place, &'a Rule), Condition);

fn passes<'a>(layer: &Layer, style: &'a Style, denominator: f64) -> Result<Vec<Vec<Drawn<'a>>>, String> {
    let mut passes = Vec::new();
    for (pass_index, pass) in style.feature_type_styles.iter().enumerate() {
        let mut rules = Vec::new();
        for (index, rule) in pass.rules.iter().enumerate().filter(|(_, r)| r.at_scale(denominator)) {
            rules.push((((pass_index, index), rule), condition(layer, rule)?));
        }
        passes.push(rules);
    }
    Ok(passes)
}

fn condition(layer: &Layer, rule: &Rule) -> Result<Condition, String> {
    let Some(filter) = &rule.filter else {
        return Ok(if rule.otherwise { Condition::Otherwise } else { Condition::All });
    };
    let checked = check(filter, layer).map_err(|e| e.to_string())?;
    Ok(if checked.is_plain() { Condition::Plain(checked) } else { Condition::Asked(filter.clone()) })
}

/// The columns to read, each once.
fn columns<'a>(
    layer: &Layer,
    style: &Style,
    denominator: f64,
    conditions: impl Iterator<Item = &'a Condition>,
) -> Result<Vec<String>, String> {
    let mut names: Vec<String> = style.properties(denominator).into_iter().map(str::to_owned).collect();
    for condition in conditions {
        if let Condition::Plain(checked) = condition {
            names.extend(checked.properties().into_iter().map(str::to_owned));
        }
    }
    let mut columns: Vec<String> = Vec::new();
    for name in names {
        match column_name(layer, &name) {
            Some(column) if !columns.iter().any(|c| c == column) => columns.push(column.to_owned()),
            Some(_) => {}
            None if source(layer, &[], &name) == Some(Source::Fid) => {}
            None => return Err(no_property(layer, &name)),
        }
    }
    Ok(columns)
}

fn labels(layer: &Layer, rule: &Rule, columns: &[String]) -> Vec<(usize, Vec<Piece>)> {
    let piece = |part: &LabelPart| match part {
        LabelPart::Text(text) => Some(Piece::Text(text.clone())),
        LabelPart::Property(name) => source(layer, columns, name).map(Piece::Value),
        LabelPart::Computed(expression) => Some(Piece::Computed(expression.clone())),
    };
    rule.symbolizers
        .iter()
        .enumerate()
        .filter_map(|(index, symbolizer)| match symbolizer {
            Symbolizer::Text(text) => Some((index, text.label.iter().filter_map(piece).collect())),
            _ => None,
        })
        .collect()
}

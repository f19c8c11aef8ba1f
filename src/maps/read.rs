//! Reading a planned layer: features stream in and become shapes, told apart by rule.

use super::MapError;
use super::decode::Decoder;
use super::images::Images;
use super::plan::{Condition, LayerPlan, PassPlan, Piece, RulePlan, Source, source};
use super::variants::Variants;
use crate::features::{Feature, FeatureEngine, Geometry, Query};
use crate::filter::Filter;
use crate::formats::image::Library;
use crate::model::Value;
use crate::render::Shapes;
use crate::store::Deadline;
use crate::style::{Cell, LabelLayout, Style, Symbolizer};
use futures_util::StreamExt;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Points of one map, all layers together: some 160 MB of shapes.
const POINTS: usize = 20_000_000;

/// What one map may still read. Layers are read side by side and share it.
pub(super) struct Budget {
    pub(super) limit: usize,
    features: AtomicUsize,
    points: AtomicUsize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, features: AtomicUsize::new(0), points: AtomicUsize::new(0) }
    }

    fn spend(&self, points: usize) -> Result<(), MapError> {
        if self.features.fetch_add(1, Ordering::Relaxed) >= self.limit {
            return Err(MapError::TooManyFeatures { limit: self.limit });
        }
        if self.points.fetch_add(points, Ordering::Relaxed) + points > POINTS {
            return Err(MapError::TooDetailed);
        }
        Ok(())
    }
}

/// A layer ready to be drawn.
pub(super) struct LayerDrawing {
    pub(super) shapes: Shapes,
    pub(super) style: Arc<Style>,
    pub(super) rules: Vec<RuleDrawing>,
    pub(super) scale: f32,
    /// Scale denominator of the map.
    pub(super) denominator: f64,
    pub(super) strict: bool,
    /// What features are, where they are images.
    pub(super) images: Option<Images>,
}

/// The features that a rule draws.
pub(super) struct RuleDrawing {
    pub(super) place: (usize, usize),
    pub(super) features: Vec<u32>,
    pub(super) labels: Vec<LabelDrawing>,
    /// Looks of the symbolizers that are computed.
    pub(super) variants: Vec<Variants>,
}

impl RuleDrawing {
    /// The database gives features in any order: what lies over what, and which labels find room, is always the same.
    fn in_order(&mut self, fids: &[i64]) {
        let fid = |shape: &u32| fids.get(*shape as usize).copied().unwrap_or(0);
        let looks = self.variants.iter_mut().flat_map(|v| &mut v.looks).map(|(_, features)| features);
        for features in looks.chain([&mut self.features]) {
            if !features.is_sorted_by_key(fid) {
                features.sort_unstable_by_key(fid);
            }
        }
        self.labels.sort_by_key(|label| label.fid);
    }
}

/// A label of a feature.
pub(super) struct LabelDrawing {
    pub(super) feature: u32,
    /// Identifier of the feature.
    pub(super) fid: i64,
    pub(super) symbolizer: usize,
    /// Which look of the symbolizer, where it is computed.
    pub(super) look: Option<usize>,
    pub(super) text: String,
    /// The greatest goes first.
    pub(super) priority: f32,
}

/// Reads a layer.
pub(super) async fn read(
    engine: &FeatureEngine,
    library: &Library,
    plan: LayerPlan,
    budget: &Budget,
    deadline: Deadline,
) -> Result<LayerDrawing, MapError> {
    let LayerPlan { query, projector, tracer, passes, style, style_name, scale, denominator, strict, pixels } =
        plan;
    let mut passes = asked(engine, &query, passes, deadline).await?;
    passes.iter_mut().for_each(|pass| pass.prepare(&style));
    let mut decoder = Decoder::new(projector, tracer);
    let mut stream = engine.stream(&query, deadline).await?;
    let mut seen = 0_usize;
    // By shape.
    let mut fids: Vec<i64> = Vec::new();
    while let Some(feature) = stream.next().await {
        let feature = feature?;
        seen += 1;
        if seen.is_multiple_of(500) {
            // Rows may come faster than they are decoded: others have their turn.
            tokio::task::yield_now().await;
            if deadline.left().is_zero() {
                return Err(MapError::Deadline);
            }
        }
        let before = decoder.tracer.points();
        let Some(ewkb) = feature.geometry() else { continue };
        let shape = decoder.feature(ewkb).map_err(|cause| {
            MapError::Features(crate::features::FeatureError::Geometry { fid: feature.fid(), cause })
        })?;
        budget.spend(decoder.tracer.points() - before)?;
        if let Some(shape) = shape {
            fids.push(feature.fid());
            for pass in &mut passes {
                pass.take(&style, &query, &feature, shape)?;
            }
        }
    }
    let mut rules: Vec<RuleDrawing> = passes.into_iter().flat_map(|p| p.rules).map(|r| r.drawing).collect();
    rules.iter_mut().for_each(|rule| rule.in_order(&fids));
    let images = query.layer.coverage.as_ref().map(|coverage| Images {
        library: library.clone(),
        layer: Arc::clone(&query.layer),
        coverage: Arc::clone(coverage),
        style: style_name,
        fids,
        condition: pixels,
    });
    Ok(LayerDrawing { shapes: decoder.tracer.finish(), style, rules, scale, denominator, strict, images })
}

/// A pass while features come in.
struct Pass {
    rules: Vec<OpenRule>,
}

struct OpenRule {
    condition: Condition,
    /// Features that the database found for a condition that only it can tell.
    found: HashSet<i64>,
    pieces: Vec<(usize, Vec<Piece>)>,
    drawing: RuleDrawing,
}

/// Asks the database for the features of conditions that are left to it.
async fn asked(
    engine: &FeatureEngine,
    query: &Query,
    passes: Vec<PassPlan>,
    deadline: Deadline,
) -> Result<Vec<Pass>, MapError> {
    let mut open = Vec::new();
    for pass in passes {
        let mut rules = Vec::new();
        for RulePlan { place, condition, labels } in pass.rules {
            let mut found = HashSet::new();
            if let Condition::Asked(filter) = &condition {
                let question = Query {
                    columns: Some(Vec::new()),
                    geometry: Geometry::Skip,
                    filter: Filter::and(query.filter.clone(), Some(filter.clone())),
                    ..query.clone()
                };
                let mut stream = engine.stream(&question, deadline).await?;
                while let Some(feature) = stream.next().await {
                    found.insert(feature?.fid());
                }
            }
            let drawing =
                RuleDrawing { place, features: Vec::new(), labels: Vec::new(), variants: Vec::new() };
            rules.push(OpenRule { condition, found, pieces: labels, drawing });
        }
        open.push(Pass { rules });
    }
    Ok(open)
}

impl Pass {
    /// Makes room for the looks of computed symbolizers.
    fn prepare(&mut self, style: &Style) {
        for rule in &mut self.rules {
            rule.drawing.variants = Variants::of(symbolizers(style, rule.drawing.place));
        }
    }

    /// Gives a feature to the rules that take it.
    fn take(&mut self, style: &Style, query: &Query, feature: &Feature, shape: u32) -> Result<(), MapError> {
        let mut taken = false;
        for rule in &mut self.rules {
            let takes = match &rule.condition {
                Condition::All => true,
                Condition::Otherwise => continue,
                Condition::Plain(checked) => {
                    let columns = query.columns.as_deref().unwrap_or_default();
                    let value = |name: &str| match source(&query.layer, columns, name) {
                        Some(source) => read_value(feature, source),
                        None => Value::Null,
                    };
                    checked.holds(&value) == Some(true)
                }
                Condition::Asked(_) => rule.found.contains(&feature.fid()),
            };
            if takes {
                taken = true;
                rule.add(style, query, feature, shape)?;
            }
        }
        if !taken {
            for rule in self.rules.iter_mut().filter(|r| matches!(r.condition, Condition::Otherwise)) {
                rule.add(style, query, feature, shape)?;
            }
        }
        Ok(())
    }
}

/// The symbolizers of a rule by its place.
pub(super) fn symbolizers(style: &Style, (pass, rule): (usize, usize)) -> &[Symbolizer] {
    let rule = style.feature_type_styles.get(pass).and_then(|p| p.rules.get(rule));
    rule.map_or(&[], |r| r.symbolizers.as_slice())
}

impl OpenRule {
    fn add(&mut self, style: &Style, query: &Query, feature: &Feature, shape: u32) -> Result<(), MapError> {
        let columns = query.columns.as_deref().unwrap_or_default();
        let lookup = |name: &str| match source(&query.layer, columns, name) {
            Some(source) => Cell::from(read_value(feature, source)),
            None => Cell::Nothing,
        };
        let drawing = &mut self.drawing;
        drawing.features.push(shape);
        let mut looks = Vec::new();
        for variants in &mut drawing.variants {
            let look = variants.take(symbolizers(style, drawing.place), shape, &lookup)?;
            looks.push((variants.symbolizer, look));
        }
        for (symbolizer, pieces) in &self.pieces {
            let mut text = String::new();
            for piece in pieces {
                match piece {
                    Piece::Text(fixed) => text.push_str(fixed),
                    Piece::Value(source) => append(&mut text, &read_value(feature, *source)),
                    Piece::Computed(expression) => {
                        text.push_str(&expression.evaluate(&lookup).text().unwrap_or_default());
                    }
                }
            }
            if !text.trim().is_empty() {
                let look = looks.iter().find(|(of, _)| of == symbolizer).map(|(_, look)| *look);
                let of = symbolizers(style, drawing.place).get(*symbolizer);
                let priority = of.and_then(Symbolizer::priority).and_then(|p| p.evaluate(&lookup).number());
                drawing.labels.push(LabelDrawing {
                    feature: shape,
                    fid: feature.fid(),
                    symbolizer: *symbolizer,
                    look,
                    text,
                    priority: priority.map_or(LabelLayout::PRIORITY, |p| p as f32),
                });
            }
        }
        Ok(())
    }
}

fn read_value(feature: &Feature, source: Source) -> Value<'_> {
    match source {
        Source::Fid => Value::Integer(feature.fid()),
        Source::Column(index) => feature.value(index),
    }
}

/// A value as people read it; nothing for null.
fn append(text: &mut String, value: &Value<'_>) {
    use std::fmt::Write;
    // Writing to a String can't fail.
    let _ = match value {
        Value::Null | Value::Binary(_) => Ok(()),
        Value::Text(v) | Value::Decimal(v) | Value::Json(v) => text.write_str(v),
        Value::Integer(v) => write!(text, "{v}"),
        Value::Real(v) => write!(text, "{v}"),
        Value::Boolean(v) => write!(text, "{v}"),
        Value::Date(v) => write!(text, "{v}"),
        Value::Time(v) => write!(text, "{v}"),
        Value::Timestamp(v) => write!(text, "{}", v.format("%Y-%m-%d %H:%M")),
    };
}

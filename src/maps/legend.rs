//! Legends of layers.

use super::engine::{MapEngine, MapImage, etag, key};
use super::plan::plan;
use super::read::{Budget, read};
use super::{MapError, MapLayer, MapRequest, MapStyle};
use crate::model::{Layer, StyleInfo};
use crate::render::{ImageFormat, Legend, LegendLook, LegendSection, Sheet};
use crate::store::Deadline;
use crate::style::{Color, Rule, Style, Symbolizer};
use bytes::Bytes;
use std::collections::HashMap;
use std::sync::Arc;

/// Pixels of a legend at most: some 200 MB while it is drawn.
const PIXELS: u64 = 50_000_000;
/// Width and height of a legend at most.
const SIDE: u32 = 32_000;

/// A legend to be drawn.
#[derive(Clone, Debug)]
pub struct LegendRequest {
    /// The layers in their styles, from the top.
    pub layers: Vec<MapLayer>,
    /// Only this rule, by name.
    pub rule: Option<String>,
    /// How it looks. With a denominator only rules that are drawn at that scale are shown.
    pub look: LegendLook,
    /// Only what the features of a map meet.
    pub met: Option<Met>,
    /// Colour behind everything.
    pub background: Color,
    /// No background where the format allows it.
    pub transparent: bool,
    /// Format of the answer.
    pub format: ImageFormat,
}

/// What of a legend is shown beside a map.
#[derive(Clone, Debug)]
pub struct Met {
    /// The map, which shows the layers of the legend.
    pub map: MapRequest,
    /// Leaves out rules that draw none of its features.
    pub hides_empty: bool,
    /// Tells how many features each rule draws.
    pub counts: bool,
}

/// Scale denominators at which something is drawn, as WMS tells them: from `min` up to, but without, `max`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ScaleRange {
    /// Without a lower end when absent.
    pub min: Option<f64>,
    /// Without an upper end when absent.
    pub max: Option<f64>,
}

impl ScaleRange {
    /// The range that holds both.
    #[must_use]
    pub fn widened(self, other: Self) -> Self {
        Self {
            min: self.min.zip(other.min).map(|(a, b)| a.min(b)),
            max: self.max.zip(other.max).map(|(a, b)| a.max(b)),
        }
    }

    fn of(style: &Style) -> Self {
        let one = |rule: &Rule| Self { min: rule.min_scale, max: rule.max_scale };
        style.rules().map(one).reduce(Self::widened).unwrap_or_default()
    }
}

/// What capabilities tell of a style.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StyleFacts {
    /// Width and height of its legend in pixels.
    pub legend: (u32, u32),
    /// At which scales it draws something.
    pub scales: ScaleRange,
}

/// A layer in a legend as data: its rules, and how many features each of them draws where that was asked for.
#[derive(Clone, Debug)]
pub struct LayerLegend {
    /// The layer.
    pub layer: Arc<Layer>,
    /// Its style.
    pub style: Arc<Style>,
    /// The rules shown, by their places among the passes and rules of the style.
    pub rules: Vec<((usize, usize), Option<u64>)>,
}

impl LayerLegend {
    /// The rules, in drawing order.
    pub fn rules(&self) -> impl Iterator<Item = (&Rule, Option<u64>)> {
        self.rules.iter().filter_map(|((pass, rule), count)| {
            let pass = self.style.feature_type_styles.get(*pass)?;
            Some((pass.rules.get(*rule)?, *count))
        })
    }
}

impl LegendRequest {
    /// A layer's style in full, as PNG.
    #[must_use]
    pub fn new(layer: Arc<Layer>, style: MapStyle) -> Self {
        Self::of(vec![MapLayer { layer, style, filter: None }])
    }

    /// The styles of layers in full, as PNG.
    #[must_use]
    pub fn of(layers: Vec<MapLayer>) -> Self {
        Self {
            layers,
            rule: None,
            look: LegendLook::default(),
            met: None,
            background: Color::WHITE,
            transparent: false,
            format: ImageFormat::Png,
        }
    }

    /// A text that is the same for the same legend and no other.
    fn key(&self) -> String {
        let layer = |l: &MapLayer| format!("{}@{}/{}", l.layer.id, l.layer.generation, l.style.key());
        let layers: Vec<String> = self.layers.iter().map(layer).collect();
        let met = self.met.as_ref().map(|met| {
            let generations: Vec<i64> = met.map.layers.iter().map(|l| l.layer.generation).collect();
            format!("{}@{generations:?}|{}|{}", met.map.key(), met.hides_empty, met.counts)
        });
        format!(
            "legend|{layers:?}|{:?}|{:?}|{met:?}|{}|{}|{:?}",
            self.rule,
            self.look,
            self.background.hex(),
            self.transparent,
            self.format
        )
    }
}

impl MapEngine {
    /// The ETag of a legend, known before it is drawn.
    #[must_use]
    pub fn legend_etag(request: &LegendRequest) -> String {
        etag(key(&request.key(), &[]))
    }

    /// Width and height of a legend in pixels. Shapes text: to be run off the async workers.
    ///
    /// # Errors
    /// [`MapError::Style`].
    pub fn legend_size(&self, request: &LegendRequest) -> Result<(u32, u32), MapError> {
        let shown = self.shown(request, None)?;
        Ok(laid_out(request, &shown).size())
    }

    /// What capabilities tell of a style, kept by its text. Shapes text: to be run off the async workers.
    ///
    /// # Errors
    /// [`MapError::Style`].
    pub fn style_facts(&self, layer: &Arc<Layer>, info: &StyleInfo) -> Result<StyleFacts, MapError> {
        let key = (xxhash_rust::xxh3::xxh3_128(info.sld.as_bytes()), layer.geometry);
        if let Some(known) = self.styles.facts(key) {
            return Ok(known);
        }
        let style = MapStyle::from(info.clone());
        let scales = ScaleRange::of(&*self.styles.get(layer, &style)?);
        let legend = self.legend_size(&LegendRequest::new(Arc::clone(layer), style))?;
        let facts = StyleFacts { legend, scales };
        self.styles.keep_facts(key, facts);
        Ok(facts)
    }

    /// The legend, from the cache or drawn.
    ///
    /// # Errors
    /// [`MapError`].
    pub async fn legend(
        &self,
        request: LegendRequest,
        deadline: Deadline,
    ) -> Result<MapImage, Arc<MapError>> {
        let key = key(&request.key(), &[]);
        let make = async {
            let shown = self.legend_rules(&request, deadline).await?;
            let drawn = self.pool.run(deadline, move || {
                let legend = laid_out(&request, &shown);
                let (width, height) = legend.size();
                if width.max(height) > SIDE || u64::from(width) * u64::from(height) > PIXELS {
                    return Err(MapError::LegendTooLarge { width, height });
                }
                let sheet = Sheet {
                    width,
                    height,
                    background: (!request.transparent).then_some(request.background),
                    format: request.format,
                    matte: request.background,
                    place: None,
                    scale: request.look.scale,
                };
                Ok(Bytes::from(sheet.draw(|canvas| legend.paint(canvas))?))
            });
            drawn.await?
        };
        self.kept_or(key, make).await
    }

    /// The rules that a legend shows, layer by layer; for one beside a map its features are counted.
    ///
    /// # Errors
    /// [`MapError`].
    pub async fn legend_rules(
        &self,
        request: &LegendRequest,
        deadline: Deadline,
    ) -> Result<Vec<LayerLegend>, MapError> {
        let counts = match &request.met {
            Some(met) => Some(self.counts(met, deadline).await?),
            None => None,
        };
        self.shown(request, counts.as_deref())
    }

    /// How many features of a map each rule of each of its layers draws.
    async fn counts(&self, met: &Met, deadline: Deadline) -> Result<Vec<Counts>, MapError> {
        let budget = Budget::new(self.limit);
        let mut all = Vec::with_capacity(met.map.layers.len());
        for layer in &met.map.layers {
            let style = self.styles.get(&layer.layer, &layer.style)?;
            let mut counts = Counts::new();
            if let Some(plan) = plan(&met.map, layer, &style)? {
                let drawing = read(&self.features, &self.library, plan, &budget, deadline).await?;
                counts.extend(drawing.rules.iter().map(|rule| (rule.place, rule.features.len() as u64)));
            }
            all.push(counts);
        }
        Ok(all)
    }

    fn shown(
        &self,
        request: &LegendRequest,
        counts: Option<&[Counts]>,
    ) -> Result<Vec<LayerLegend>, MapError> {
        let mut shown = Vec::with_capacity(request.layers.len());
        for (index, layer) in request.layers.iter().enumerate() {
            let style = self.styles.get(&layer.layer, &layer.style)?;
            let counted = counts.and_then(|all| all.get(index)).zip(request.met.as_ref());
            let mut rules = Vec::new();
            for (pass, pass_rules) in style.feature_type_styles.iter().enumerate() {
                for (place, _) in pass_rules.rules.iter().enumerate().filter(|(_, r)| request.has(r)) {
                    let place = (pass, place);
                    let (count, hidden) = match counted {
                        Some((counts, met)) => {
                            let count = counts.get(&place).copied().unwrap_or(0);
                            (met.counts.then_some(count), met.hides_empty && count == 0)
                        }
                        None => (None, false),
                    };
                    if !hidden {
                        rules.push((place, count));
                    }
                }
            }
            shown.push(LayerLegend { layer: Arc::clone(&layer.layer), style, rules });
        }
        Ok(shown)
    }
}

/// Features drawn by the rules of a style, by their places.
type Counts = HashMap<(usize, usize), u64>;

impl LegendRequest {
    /// Whether a rule has a place in the legend: one that only writes labels has not.
    fn has(&self, rule: &Rule) -> bool {
        self.look.denominator.is_none_or(|d| rule.at_scale(d))
            && self.rule.as_deref().is_none_or(|name| rule.name.as_deref() == Some(name))
            && rule.symbolizers.iter().any(|s| !matches!(s, Symbolizer::Text(_)))
    }
}

/// Layers without a rule to show are left out, unless there is nothing else.
fn laid_out<'a>(request: &LegendRequest, shown: &'a [LayerLegend]) -> Legend<'a> {
    let section = |shown: &'a LayerLegend| LegendSection {
        title: &shown.layer.title,
        geometry: shown.layer.geometry,
        rules: shown.rules().collect(),
    };
    let sections: Vec<LegendSection<'a>> =
        shown.iter().filter(|shown| !shown.rules.is_empty()).map(section).collect();
    Legend::new(&sections, &request.look)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::sld;

    #[test]
    fn the_scales_of_a_style_reach_as_far_as_any_of_its_rules() {
        let range = |rules: &str| {
            let style = sld::parse(&format!("<FeatureTypeStyle>{rules}</FeatureTypeStyle>")).expect("valid");
            let ScaleRange { min, max } = ScaleRange::of(&style);
            (min, max)
        };
        let rule = |min: &str, max: &str| {
            let end = |name: &str, value: &str| match value {
                "" => String::new(),
                value => format!("<{name}ScaleDenominator>{value}</{name}ScaleDenominator>"),
            };
            format!("<Rule>{}{}<LineSymbolizer/></Rule>", end("Min", min), end("Max", max))
        };
        assert_eq!(range(&rule("1000", "5000")), (Some(1000.0), Some(5000.0)));
        assert_eq!(
            range(&[rule("1000", "5000"), rule("5000", "9000")].concat()),
            (Some(1000.0), Some(9000.0))
        );
        assert_eq!(range(&[rule("1000", "5000"), rule("", "400")].concat()), (None, Some(5000.0)));
        assert_eq!(range(&[rule("1000", "5000"), rule("", "")].concat()), (None, None));
    }
}

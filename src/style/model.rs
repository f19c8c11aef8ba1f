//! The style model, after Symbology Encoding 1.1 (OGC 05-077r4). Lengths are pixels of 0.28 mm unless
//! said otherwise; angles are degrees, clockwise.

use super::{
    Computed, Expression, Graphic, GraphicFill, GraphicStroke, LabelLayout, Parameter, RasterSymbolizer,
};
use crate::filter::Filter;

/// A style of a layer: what a `UserStyle` holds (OGC 02-070 section 11.5).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Style {
    /// Name of the layer that the document is for (`NamedLayer/Name`).
    pub layer: Option<String>,
    /// Name in the document (`UserStyle/Name`).
    pub name: Option<String>,
    /// Title for people.
    pub title: Option<String>,
    /// Drawn one after the other, each over the whole map.
    pub feature_type_styles: Vec<FeatureTypeStyle>,
    /// What the document asks for and is left out on purpose, such as vendor options.
    pub notes: Vec<String>,
}

/// Rules that are drawn in one pass (OGC 05-077r4 clause 9).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FeatureTypeStyle {
    /// Rules; every one whose condition holds draws a feature.
    pub rules: Vec<Rule>,
}

/// When and how features are drawn (OGC 05-077r4 clause 10).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rule {
    /// Name in the document; what `RULE` of GetLegendGraphic means.
    pub name: Option<String>,
    /// Title for people: the text of the legend.
    pub title: Option<String>,
    /// Smallest scale denominator it is drawn at, included.
    pub min_scale: Option<f64>,
    /// Scale denominator from which it is no longer drawn, excluded.
    pub max_scale: Option<f64>,
    /// Condition; every feature when absent.
    pub filter: Option<Filter>,
    /// `ElseFilter`: features that no other rule of the pass takes at this scale.
    pub otherwise: bool,
    /// Drawn in this order.
    pub symbolizers: Vec<Symbolizer>,
}

/// How a geometry is drawn (OGC 05-077r4 clause 11).
#[derive(Clone, Debug, PartialEq)]
pub enum Symbolizer {
    /// Interior and border of areas.
    Polygon(PolygonSymbolizer),
    /// Lines, and borders of areas.
    Line(LineSymbolizer),
    /// A mark at a point: the point itself, the middle of a line, a point inside an area.
    Point(PointSymbolizer),
    /// A label.
    Text(TextSymbolizer),
    /// The images of a raster layer.
    Raster(RasterSymbolizer),
}

/// An sRGB colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red.
    pub r: u8,
    /// Green.
    pub g: u8,
    /// Blue.
    pub b: u8,
}

impl Color {
    /// Black.
    pub const BLACK: Self = Self { r: 0, g: 0, b: 0 };
    /// White.
    pub const WHITE: Self = Self { r: 255, g: 255, b: 255 };
    /// SE's default interior, 50 % grey (OGC 05-077r4 clause 11.2.2).
    pub const GREY: Self = Self { r: 0x80, g: 0x80, b: 0x80 };

    /// Reads `#rrggbb` or `#rgb`, in any case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.trim().strip_prefix('#')?;
        if !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(hex, 16).ok()?;
        let [_, r, g, b] = number.to_be_bytes();
        match hex.len() {
            6 => Some(Self { r, g, b }),
            3 => {
                let double = |shift: u32| u8::try_from((number >> shift) & 0xf).unwrap_or(0) * 17;
                Some(Self { r: double(8), g: double(4), b: double(0) })
            }
            _ => None,
        }
    }

    /// `#rrggbb`.
    #[must_use]
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.r, self.g, self.b)
    }
}

/// Colour of an interior.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fill {
    /// Colour.
    pub color: Color,
    /// 0 (nothing to see) to 1.
    pub opacity: f32,
}

impl Default for Fill {
    fn default() -> Self {
        Self { color: Color::GREY, opacity: 1.0 }
    }
}

/// How a line is painted (OGC 05-077r4 clause 11.1.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// Colour.
    pub color: Color,
    /// 0 to 1.
    pub opacity: f32,
    /// Width.
    pub width: f32,
    /// Ends.
    pub cap: LineCap,
    /// Corners.
    pub join: LineJoin,
    /// Lengths of dashes and gaps in turn; a line without gaps when empty.
    pub dashes: Vec<f32>,
    /// Where in the pattern a line begins.
    pub dash_offset: f32,
    /// Drawn along the line in place of a colour.
    pub graphic: Option<Box<GraphicStroke>>,
}

impl Default for Stroke {
    fn default() -> Self {
        Self {
            color: Color::BLACK,
            opacity: 1.0,
            width: 1.0,
            cap: LineCap::default(),
            join: LineJoin::default(),
            dashes: Vec::new(),
            dash_offset: 0.0,
            graphic: None,
        }
    }
}

/// Ends of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineCap {
    /// Cut at the last point.
    #[default]
    Butt,
    /// A half circle.
    Round,
    /// A half square.
    Square,
}

/// Corners of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineJoin {
    /// Sharp.
    #[default]
    Mitre,
    /// Round.
    Round,
    /// Cut.
    Bevel,
}

/// `PolygonSymbolizer`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolygonSymbolizer {
    /// Interior.
    pub fill: Option<Fill>,
    /// A graphic that covers the interior, in place of a colour.
    pub pattern: Option<Box<GraphicFill>>,
    /// Border.
    pub stroke: Option<Stroke>,
    /// How far the border is drawn outside of where it lies (`PerpendicularOffset`); inside when negative.
    pub offset: f32,
    /// What its lengths are counted in.
    pub unit: Unit,
    /// What is computed from each feature.
    pub computed: Vec<Computed>,
}

/// `LineSymbolizer`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LineSymbolizer {
    /// The line.
    pub stroke: Stroke,
    /// How far it is drawn to the left of where it lies (`PerpendicularOffset`); to the right when negative.
    pub offset: f32,
    /// What its lengths are counted in.
    pub unit: Unit,
    /// What is computed from each feature.
    pub computed: Vec<Computed>,
}

/// `PointSymbolizer`: one graphic.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointSymbolizer {
    /// What stands at the point.
    pub graphic: Graphic,
    /// Which points.
    pub at: Places,
    /// What its lengths are counted in.
    pub unit: Unit,
    /// What is computed from each feature.
    pub computed: Vec<Computed>,
}

/// Which points of a geometry a graphic or a label stands at: the geometry functions that styles use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Places {
    /// One that suits: a point itself, the middle of a line, a point inside an area (`interiorPoint`).
    #[default]
    Suitable,
    /// The centroid, also where it lies beside the geometry (`centroid`).
    Centroid,
    /// The first point of each part (`startPoint`).
    Start,
    /// The last point of each part (`endPoint`).
    End,
    /// Every point (`vertices`).
    Vertices,
}

impl Places {
    /// All, with the names of their functions.
    pub const ALL: [(&'static str, Self); 5] = [
        ("interiorPoint", Self::Suitable),
        ("centroid", Self::Centroid),
        ("startPoint", Self::Start),
        ("endPoint", Self::End),
        ("vertices", Self::Vertices),
    ];
}

/// What lengths of a symbolizer are counted in (OGC 05-077r4 clause 11.1, `uom`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Pixels of 0.28 mm.
    #[default]
    Pixel,
    /// Metres on the ground.
    Metre,
    /// Feet on the ground.
    Foot,
}

impl Unit {
    /// Pixels of 0.28 mm for one of it at a scale denominator.
    #[must_use]
    pub fn pixels(self, denominator: f64) -> f32 {
        let metres = match self {
            Self::Pixel => return 1.0,
            Self::Metre => 1.0,
            Self::Foot => 0.3048,
        };
        let pixels = metres / (denominator * 0.000_28);
        if pixels.is_finite() { pixels as f32 } else { 1.0 }
    }
}

/// `TextSymbolizer`: a label.
#[derive(Clone, Debug, PartialEq)]
pub struct TextSymbolizer {
    /// Pieces that make the text, one after the other.
    pub label: Vec<LabelPart>,
    /// Font.
    pub font: Font,
    /// Colour of the letters.
    pub fill: Fill,
    /// What surrounds the letters.
    pub halo: Option<Halo>,
    /// Where the text stands.
    pub placement: Placement,
    /// Which point of the geometry it stands at.
    pub at: Places,
    /// How it finds its place.
    pub layout: LabelLayout,
    /// What its lengths are counted in.
    pub unit: Unit,
    /// What is computed from each feature.
    pub computed: Vec<Computed>,
}

/// A piece of a label.
#[derive(Clone, Debug, PartialEq)]
pub enum LabelPart {
    /// These characters.
    Text(String),
    /// The value of a property.
    Property(String),
    /// What an expression yields.
    Computed(Expression),
}

impl LabelPart {
    /// Whether it may yield something to be seen.
    #[must_use]
    pub fn is_seen(&self) -> bool {
        !matches!(self, Self::Text(text) if text.trim().is_empty())
    }
}

/// A font (OGC 05-077r4 clause 11.4.3).
#[derive(Clone, Debug, PartialEq)]
pub struct Font {
    /// Families in order of preference; a sans-serif stands behind them all.
    pub families: Vec<String>,
    /// Size.
    pub size: f32,
    /// 400 is normal, 700 bold.
    pub weight: f32,
    /// Slope.
    pub style: FontStyle,
}

impl Default for Font {
    fn default() -> Self {
        Self { families: Vec::new(), size: 10.0, weight: 400.0, style: FontStyle::Normal }
    }
}

/// Slope of letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FontStyle {
    /// Upright.
    #[default]
    Normal,
    /// Italic.
    Italic,
    /// Oblique.
    Oblique,
}

/// A coloured border around letters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Halo {
    /// How far it reaches beyond the letters.
    pub radius: f32,
    /// Colour.
    pub fill: Fill,
}

/// Where a label stands (OGC 05-077r4 clause 11.4.4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Placement {
    /// At a point.
    Point {
        /// Part of the text's box that stands on the point, from the lower left.
        anchor: [f32; 2],
        /// Shift to the right and upwards.
        displacement: [f32; 2],
        /// Turn, clockwise.
        rotation: f32,
    },
    /// Along a line.
    Line {
        /// Distance above the line.
        offset: f32,
    },
}

impl Default for Placement {
    fn default() -> Self {
        Self::Point { anchor: [0.0, 0.5], displacement: [0.0, 0.0], rotation: 0.0 }
    }
}

impl Rule {
    /// Whether it is drawn at a scale denominator: `min <= scale < max` (OGC 05-077r4 clause 10.2).
    #[must_use]
    pub fn at_scale(&self, denominator: f64) -> bool {
        // One part in a million of slack: a client that asks for a limit itself computes it back from
        // pixels and metres.
        let slack = 1.0 + 1e-6;
        self.min_scale.is_none_or(|min| denominator * slack >= min)
            && self.max_scale.is_none_or(|max| denominator * slack < max)
    }

    /// What a person reads in the legend: the title, else the name, else nothing.
    #[must_use]
    pub fn label(&self) -> &str {
        self.title.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }
}

impl Style {
    /// All rules of all passes, in drawing order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.feature_type_styles.iter().flat_map(|f| &f.rules)
    }

    /// What is drawn at a scale denominator.
    pub fn drawn_at(&self, denominator: f64) -> impl Iterator<Item = &Symbolizer> {
        self.rules().filter(move |r| r.at_scale(denominator)).flat_map(|r| &r.symbolizers)
    }

    /// Names of the properties that labels and computed parameters drawn at a scale denominator need, each once.
    #[must_use]
    pub fn properties(&self, denominator: f64) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let mut add = |name| {
            if !names.contains(&name) {
                names.push(name);
            }
        };
        for symbolizer in self.drawn_at(denominator) {
            symbolizer.properties(&mut add);
        }
        names
    }

    /// How far symbols reach beyond their geometry at a scale denominator, in pixels: features outside a
    /// map by less still touch it.
    #[must_use]
    pub fn reach(&self, denominator: f64) -> f32 {
        self.drawn_at(denominator).map(|s| s.reach() * s.unit().pixels(denominator)).fold(0.0, f32::max)
    }
}

impl Symbolizer {
    /// What its lengths are counted in.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        match self {
            Self::Polygon(polygon) => polygon.unit,
            Self::Line(line) => line.unit,
            Self::Point(point) => point.unit,
            Self::Text(text) => text.unit,
            Self::Raster(_) => Unit::Pixel,
        }
    }

    /// Calls back for each property that its label and its computed parameters come from.
    pub fn properties<'a>(&'a self, found: &mut dyn FnMut(&'a str)) {
        if let Self::Text(text) = self {
            for part in &text.label {
                match part {
                    LabelPart::Property(name) => found(name),
                    LabelPart::Computed(expression) => expression.properties(found),
                    LabelPart::Text(_) => {}
                }
            }
            if let Some(priority) = &text.layout.priority {
                priority.properties(found);
            }
        }
        for computed in self.computed() {
            computed.value.properties(found);
        }
    }

    /// What says which labels go first.
    #[must_use]
    pub const fn priority(&self) -> Option<&Expression> {
        match self {
            Self::Text(text) => text.layout.priority.as_ref(),
            _ => None,
        }
    }

    /// How far it reaches beyond a geometry, in its units.
    fn reach(&self) -> f32 {
        let greatest = |parameter, fixed: f32| self.greatest(parameter).unwrap_or(fixed);
        let width = |stroke: &Stroke| match &stroke.graphic {
            // A turned square reaches as far as its diagonal, which is less than its height three times halved.
            Some(along) => along.graphic.size * 0.75 + shift(&along.graphic),
            None => greatest(Parameter::StrokeWidth, stroke.width) / 2.0,
        };
        match self {
            Self::Polygon(p) => p.stroke.as_ref().map_or(0.0, width) + p.offset.max(0.0),
            Self::Line(l) => width(&l.stroke) + greatest(Parameter::PerpendicularOffset, l.offset.abs()),
            Self::Point(p) => {
                let border = p.graphic.mark().and_then(|m| m.stroke.as_ref()).map_or(0.0, width);
                greatest(Parameter::Size, p.graphic.size) * p.graphic.aspect().max(1.0)
                    + border
                    + shift(&p.graphic)
            }
            // Labels are never cut at the border of a map: one whose point lies outside isn't drawn.
            Self::Text(_) => 0.0,
            Self::Raster(raster) => raster.outline.as_ref().map_or(0.0, |outline| outline.reach()),
        }
    }
}

fn shift(graphic: &Graphic) -> f32 {
    graphic.displacement[0].abs().max(graphic.displacement[1].abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_both_lengths_and_nothing_else() {
        assert_eq!(Color::parse("#FF8000"), Some(Color { r: 255, g: 128, b: 0 }));
        assert_eq!(Color::parse(" #f80 "), Some(Color { r: 255, g: 136, b: 0 }));
        for bad in ["", "#", "FF8000", "#ff80", "#gg0000", "#+12345", "red"] {
            assert_eq!(Color::parse(bad), None, "{bad}");
        }
        assert_eq!(Color { r: 1, g: 171, b: 255 }.hex(), "#01abff");
    }

    #[test]
    fn a_rule_is_drawn_from_its_smallest_scale_up_to_but_without_its_largest() {
        let rule = Rule { min_scale: Some(1000.0), max_scale: Some(5000.0), ..Rule::default() };
        assert!(rule.at_scale(1000.0) && rule.at_scale(4999.0));
        assert!(!rule.at_scale(999.0) && !rule.at_scale(5000.0) && !rule.at_scale(1e9));
        assert!(Rule::default().at_scale(0.0));
    }
}

//! What MapLibre draws from a sprite: marks and pictures at points and along lines, patterns of areas.

use super::layers::{Base, Drawn, tidy};
use super::{computed, fields};
use crate::style::{
    Computed, FeatureTypeStyle, Graphic, GraphicFill, GraphicStroke, LineSymbolizer, MarkShape, Parameter,
    Places, PointSymbolizer, PolygonSymbolizer, Rule, Stroke, Style, Symbol, Symbolizer, sld,
};
use serde_json::{Value, json};

/// Icons of one style: more would make a sprite that no browser wants.
const MOST: usize = 500;
/// Member of a layer's `metadata` that holds the symbolizer as SLD: a name of an icon says nothing to who reads the
/// document back.
pub(super) const SYMBOLIZER: &str = "datasud:symbolizer";
/// Longest text of it; the pictures of icons may be large.
const REMEMBERED: usize = 64 << 10;
/// Largest icon in pixels: a larger one is drawn at this size and enlarged.
const LARGEST: f32 = 128.0;

/// A picture of a style's sprite.
#[derive(Clone, Debug, PartialEq)]
pub struct Icon {
    /// What `icon-image` and `fill-pattern` call it.
    pub name: String,
    /// What it shows.
    pub content: IconContent,
}

/// What an icon shows.
#[derive(Clone, Debug, PartialEq)]
pub enum IconContent {
    /// A graphic around the icon's middle.
    Graphic(Graphic),
    /// A tile that an area is covered with.
    Pattern(GraphicFill),
    /// How far it is to the edge of a shape, for MapLibre to colour.
    Field {
        /// The shape.
        shape: MarkShape,
        /// Its height in pixels.
        size: f32,
    },
}

impl Drawn {
    /// The name of an icon, the same for equal ones; `None` where the style may have no sprite, or no more icons.
    fn icon(&mut self, content: IconContent) -> Option<String> {
        if !self.has_sprite {
            return None;
        }
        if let Some(known) = self.icons.iter().find(|icon| icon.content == content) {
            return Some(known.name.clone());
        }
        if self.icons.len() >= MOST {
            return None;
        }
        let name = format!("icon-{}", self.icons.len());
        self.icons.push(Icon { name: name.clone(), content });
        Some(name)
    }
}

/// How a mark or picture at points is drawn.
pub(super) struct Look {
    pub(super) content: IconContent,
    /// Pixels of its height at the icon's own size.
    pub(super) unit: f32,
    /// `icon-size`, a number or an expression; so are the two that follow.
    pub(super) size: Value,
    /// Degrees, clockwise.
    pub(super) turn: Value,
    /// Opacity of the whole.
    pub(super) opacity: Value,
    /// Paint beside.
    pub(super) paint: Value,
    /// Parameters that come from the data.
    pub(super) said: Vec<Parameter>,
}

/// A point symbolizer as icons; `None` where a circle says the same, or where something comes from the data that icons
/// can't say.
pub(super) fn point(
    base: &Base<'_>,
    point: &PointSymbolizer,
    drawn: &mut Drawn,
) -> Option<(Value, Vec<Parameter>)> {
    let graphic = &point.graphic;
    let is_circle = graphic.mark().is_some_and(|mark| mark.shape == MarkShape::Circle);
    // MapLibre's circles would stand on every vertex of lines and areas.
    let plain = is_circle && graphic.anchor == [0.5, 0.5] && base.is_of_points();
    let at_start = base.dimension == Some(1) && point.at == Places::Start;
    if plain || !(at_start || point.at == Places::Suitable) {
        return None;
    }
    let look = fields::look(point).or_else(|| picture(point))?;
    let grows = matches!(look.content, IconContent::Graphic(_)) && !look.size.is_number();
    let name = drawn.icon(look.content)?;
    let mut layout = json!({
        "icon-image": name,
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-z-order": "source",
    });
    if base.dimension == Some(1) && !at_start {
        layout["symbol-placement"] = json!("line-center");
        layout["icon-rotation-alignment"] = json!("viewport");
    } else if !look.turn.is_number() {
        layout["icon-rotation-alignment"] = json!("map");
    }
    if look.size != json!(1.0) {
        layout["icon-size"] = look.size;
    }
    if look.turn != json!(0.0) {
        layout["icon-rotate"] = look.turn;
    }
    // Pixels of the icon at its own size, downwards.
    let moved = graphic.displacement.map(|d| d * look.unit / graphic.size.max(0.1));
    let shift = [
        (0.5 - graphic.anchor[0]) * look.unit * graphic.aspect() + moved[0],
        -(0.5 - graphic.anchor[1]) * look.unit - moved[1],
    ];
    if shift != [0.0, 0.0] {
        layout["icon-offset"] = json!(shift.map(tidy));
    }
    let mut paint = look.paint;
    if look.opacity != json!(1.0) {
        paint["icon-opacity"] = look.opacity;
    }
    if grows && graphic.mark().is_some_and(|mark| mark.stroke.is_some()) {
        drawn.approximated.push(format!("{}: the border grows with the mark", base.rule_name));
    }
    let layer = base.layer("symbol", base.dimension.is_none().then_some("Point"), layout, paint);
    Some((remember(layer, Symbolizer::Point(point.clone())), look.said))
}

/// A graphic as the picture that our own maps have of it; `None` where its colours come from the data, or an expression
/// can't be said.
fn picture(point: &PointSymbolizer) -> Option<Look> {
    let graphic = &point.graphic;
    let said = vec![Parameter::Size, Parameter::Rotation, Parameter::Opacity];
    if point.computed.iter().any(|c| !said.contains(&c.parameter)) {
        return None;
    }
    let number = |parameter, fixed: f32| {
        let value = point.computed.iter().find(|c: &&Computed| c.parameter == parameter);
        value.map_or_else(|| Some(json!(tidy(fixed))), |c| computed::number(&c.value))
    };
    let greatest = Symbolizer::Point(point.clone()).greatest(Parameter::Size);
    let unit = greatest.unwrap_or(graphic.size).clamp(1.0, LARGEST);
    let size = match number(Parameter::Size, graphic.size)? {
        fixed if fixed.is_number() => json!(tidy(graphic.size / unit)),
        computed => json!(["/", computed, tidy(unit)]),
    };
    let turn = number(Parameter::Rotation, 0.0)?;
    // A fixed turn is drawn: pictures that are turned by the viewer lose their edges.
    let rotation = if turn.is_number() { graphic.rotation } else { 0.0 };
    let shown = Graphic {
        size: unit,
        rotation,
        opacity: 1.0,
        anchor: [0.5, 0.5],
        displacement: [0.0, 0.0],
        ..graphic.clone()
    };
    let opacity = number(Parameter::Opacity, graphic.opacity)?;
    Some(Look { content: IconContent::Graphic(shown), unit, size, turn, opacity, paint: json!({}), said })
}

/// A line of graphics; `None` where there is no sprite.
pub(super) fn along(
    base: &Base<'_>,
    stroke: &GraphicStroke,
    offset: f32,
    drawn: &mut Drawn,
) -> Option<Value> {
    let graphic = &stroke.graphic;
    let shown = Graphic { opacity: 1.0, anchor: [0.5, 0.5], displacement: [0.0, 0.0], ..graphic.clone() };
    if shown.size > LARGEST {
        return None;
    }
    let name = drawn.icon(IconContent::Graphic(shown))?;
    let step = (graphic.size * graphic.aspect() + stroke.gap).max(1.0);
    let mut layout = json!({
        "icon-image": name,
        "symbol-placement": "line",
        "symbol-spacing": tidy(step),
        "icon-rotation-alignment": "map",
        "icon-keep-upright": false,
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
    });
    let shift = [
        (0.5 - graphic.anchor[0]) * graphic.size * graphic.aspect() + graphic.displacement[0],
        -(0.5 - graphic.anchor[1]) * graphic.size - graphic.displacement[1] - offset,
    ];
    if shift != [0.0, 0.0] {
        layout["icon-offset"] = json!(shift.map(tidy));
    }
    let mut paint = json!({});
    if graphic.opacity < 1.0 {
        paint["icon-opacity"] = json!(tidy(graphic.opacity));
    }
    let said = format!(
        "{}: graphics along a line begin anew in each tile, and are wider apart between two zooms",
        base.rule_name
    );
    if !drawn.approximated.contains(&said) {
        drawn.approximated.push(said);
    }
    let line = Stroke { graphic: Some(Box::new(stroke.clone())), ..Stroke::default() };
    let symbolizer = LineSymbolizer { stroke: line, offset, ..LineSymbolizer::default() };
    Some(remember(base.layer("symbol", None, layout, paint), Symbolizer::Line(symbolizer)))
}

/// The fill that covers an area with a graphic; `None` where there is no sprite.
pub(super) fn pattern(base: &Base<'_>, fill: &GraphicFill, drawn: &mut Drawn) -> Option<Value> {
    let [top, right, bottom, left] = fill.margin;
    let graphic = &fill.graphic;
    let (height, width) = (graphic.size + top + bottom, graphic.size * graphic.aspect() + left + right);
    if height.max(width) > LARGEST * 2.0 {
        return None;
    }
    let name = drawn.icon(IconContent::Pattern(fill.clone()))?;
    let said = format!("{}: the pattern is larger between two zooms", base.rule_name);
    if !drawn.approximated.contains(&said) {
        drawn.approximated.push(said);
    }
    let symbolizer =
        PolygonSymbolizer { pattern: Some(Box::new(fill.clone())), ..PolygonSymbolizer::default() };
    let layer = base.layer("fill", None, json!({}), json!({ "fill-pattern": name }));
    Some(remember(layer, Symbolizer::Polygon(symbolizer)))
}

/// Puts the symbolizer into the layer's metadata.
fn remember(mut layer: Value, symbolizer: Symbolizer) -> Value {
    let rule = Rule { symbolizers: vec![symbolizer], ..Rule::default() };
    let style =
        Style { feature_type_styles: vec![FeatureTypeStyle { rules: vec![rule] }], ..Style::default() };
    let named = sld::Named { name: "icon", title: "", is_default: true, style: &style };
    if let Ok(text) = sld::write("icon", named, sld::Version::V110)
        && text.len() <= REMEMBERED
    {
        layer["metadata"][SYMBOLIZER] = json!(text);
    }
    layer
}

/// The symbolizer of a layer that was written here, unless somebody has given it another icon.
pub(super) fn remembered(layer: &Value) -> Option<Symbolizer> {
    let text = layer.get("metadata")?.get(SYMBOLIZER)?.as_str()?;
    let icon = layer.pointer("/layout/icon-image").or_else(|| layer.pointer("/paint/fill-pattern"))?;
    if text.len() > REMEMBERED || !icon.as_str()?.starts_with("icon-") {
        return None;
    }
    let style = sld::parse(text).ok()?;
    style.feature_type_styles.into_iter().next()?.rules.into_iter().next()?.symbolizers.into_iter().next()
}

/// The name of what a point symbolizer shows, for notes.
pub(super) fn shown(graphic: &Graphic) -> Option<String> {
    match &graphic.symbol {
        Symbol::Mark(mark) if mark.shape == MarkShape::Circle => None,
        Symbol::Mark(mark) => Some(mark.shape.name()),
        Symbol::Picture(_) => Some("picture".to_owned()),
    }
}

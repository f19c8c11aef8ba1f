//! Legends: a symbol and a title for each rule.

use super::canvas::{Canvas, Path};
use super::graphics::{cover, draw_graphic, graphic_line, tile};
use super::paint::scaled;
use super::text::{LabelImage, LabelLook, label};
use crate::model::GeometryType;
use crate::style::{Color, Fill, Font, Graphic, RasterSymbolizer, Rule, Stroke, Style, Symbolizer};
use std::rc::Rc;
use vello_cpu::kurbo::{PathEl, Point};

/// Room around symbols and texts, in pixels.
const ROOM: f32 = 4.0;
/// Rules shown at most: a longer list is no legend any more.
const ROWS: usize = 500;

/// A legend, laid out but not drawn: its size is known before.
pub struct Legend<'a> {
    rows: Vec<Row<'a>>,
    icon: (u32, u32),
    scale: f32,
    width: u32,
    height: u32,
    strict: Option<u8>,
    denominator: Option<f64>,
}

struct Row<'a> {
    rule: &'a Rule,
    text: Option<Rc<LabelImage>>,
    top: f32,
    height: f32,
}

impl<'a> Legend<'a> {
    /// Lays out a style's rules. `denominator` leaves out the rules that aren't drawn at a scale,
    /// `rule` all but one; `icon` is the size of a symbol, 20 × 20 as a rule.
    #[must_use]
    pub fn new(
        style: &'a Style,
        geometry: GeometryType,
        denominator: Option<f64>,
        rule: Option<&str>,
        icon: (u32, u32),
        scale: f32,
    ) -> Self {
        let font = Font { size: 12.0, ..Font::default() };
        let look = LabelLook {
            font: &font,
            fill: Fill { color: Color { r: 0x22, g: 0x22, b: 0x22 }, opacity: 1.0 },
            halo: None,
            rotation: 0.0,
            scale,
            wrap: 0.0,
        };
        let room = ROOM * scale;
        let (mut top, mut width) = (0.0_f32, icon.0 as f32);
        let rules: Vec<&Rule> = style
            .rules()
            .filter(|r| denominator.is_none_or(|d| r.at_scale(d)))
            .filter(|r| rule.is_none_or(|name| r.name.as_deref() == Some(name)))
            .filter(|r| r.symbolizers.iter().any(|s| !matches!(s, Symbolizer::Text(_))))
            .take(ROWS)
            .collect();
        let rows = rules
            .into_iter()
            .map(|rule| {
                let text = label(rule.label(), look);
                let height = text.as_ref().map_or(0.0, |t| t.height).max(icon.1 as f32);
                if let Some(text) = &text {
                    width = width.max(icon.0 as f32 + room + text.width + room);
                }
                let row = Row { rule, text, top, height };
                top += height + room;
                row
            })
            .collect();
        Self {
            rows,
            icon,
            scale,
            width: width.ceil().clamp(1.0, 16_000.0) as u32,
            height: (top - room).max(icon.1 as f32).ceil().clamp(1.0, 32_000.0) as u32,
            strict: geometry.dimension(),
            denominator,
        }
    }

    /// Width and height in pixels.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Draws it.
    pub fn paint(&self, canvas: &mut dyn Canvas) {
        for row in &self.rows {
            let middle = row.top + row.height / 2.0;
            for symbolizer in &row.rule.symbolizers {
                self.symbol(canvas, symbolizer, middle);
            }
            if let Some(text) = &row.text {
                let centre = self.icon.0 as f32 + ROOM * self.scale + text.width / 2.0;
                if canvas.is_drawing() {
                    text.draw(canvas, [centre, middle]);
                    continue;
                }
                let left = (centre - text.picture.width() as f32 / 2.0).round();
                let top = (middle - text.picture.height() as f32 / 2.0).round();
                canvas.blit(&text.picture, left as i64, top as i64);
            }
        }
    }

    /// What lengths of a symbolizer are multiplied with; without a map's scale, a metre is shown as a pixel.
    fn scale_of(&self, symbolizer: &Symbolizer) -> f32 {
        self.denominator.map_or(self.scale, |denominator| self.scale * symbolizer.unit().pixels(denominator))
    }

    /// A stroke as a sample shows it: never so wide that nothing else is seen.
    fn stroke(&self, stroke: &Stroke, scale: f32) -> Stroke {
        let most = self.icon.0.min(self.icon.1) as f32 * 0.8;
        let shown = scaled(stroke, scale);
        Stroke { width: shown.width.min(most), ..shown }
    }

    fn along(&self, canvas: &mut dyn Canvas, path: &Path, stroke: &Stroke, scale: f32) {
        let Some(graphic) = &stroke.graphic else {
            return canvas.stroke(path, &self.stroke(stroke, scale));
        };
        let point = |p: &Point| [p.x as f32, p.y as f32];
        let mut line: Vec<[f32; 2]> = path
            .elements()
            .iter()
            .filter_map(|e| match e {
                PathEl::MoveTo(p) | PathEl::LineTo(p) => Some(point(p)),
                _ => None,
            })
            .collect();
        if path.elements().contains(&PathEl::ClosePath)
            && let Some(first) = line.first().copied()
        {
            line.push(first);
        }
        graphic_line(canvas, std::iter::once(line.into()), graphic, scale);
    }

    fn symbol(&self, canvas: &mut dyn Canvas, symbolizer: &Symbolizer, middle: f32) {
        let (w, h) = (f64::from(self.icon.0), f64::from(self.icon.1));
        let (top, bottom) = (f64::from(middle) - h / 2.0, f64::from(middle) + h / 2.0);
        let mut path = Path::new();
        let scale = self.scale_of(symbolizer);
        match symbolizer {
            Symbolizer::Polygon(polygon) => {
                let inset = 2.0 * f64::from(self.scale) + 0.5;
                path.move_to((inset, top + inset));
                path.line_to((w - inset, top + inset));
                path.line_to((w - inset, bottom - inset));
                path.line_to((inset, bottom - inset));
                path.close_path();
                if let Some(tile) = polygon.pattern.as_ref().and_then(|p| tile(p, scale)) {
                    cover(canvas, &path, &tile, [0.0, top]);
                } else if let Some(fill) = polygon.fill {
                    canvas.fill(&path, fill);
                }
                if let Some(stroke) = &polygon.stroke {
                    self.along(canvas, &path, stroke, scale);
                }
            }
            // A line beside an area's fill is its border, drawn around the sample, too.
            Symbolizer::Line(line) => {
                path.move_to((1.0, bottom - h * 0.25));
                path.line_to((w * 0.35, top + h * 0.35));
                path.line_to((w * 0.65, bottom - h * 0.35));
                path.line_to((w - 1.0, top + h * 0.25));
                self.along(canvas, &path, &line.stroke, scale);
            }
            Symbolizer::Point(point) => {
                let most = self.icon.0.min(self.icon.1) as f32 / scale - 2.0 / scale * self.scale;
                let mixed = self.strict.is_none();
                let most = if mixed { most / 2.0 } else { most };
                let size = point.graphic.size.min(most / point.graphic.aspect().max(1.0));
                let shown = Graphic { size, ..point.graphic.clone() };
                draw_graphic(canvas, &shown, scale, [self.icon.0 as f32 / 2.0, middle], 0.0);
            }
            Symbolizer::Raster(raster) => bands_of_color(canvas, raster, [w, top, bottom]),
            Symbolizer::Text(_) => {}
        }
    }
}

/// The colours of a raster symbolizer side by side: those of its map, else shades.
fn bands_of_color(canvas: &mut dyn Canvas, raster: &RasterSymbolizer, [width, top, bottom]: [f64; 3]) {
    const SHADES: usize = 16;
    let opacity = raster.opacity.unwrap_or(1.0);
    let colors: Vec<Fill> = match &raster.colors {
        Some(map) => {
            map.entries.iter().map(|e| Fill { color: e.color, opacity: e.opacity * opacity }).collect()
        }
        None => (0..SHADES)
            .map(|at| u8::try_from(at * 255 / (SHADES - 1)).unwrap_or(255))
            .map(|shade| Fill { color: Color { r: shade, g: shade, b: shade }, opacity })
            .collect(),
    };
    let each = width / colors.len().max(1) as f64;
    for (at, fill) in colors.into_iter().enumerate() {
        let (left, right) = (at as f64 * each, (at + 1) as f64 * each);
        let mut path = Path::new();
        path.move_to((left, top));
        path.line_to((right, top));
        path.line_to((right, bottom));
        path.line_to((left, bottom));
        path.close_path();
        canvas.fill(&path, fill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::draw;
    use crate::style::{default_sld, sld};

    #[test]
    fn a_legend_is_as_large_as_it_says_and_paints_each_rule() {
        for code in 0..=7 {
            let geometry = GeometryType::from_code(code).expect("a type");
            let style = sld::parse(&default_sld(geometry, "a")).expect("valid");
            let legend = Legend::new(&style, geometry, None, None, (20, 20), 1.0);
            let (width, height) = legend.size();
            let picture = draw(width, height, Some(Color::WHITE), |c| legend.paint(c)).expect("drawn");
            assert_eq!((picture.width(), picture.height()), legend.size());
            assert!(picture.data().chunks(4).any(|p| p[0] != 255 || p[1] != 255), "{geometry:?}");
        }
    }

    #[test]
    fn titles_widen_a_legend_and_a_rule_can_be_asked_for_alone() {
        let rule = |name: &str, title: &str| {
            format!("<Rule><Name>{name}</Name><Title>{title}</Title><LineSymbolizer/></Rule>")
        };
        let text = format!(
            "<FeatureTypeStyle>{}{}</FeatureTypeStyle>",
            rule("a", "Une voie étroite"),
            rule("b", "B")
        );
        let style = sld::parse(&text).expect("valid");
        let all = Legend::new(&style, GeometryType::LineString, None, None, (20, 20), 1.0);
        let one = Legend::new(&style, GeometryType::LineString, None, Some("b"), (20, 20), 1.0);
        assert!(all.size().0 > 80 && all.size().1 >= 40, "{:?}", all.size());
        assert!(one.size().0 < 60 && one.size().1 == 20, "{:?}", one.size());
    }
}

//! Legends: a symbol and a title for each rule, layer by layer.

use super::canvas::{Canvas, Path};
use super::graphics::{cover, draw_graphic, graphic_line, tile};
use super::label_image::{LabelImage, LabelLook, label};
use super::legend_colors::{classes, shades, swatch};
use super::paint::scaled;
use crate::model::GeometryType;
use crate::style::{Color, Fill, Font, Graphic, Rule, Stroke, Symbolizer};
use std::rc::Rc;
use vello_cpu::kurbo::{PathEl, Point};

/// Room around symbols and texts, in pixels.
const ROOM: f32 = 4.0;
/// Rules shown at most: a longer list is no legend any more.
const ROWS: usize = 500;

/// How a legend looks, beside its symbols.
#[derive(Clone, Debug, PartialEq)]
pub struct LegendLook {
    /// Font of its texts, 12 pixels high unless said otherwise.
    pub font: Font,
    /// Colour of its texts.
    pub color: Color,
    /// Rules beside one another, and layers too, in the place of one below the other.
    pub horizontal: bool,
    /// In how many columns the rules of a layer stand; 0 for one, or when horizontal for as many as there are rules.
    pub columns: usize,
    /// Whether rules have their titles.
    pub labels: bool,
    /// Whether layers have theirs; only where there are several when `None`.
    pub titles: Option<bool>,
    /// Width and height of a symbol.
    pub icon: (u32, u32),
    /// What every length is multiplied with.
    pub scale: f32,
    /// Scale denominator of the map that it is for, which tells how large metres on the ground are.
    pub denominator: Option<f64>,
}

impl Default for LegendLook {
    fn default() -> Self {
        Self {
            font: Font { size: 12.0, ..Font::default() },
            color: Color { r: 0x22, g: 0x22, b: 0x22 },
            horizontal: false,
            columns: 0,
            labels: true,
            titles: None,
            icon: (20, 20),
            scale: 1.0,
            denominator: None,
        }
    }
}

/// What a legend shows of a layer.
#[derive(Clone, Debug)]
pub struct LegendSection<'a> {
    /// Name of the layer for people.
    pub title: &'a str,
    /// Its geometries, which tell how large a mark may be shown.
    pub geometry: GeometryType,
    /// The rules, each with the number of features that it drew, where that is to be told.
    pub rules: Vec<(&'a Rule, Option<u64>)>,
}

/// A legend, laid out but not drawn: its size is known before.
pub struct Legend<'a> {
    cells: Vec<Cell<'a>>,
    titles: Vec<Title>,
    icon: (u32, u32),
    scale: f32,
    width: u32,
    height: u32,
    denominator: Option<f64>,
}

/// A rule at its place.
struct Cell<'a> {
    rule: &'a Rule,
    /// One colour of its map, in the place of its symbols.
    color: Option<Fill>,
    text: Option<Rc<LabelImage>>,
    left: f32,
    /// Middle of the symbol, from the top.
    middle: f32,
    /// Layers of any geometry have smaller marks.
    mixed: bool,
}

struct Title {
    text: Rc<LabelImage>,
    left: f32,
    top: f32,
}

impl<'a> Legend<'a> {
    /// Lays out rules, layer by layer. Rules that only write labels have no symbol and no place in a legend.
    #[must_use]
    pub fn new(sections: &[LegendSection<'a>], look: &LegendLook) -> Self {
        let mut legend = Self {
            cells: Vec::new(),
            titles: Vec::new(),
            icon: look.icon,
            scale: look.scale,
            width: 0,
            height: 0,
            denominator: look.denominator,
        };
        let room = ROOM * look.scale;
        let (mut right, mut bottom) = (0.0_f32, 0.0_f32);
        for section in sections {
            let (left, top) = match (look.horizontal, right > 0.0 || bottom > 0.0) {
                (_, false) => (0.0, 0.0),
                (true, true) => (right + room * 2.0, 0.0),
                (false, true) => (0.0, bottom + room * 2.0),
            };
            let [width, height] = legend.add(section, look, [left, top], sections.len() > 1);
            right = right.max(left + width);
            bottom = bottom.max(top + height);
        }
        legend.width = right.max(look.icon.0 as f32).ceil().clamp(1.0, 1e6) as u32;
        legend.height = bottom.max(look.icon.1 as f32).ceil().clamp(1.0, 1e6) as u32;
        legend
    }

    /// Adds a layer at a place; answers the size that it takes.
    fn add(
        &mut self,
        section: &LegendSection<'a>,
        look: &LegendLook,
        [left, top]: [f32; 2],
        several: bool,
    ) -> [f32; 2] {
        let room = ROOM * look.scale;
        let (mut width, mut height) = (0.0_f32, 0.0_f32);
        let bold = Font { weight: 700.0, ..look.font.clone() };
        if look.titles.unwrap_or(several)
            && let Some(text) = label(section.title, written(&bold, look))
        {
            (width, height) = (text.width, text.height);
            self.titles.push(Title { text, left, top });
        }
        let left_over = ROWS.saturating_sub(self.cells.len());
        let mut shown: Vec<Shown<'_>> = section
            .rules
            .iter()
            .take(left_over)
            .flat_map(|(rule, count)| shown(rule, *count, look))
            .collect();
        shown.truncate(left_over);
        if shown.is_empty() {
            return [width, height];
        }
        let columns = match (look.horizontal, look.columns) {
            (false, 0) => 1,
            (true, 0) => shown.len(),
            (_, columns) => columns.min(shown.len()),
        };
        let rows = shown.len().div_ceil(columns);
        let place = |index: usize| {
            if look.horizontal { (index % columns, index / columns) } else { (index / rows, index % rows) }
        };
        let (mut widths, mut heights) = (vec![0.0_f32; columns], vec![0.0_f32; rows]);
        for (index, Shown { text, .. }) in shown.iter().enumerate() {
            let (column, row) = place(index);
            let beside = text.as_ref().map_or(0.0, |t| room + t.width + room);
            let high = text.as_ref().map_or(0.0, |t| t.height).max(look.icon.1 as f32);
            for (so_far, own) in
                [(widths.get_mut(column), look.icon.0 as f32 + beside), (heights.get_mut(row), high)]
            {
                if let Some(so_far) = so_far {
                    *so_far = so_far.max(own);
                }
            }
        }
        let begin = if height > 0.0 { height + room } else { 0.0 };
        let before =
            |sizes: &[f32], index: usize| sizes.iter().take(index).map(|size| size + room).sum::<f32>();
        for (index, Shown { rule, color, text }) in shown.into_iter().enumerate() {
            let (column, row) = place(index);
            let high = heights.get(row).copied().unwrap_or_default();
            self.cells.push(Cell {
                rule,
                color,
                text,
                left: left + before(&widths, column),
                middle: top + begin + before(&heights, row) + high / 2.0,
                mixed: section.geometry.dimension().is_none(),
            });
        }
        let width = width.max(before(&widths, columns) - room);
        [width, begin + before(&heights, rows) - room]
    }

    /// Width and height in pixels.
    #[must_use]
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// Draws it.
    pub fn paint(&self, canvas: &mut dyn Canvas) {
        for Title { text, left, top } in &self.titles {
            put(canvas, text, [left + text.width / 2.0, top + text.height / 2.0]);
        }
        for cell in &self.cells {
            match cell.color {
                Some(color) => swatch(canvas, color, self.square(cell)),
                None => {
                    cell.rule.symbolizers.iter().for_each(|symbolizer| self.symbol(canvas, symbolizer, cell));
                }
            }
            if let Some(text) = &cell.text {
                let left = cell.left + self.icon.0 as f32 + ROOM * self.scale;
                put(canvas, text, [left + text.width / 2.0, cell.middle]);
            }
        }
    }

    /// Where a symbol stands: left, top, right, bottom.
    fn square(&self, cell: &Cell<'_>) -> [f64; 4] {
        let (left, middle) = (f64::from(cell.left), f64::from(cell.middle));
        let (w, h) = (f64::from(self.icon.0), f64::from(self.icon.1));
        [left, middle - h / 2.0, left + w, middle + h / 2.0]
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

    fn symbol(&self, canvas: &mut dyn Canvas, symbolizer: &Symbolizer, cell: &Cell<'_>) {
        let (w, h) = (f64::from(self.icon.0), f64::from(self.icon.1));
        let [left, top, _, bottom] = self.square(cell);
        let mut path = Path::new();
        let scale = self.scale_of(symbolizer);
        match symbolizer {
            Symbolizer::Polygon(polygon) => {
                let inset = 2.0 * f64::from(self.scale) + 0.5;
                path.move_to((left + inset, top + inset));
                path.line_to((left + w - inset, top + inset));
                path.line_to((left + w - inset, bottom - inset));
                path.line_to((left + inset, bottom - inset));
                path.close_path();
                if let Some(tile) = polygon.pattern.as_ref().and_then(|p| tile(p, scale)) {
                    cover(canvas, &path, &tile, [left, top]);
                } else if let Some(fill) = polygon.fill {
                    canvas.fill(&path, fill);
                }
                if let Some(stroke) = &polygon.stroke {
                    self.along(canvas, &path, stroke, scale);
                }
            }
            // A line beside an area's fill is its border, drawn around the sample, too.
            Symbolizer::Line(line) => {
                path.move_to((left + 1.0, bottom - h * 0.25));
                path.line_to((left + w * 0.35, top + h * 0.35));
                path.line_to((left + w * 0.65, bottom - h * 0.35));
                path.line_to((left + w - 1.0, top + h * 0.25));
                self.along(canvas, &path, &line.stroke, scale);
            }
            Symbolizer::Point(point) => {
                let most = self.icon.0.min(self.icon.1) as f32 / scale - 2.0 / scale * self.scale;
                let most = if cell.mixed { most / 2.0 } else { most };
                let size = point.graphic.size.min(most / point.graphic.aspect().max(1.0));
                let shown = Graphic { size, ..point.graphic.clone() };
                draw_graphic(canvas, &shown, scale, [cell.left + self.icon.0 as f32 / 2.0, cell.middle], 0.0);
            }
            Symbolizer::Raster(raster) => shades(canvas, raster, self.square(cell)),
            Symbolizer::Text(_) => {}
        }
    }
}

/// What is shown of a rule: itself, or one of its colours.
struct Shown<'a> {
    rule: &'a Rule,
    color: Option<Fill>,
    text: Option<Rc<LabelImage>>,
}

fn shown<'a>(rule: &'a Rule, count: Option<u64>, look: &LegendLook) -> Vec<Shown<'a>> {
    let Some(classes) = classes(rule) else {
        return vec![Shown { rule, color: None, text: text(rule, count, look) }];
    };
    let one = |(color, told): (Fill, String)| {
        let told = if look.labels { told } else { String::new() };
        Shown { rule, color: Some(color), text: label(&told, written(&look.font, look)) }
    };
    classes.into_iter().take(ROWS).map(one).collect()
}

fn written<'a>(font: &'a Font, look: &LegendLook) -> LabelLook<'a> {
    LabelLook {
        font,
        fill: Fill { color: look.color, opacity: 1.0 },
        halo: None,
        rotation: 0.0,
        scale: look.scale,
        wrap: 0.0,
    }
}

/// The text of a rule; nothing where it has none, or none is to be shown.
fn text(rule: &Rule, count: Option<u64>, look: &LegendLook) -> Option<Rc<LabelImage>> {
    let title = if look.labels { rule.label() } else { "" };
    let told = match count {
        Some(count) => format!("{title} ({count})"),
        None => title.to_owned(),
    };
    label(&told, written(&look.font, look))
}

/// A text around its middle.
fn put(canvas: &mut dyn Canvas, text: &LabelImage, [x, y]: [f32; 2]) {
    if canvas.is_drawing() {
        return text.draw(canvas, [x, y]);
    }
    let left = (x - text.size[0] as f32 / 2.0).round();
    let top = (y - text.size[1] as f32 / 2.0).round();
    canvas.blit(text.picture(), left as i64, top as i64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::draw;
    use crate::style::{Style, default_sld, sld};

    fn section(style: &Style, geometry: GeometryType) -> LegendSection<'_> {
        LegendSection {
            title: "Une couche",
            geometry,
            rules: style.rules().map(|rule| (rule, None)).collect(),
        }
    }

    fn lines(titles: &[&str]) -> Style {
        let rule = |title: &&str| format!("<Rule><Title>{title}</Title><LineSymbolizer/></Rule>");
        let rules: String = titles.iter().map(rule).collect();
        sld::parse(&format!("<FeatureTypeStyle>{rules}</FeatureTypeStyle>")).expect("valid")
    }

    #[test]
    fn a_legend_is_as_large_as_it_says_and_paints_each_rule() {
        for code in 0..=7 {
            let geometry = GeometryType::from_code(code).expect("a type");
            let style = sld::parse(&default_sld(geometry, "a")).expect("valid");
            let legend = Legend::new(&[section(&style, geometry)], &LegendLook::default());
            let (width, height) = legend.size();
            let picture = draw(width, height, Some(Color::WHITE), |c| legend.paint(c)).expect("drawn");
            assert_eq!((picture.width(), picture.height()), legend.size());
            assert!(picture.data().chunks(4).any(|p| p[0] != 255 || p[1] != 255), "{geometry:?}");
        }
    }

    #[test]
    fn titles_widen_a_legend_and_without_them_only_symbols_stay() {
        let style = lines(&["Une voie étroite", "B"]);
        let size = |look: &LegendLook| Legend::new(&[section(&style, GeometryType::LineString)], look).size();
        let usual = size(&LegendLook::default());
        assert!(usual.0 > 80 && usual.1 >= 40, "{usual:?}");
        assert_eq!(size(&LegendLook { labels: false, ..LegendLook::default() }), (20, 44));
    }

    #[test]
    fn rules_stand_in_columns_or_in_a_row() {
        let style = lines(&["a", "b", "c", "d", "e"]);
        let size = |horizontal, columns| {
            let look = LegendLook { horizontal, columns, labels: false, ..LegendLook::default() };
            Legend::new(&[section(&style, GeometryType::LineString)], &look).size()
        };
        assert_eq!(size(false, 0), (20, 5 * 24 - 4));
        assert_eq!(size(true, 0), (5 * 24 - 4, 20));
        assert_eq!((size(false, 2), size(true, 2)), ((44, 68), (44, 68)));
        assert_eq!(size(false, 99), size(true, 0));
    }

    #[test]
    fn several_layers_stand_one_below_the_other_each_under_its_title() {
        let style = lines(&["a"]);
        let one = section(&style, GeometryType::LineString);
        let size = |sections: &[LegendSection<'_>], look: &LegendLook| Legend::new(sections, look).size();
        let (usual, two) = (LegendLook::default(), [one.clone(), one.clone()]);
        let titled = LegendLook { titles: Some(true), ..usual.clone() };
        let (alone, both) = (size(&two[..1], &titled), size(&two, &usual));
        assert!(alone.1 > size(&two[..1], &usual).1 + 8, "{alone:?}");
        assert_eq!((both.0, both.1), (alone.0, alone.1 * 2 + 8));
        let beside = size(&two, &LegendLook { horizontal: true, ..usual.clone() });
        assert_eq!(beside.1, alone.1);
        assert_eq!(size(&[], &usual), (20, 20));
    }
}

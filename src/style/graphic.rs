//! Marks and pictures at points, along lines and in areas (OGC 05-077r4 clause 11.3.2).

use super::{Fill, Stroke};
use std::sync::Arc;

/// `Graphic`: a mark or a picture with its size and how it stands on a point.
#[derive(Clone, Debug, PartialEq)]
pub struct Graphic {
    /// What is seen.
    pub symbol: Symbol,
    /// Height; a mark is as wide, a picture keeps its proportions.
    pub size: f32,
    /// Turn, clockwise.
    pub rotation: f32,
    /// Opacity of the whole.
    pub opacity: f32,
    /// Part of it that stands on the point, from the lower left; the middle unless said otherwise.
    pub anchor: [f32; 2],
    /// Shift to the right and upwards.
    pub displacement: [f32; 2],
}

impl Default for Graphic {
    fn default() -> Self {
        Self {
            symbol: Symbol::Mark(Mark::default()),
            size: 6.0,
            rotation: 0.0,
            opacity: 1.0,
            anchor: [0.5, 0.5],
            displacement: [0.0, 0.0],
        }
    }
}

impl Graphic {
    /// Width for a height of 1.
    #[must_use]
    pub fn aspect(&self) -> f32 {
        match &self.symbol {
            Symbol::Mark(_) => 1.0,
            Symbol::Picture(picture) => picture.width / picture.height,
        }
    }

    /// The mark, unless it is a picture.
    #[must_use]
    pub const fn mark(&self) -> Option<&Mark> {
        match &self.symbol {
            Symbol::Mark(mark) => Some(mark),
            Symbol::Picture(_) => None,
        }
    }

    /// The colour that one pixel of it has: what stands for it where there is no room.
    #[must_use]
    pub fn dot(&self) -> Option<Fill> {
        let mark = self.mark()?;
        let stroke = mark.stroke.as_ref().map(|s| Fill { color: s.color, opacity: s.opacity });
        mark.fill.or(stroke)
    }
}

/// What a graphic shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Symbol {
    /// `Mark`
    Mark(Mark),
    /// `ExternalGraphic`
    Picture(ExternalGraphic),
}

/// `ExternalGraphic`: a picture that the style itself holds; none is ever fetched.
#[derive(Clone)]
pub struct ExternalGraphic {
    /// Its file, as given.
    pub bytes: Arc<[u8]>,
    /// Width in pixels, greater than 0.
    pub width: f32,
    /// Height in pixels, greater than 0.
    pub height: f32,
    /// What was read from it.
    pub content: PictureContent,
}

/// What an external graphic was read as.
#[derive(Clone)]
pub enum PictureContent {
    /// `image/svg+xml`
    Svg(Arc<resvg::usvg::Tree>),
    /// `image/png`: premultiplied RGBA, row by row from the top.
    Png(Arc<[u8]>),
}

impl ExternalGraphic {
    /// `image/svg+xml` or `image/png`.
    #[must_use]
    pub const fn media_type(&self) -> &'static str {
        match self.content {
            PictureContent::Svg(_) => "image/svg+xml",
            PictureContent::Png(_) => "image/png",
        }
    }
}

impl PartialEq for ExternalGraphic {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl std::fmt::Debug for ExternalGraphic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ExternalGraphic({}, {} bytes)", self.media_type(), self.bytes.len())
    }
}

/// `GraphicFill`: an area covered with a graphic, again and again.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphicFill {
    /// The graphic.
    pub graphic: Graphic,
    /// Free room above, to the right, below and to the left of each.
    pub margin: [f32; 4],
}

/// `GraphicStroke`: a line made of a graphic, again and again, turned with it.
#[derive(Clone, Debug, PartialEq)]
pub struct GraphicStroke {
    /// The graphic.
    pub graphic: Graphic,
    /// Where on the line the first begins.
    pub initial_gap: f32,
    /// Free room from one to the next.
    pub gap: f32,
}

/// A mark's shape and colours.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// Shape.
    pub shape: MarkShape,
    /// Interior.
    pub fill: Option<Fill>,
    /// Border.
    pub stroke: Option<Stroke>,
}

impl Default for Mark {
    fn default() -> Self {
        Self { shape: MarkShape::Square, fill: Some(Fill::default()), stroke: Some(Stroke::default()) }
    }
}

/// Marks: the well-known ones (OGC 05-077r4 clause 11.3.2), those that QGIS and GeoServer write beside them, and letters
/// of a font.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum MarkShape {
    /// `square`, the default.
    #[default]
    Square,
    /// `circle`
    Circle,
    /// `triangle`, pointing up.
    Triangle,
    /// `star`, five-pointed.
    Star,
    /// `cross`, an upright `+`.
    Cross,
    /// `x`, a diagonal cross.
    X,
    /// `diamond`, a square on its corner.
    Diamond,
    /// `pentagon`
    Pentagon,
    /// `hexagon`
    Hexagon,
    /// `octagon`
    Octagon,
    /// `cross_fill`, an upright cross with a width.
    CrossFill,
    /// `arrow`, pointing up.
    Arrow,
    /// `arrowhead`, two lines that point up.
    Arrowhead,
    /// `filled_arrowhead`, a narrow triangle pointing up.
    FilledArrowhead,
    /// `semi_circle`, the upper half.
    SemiCircle,
    /// `heart`
    Heart,
    /// `vertline`, upright from edge to edge.
    Vertical,
    /// `horline`, from the left edge to the right.
    Horizontal,
    /// `slash`, from the lower left to the upper right.
    Slash,
    /// `backslash`, from the upper left to the lower right.
    Backslash,
    /// `dot`, a small circle.
    Dot,
    /// A letter of a font that the server has, as `ttf://DejaVu Sans#0x2708`.
    Letter {
        /// Family.
        family: String,
        /// The letter.
        letter: char,
    },
}

impl MarkShape {
    /// All shapes but letters.
    pub const ALL: [Self; 21] = [
        Self::Square,
        Self::Circle,
        Self::Triangle,
        Self::Star,
        Self::Cross,
        Self::X,
        Self::Diamond,
        Self::Pentagon,
        Self::Hexagon,
        Self::Octagon,
        Self::CrossFill,
        Self::Arrow,
        Self::Arrowhead,
        Self::FilledArrowhead,
        Self::SemiCircle,
        Self::Heart,
        Self::Vertical,
        Self::Horizontal,
        Self::Slash,
        Self::Backslash,
        Self::Dot,
    ];

    /// `WellKnownName`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Square => "square",
            Self::Circle => "circle",
            Self::Triangle => "triangle",
            Self::Star => "star",
            Self::Cross => "cross",
            Self::X => "x",
            Self::Diamond => "diamond",
            Self::Pentagon => "pentagon",
            Self::Hexagon => "hexagon",
            Self::Octagon => "octagon",
            Self::CrossFill => "cross_fill",
            Self::Arrow => "arrow",
            Self::Arrowhead => "arrowhead",
            Self::FilledArrowhead => "filled_arrowhead",
            Self::SemiCircle => "semi_circle",
            Self::Heart => "heart",
            Self::Vertical => "shape://vertline",
            Self::Horizontal => "shape://horline",
            Self::Slash => "shape://slash",
            Self::Backslash => "shape://backslash",
            Self::Dot => "shape://dot",
            Self::Letter { family, letter } => return format!("ttf://{family}#0x{:04x}", u32::from(*letter)),
        }
        .to_owned()
    }

    /// The shape of a `WellKnownName`, in any case, as the standard, QGIS and GeoServer spell it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if let Some(letter) = name.strip_prefix("ttf://") {
            return Self::letter(letter);
        }
        let name = name.to_ascii_lowercase();
        let bare = name.trim_start_matches("shape://");
        Some(match bare {
            "plus" => Self::Cross,
            "cross2" | "times" => Self::X,
            "regular_star" => Self::Star,
            "rectangle" => Self::Square,
            "equilateral_triangle" => Self::Triangle,
            "half_circle" => Self::SemiCircle,
            "line" => Self::Vertical,
            "oarrow" => Self::Arrowhead,
            "carrow" => Self::FilledArrowhead,
            _ => return Self::ALL.into_iter().find(|s| s.name().trim_start_matches("shape://") == bare),
        })
    }

    /// `DejaVu Sans#0x2708`: a family and a letter of it by its number, or the letter itself.
    fn letter(text: &str) -> Option<Self> {
        let (family, letter) = text.rsplit_once('#')?;
        let number = |digits: &str| u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
        let mut letters = letter.chars();
        let letter = match letter.get(..2) {
            Some("0x" | "0X" | "U+" | "u+" | "\\u") => number(letter.get(2..)?)?,
            _ => letters.next().filter(|_| letters.next().is_none())?,
        };
        let valid = !family.trim().is_empty() && !letter.is_control();
        valid.then(|| Self::Letter { family: family.trim().to_owned(), letter })
    }

    /// Whether it is made of lines alone: filled, it would be empty.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.is_hatch() || matches!(self, Self::Cross | Self::X | Self::Arrowhead)
    }

    /// Whether it runs from edge to edge, so that a pattern of it has unbroken lines.
    #[must_use]
    pub const fn is_hatch(&self) -> bool {
        matches!(self, Self::Vertical | Self::Horizontal | Self::Slash | Self::Backslash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_found_by_its_name_and_nothing_else_is() {
        for shape in MarkShape::ALL {
            assert_eq!(MarkShape::named(&shape.name()), Some(shape.clone()), "{shape:?}");
            assert_eq!(MarkShape::named(&shape.name().to_uppercase().replace("SHAPE", "shape")), Some(shape));
        }
        let plane = MarkShape::Letter { family: "DejaVu Sans".into(), letter: '✈' };
        for name in ["ttf://DejaVu Sans#0x2708", "ttf://DejaVu Sans#✈", "ttf://DejaVu Sans#U+2708"] {
            assert_eq!(MarkShape::named(name), Some(plane.clone()), "{name}");
        }
        assert_eq!(MarkShape::named(&plane.name()), Some(plane));
        for name in
            ["", "squares", "ttf://DejaVu", "ttf://#0x41", "ttf://A#0xD800", "ttf://A#0x0A", "shape://"]
        {
            assert_eq!(MarkShape::named(name), None, "{name}");
        }
    }
}

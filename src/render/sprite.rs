//! Sprites of web maps: all icons of a style in one picture, with a list of where each is (MapLibre Style Specification,
//! `sprite`). Drawn as our own maps draw them.

use super::encode::write_png;
use super::graphics::{draw_graphic, side, tile};
use super::marks::outline;
use super::{Picture, RenderError, draw, sdf};
use crate::style::MarkShape;
use crate::style::maplibre::{Icon, IconContent};
use serde_json::{Map, Value, json};
use vello_cpu::kurbo::Affine;

/// Widest row of icons in pixels; one that is wider has a row for itself.
const ROW: u32 = 1024;
/// Pixels around a field: as far as the distance is told, so that borders are as wide as they can be.
const MARGIN: u32 = 7;

/// A sheet of icons.
pub struct Sprite {
    sheet: Picture,
    places: Vec<Place>,
}

struct Place {
    name: String,
    /// Pixels of the sheet for one of the map's.
    ratio: u8,
    is_field: bool,
    left: u32,
    top: u32,
    width: u32,
    height: u32,
}

impl Sprite {
    /// Draws icons with `ratio` pixels for each of the map's.
    ///
    /// # Errors
    /// [`RenderError`] when they are too large together, or can't be drawn.
    pub fn draw(icons: &[Icon], ratio: u8) -> Result<Self, RenderError> {
        let pictures: Vec<Picture> =
            icons.iter().map(|icon| drawn(icon, f32::from(ratio))).collect::<Result<_, _>>()?;
        let mut places: Vec<Place> = Vec::with_capacity(icons.len());
        let (mut left, mut top, mut high, mut wide) = (0, 0, 0, 1);
        for (icon, picture) in icons.iter().zip(&pictures) {
            let (width, height) = (picture.width(), picture.height());
            if left > 0 && left + width > ROW {
                (left, top, high) = (0, top + high, 0);
            }
            let is_field = matches!(icon.content, IconContent::Field { .. });
            // Fields have one size: MapLibre reckons in their own pixels.
            let ratio = if is_field { 1 } else { ratio };
            places.push(Place { name: icon.name.clone(), ratio, is_field, left, top, width, height });
            left += width;
            high = high.max(height);
            wide = wide.max(left);
        }
        let tall = (top + high).max(1);
        if wide > u32::from(u16::MAX) || tall > u32::from(u16::MAX) {
            return Err(RenderError::Size(wide, tall));
        }
        let mut sheet = Picture::new(wide, tall, None);
        for (place, picture) in places.iter().zip(&pictures) {
            sheet.blit(picture, place.left.into(), place.top.into());
        }
        Ok(Self { sheet, places })
    }

    /// The list of icons.
    #[must_use]
    pub fn index(&self) -> Value {
        let entry = |place: &Place| {
            let mut value = json!({
                "x": place.left,
                "y": place.top,
                "width": place.width,
                "height": place.height,
                "pixelRatio": place.ratio,
            });
            if place.is_field {
                value["sdf"] = json!(true);
            }
            (place.name.clone(), value)
        };
        Value::Object(self.places.iter().map(entry).collect::<Map<_, _>>())
    }

    /// The sheet as PNG.
    ///
    /// # Errors
    /// [`RenderError`] when it can't be written.
    pub fn png(&self) -> Result<Vec<u8>, RenderError> {
        write_png(&self.sheet)
    }
}

fn drawn(icon: &Icon, scale: f32) -> Result<Picture, RenderError> {
    match &icon.content {
        IconContent::Graphic(graphic) => {
            let side = side(graphic, scale);
            let middle = side as f32 / 2.0;
            let drawn =
                draw(side, side, None, |canvas| draw_graphic(canvas, graphic, scale, [middle, middle], 0.0));
            drawn.map(|picture| trimmed(&picture))
        }
        IconContent::Pattern(fill) => tile(fill, scale).ok_or(RenderError::Crashed),
        IconContent::Field { shape, size } => Ok(field(shape, *size)),
    }
}

/// The field of a shape around the middle of a square; distances are the picture's opacity.
fn field(shape: &MarkShape, size: f32) -> Picture {
    // An even number, so that the middle is between two pixels.
    let side = 2 * ((size / 2.0).ceil() as u32 + MARGIN);
    let mut picture = Picture::new(side, side, None);
    // Outlines of marks run down.
    let upright = Affine::FLIP_Y * outline(shape, size, 0.0, [0.0, 0.0]);
    if let Some(field) = sdf::field(&upright, MARGIN) {
        let (width, height) = (field.width + 2 * MARGIN, field.height + 2 * MARGIN);
        let mut shown = Picture::new(width, height, None);
        for (pixel, value) in shown.data_mut().chunks_exact_mut(4).zip(&field.values) {
            if let Some(opacity) = pixel.last_mut() {
                *opacity = *value;
            }
        }
        let (middle, margin) = (i64::from(side / 2), i64::from(MARGIN));
        picture.blit(&shown, middle + i64::from(field.left) - margin, middle - i64::from(field.top) - margin);
    }
    picture
}

/// A picture without what is empty around it, but for a pixel; its middle stays the middle. MapLibre takes the size of an
/// icon for that of its symbol, when it places one behind the other along a line.
fn trimmed(picture: &Picture) -> Picture {
    let (width, height) = (picture.width(), picture.height());
    let seen = |x: u32, y: u32| picture.pixel(x, y).is_some_and(|p| p[3] > 0);
    let column = |x: u32| (0..height).any(|y| seen(x, y));
    let row = |y: u32| (0..width).any(|x| seen(x, y));
    let across = (0..width / 2).find(|x| column(*x) || column(width - 1 - x)).unwrap_or(0).saturating_sub(1);
    let down = (0..height / 2).find(|y| row(*y) || row(height - 1 - y)).unwrap_or(0).saturating_sub(1);
    picture.part(across, down, width - 2 * across, height - 2 * down)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::{Color, Fill, Graphic, GraphicFill, Mark, MarkShape, Symbol};

    fn icons() -> Vec<Icon> {
        let graphic = |shape: MarkShape, size: f32| {
            let fill = Some(Fill { color: Color { r: 200, g: 0, b: 0 }, opacity: 1.0 });
            Graphic { symbol: Symbol::Mark(Mark { shape, fill, stroke: None }), size, ..Graphic::default() }
        };
        let pattern = GraphicFill { graphic: graphic(MarkShape::Slash, 8.0), margin: [0.0; 4] };
        let mut all = vec![Icon { name: "hatch".into(), content: IconContent::Pattern(pattern) }];
        for index in 0..60 {
            let content = IconContent::Graphic(graphic(MarkShape::Square, 10.0 + index as f32));
            all.push(Icon { name: format!("square-{index}"), content });
        }
        all
    }

    #[test]
    fn every_icon_is_where_the_list_says_and_none_lies_on_another() {
        for ratio in [1, 2] {
            let sprite = Sprite::draw(&icons(), ratio).expect("drawn");
            let index = sprite.index();
            assert_eq!(index["hatch"]["width"], 8 * u32::from(ratio));
            for place in &sprite.places {
                assert!(place.left + place.width <= sprite.sheet.width());
                assert!(place.top + place.height <= sprite.sheet.height());
                for other in sprite.places.iter().filter(|other| other.name != place.name) {
                    let apart = place.left >= other.left + other.width
                        || other.left >= place.left + place.width
                        || place.top >= other.top + other.height
                        || other.top >= place.top + place.height;
                    assert!(apart, "{} lies on {}", place.name, other.name);
                }
            }
            // The middle of a square is painted, and as much of it as its size says.
            let place = sprite.places.iter().find(|p| p.name == "square-20").expect("there");
            let red =
                |x: u32, y: u32| sprite.sheet.pixel(place.left + x, place.top + y) == Some([200, 0, 0, 255]);
            let row = (0..place.width).filter(|x| red(*x, place.height / 2)).count() as u32;
            assert!(row.abs_diff(30 * u32::from(ratio)) <= 1, "{row}");
            assert!(sprite.png().expect("PNG").starts_with(b"\x89PNG"));
        }
    }

    #[test]
    fn a_style_without_icons_has_an_empty_list_and_a_pixel() {
        let sprite = Sprite::draw(&[], 1).expect("drawn");
        assert_eq!(sprite.index(), json!({}));
        assert_eq!((sprite.sheet.width(), sprite.sheet.height()), (1, 1));
    }

    #[test]
    fn a_field_has_the_cutoff_on_its_edge_and_one_size_in_both_sheets() {
        for (shape, inside) in [(MarkShape::Circle, true), (MarkShape::Triangle, false)] {
            let icon = Icon { name: "field".into(), content: IconContent::Field { shape, size: 24.0 } };
            for ratio in [1, 2] {
                let sprite = Sprite::draw(std::slice::from_ref(&icon), ratio).expect("drawn");
                let entry =
                    json!({ "x": 0, "y": 0, "width": 38, "height": 38, "pixelRatio": 1, "sdf": true });
                assert_eq!(sprite.index()["field"], entry);
                let at = |x: u32, y: u32| sprite.sheet.pixel(x, y).map_or(0, |p| p[3]);
                assert_eq!(at(19, 19), 255);
                // Half a pixel on both sides of the lower edge, 12 pixels below the middle.
                assert!((206..=207).contains(&at(19, 30)) && (174..=175).contains(&at(19, 31)));
                // The upper left corner of the square that the mark fills.
                assert!(at(7, 7) < 191);
                assert_eq!(at(11, 11) > 191, inside);
                assert_eq!((at(0, 0), at(37, 0)), (0, 0));
            }
        }
    }
}

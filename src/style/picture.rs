//! Reads external graphics: SVG and PNG that a style holds. Nothing is fetched and no file is opened.
//!
//! A picture is drawn by the server for anyone who asks for a map, so what could cost much is refused when the style is
//! read: filters, masks, patterns, pictures in pictures, and references to what itself refers to something.

use super::{ExternalGraphic, PictureContent};
use resvg::usvg::{self, ImageHrefResolver, Options, Tree};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::HashSet;
use std::sync::Arc;

/// Largest file of a picture in bytes: far beyond any symbol.
const BYTES: usize = 256 << 10;
/// Largest PNG, pixels a side.
const SIDE: u32 = 1024;
/// Largest number of nodes of an SVG, and how deep they may stand in each other.
const NODES: u32 = 20_000;
const DEPTH: usize = 64;
/// Elements of SVG whose cost has no bound, or that would bring in other files.
const REFUSED: [&str; 6] = ["filter", "mask", "pattern", "image", "feImage", "foreignObject"];

const SVG: &str = "http://www.w3.org/2000/svg";

impl ExternalGraphic {
    /// Reads a picture, whatever media type was said.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the file.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > BYTES {
            return Err(format!("the picture has {} bytes; at most {BYTES} are taken", bytes.len()));
        }
        if bytes.starts_with(b"\x89PNG") { png(bytes) } else { svg(bytes) }
    }
}

fn svg(bytes: &[u8]) -> Result<ExternalGraphic, String> {
    let text =
        std::str::from_utf8(bytes).map_err(|_| "the picture is neither PNG nor SVG in UTF-8".to_owned())?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.trim_start_matches('\u{feff}').trim_start(), options)
        .map_err(|e| format!("the picture is neither PNG nor well-formed SVG without a DTD: {e}"))?;
    let root = document.root_element();
    if root.tag_name().name() != "svg" || root.tag_name().namespace() != Some(SVG) {
        return Err(format!("the picture's root element is not 'svg' of the namespace {SVG}"));
    }
    look_through(&document)?;
    let nothing =
        ImageHrefResolver { resolve_data: Box::new(|_, _, _| None), resolve_string: Box::new(|_, _| None) };
    let options = Options { image_href_resolver: nothing, ..Options::default() };
    let tree = Tree::from_xmltree(&document, &options).map_err(|e| match e {
        usvg::Error::InvalidSize => "the picture has no size: width and height, or a viewBox".to_owned(),
        other => format!("the SVG can't be read: {other}"),
    })?;
    let (width, height) = (tree.size().width(), tree.size().height());
    if width.max(height) > 10_000.0 {
        return Err(format!(
            "the picture is {width} × {height} pixels large; at most 10000 a side are taken"
        ));
    }
    Ok(ExternalGraphic { bytes: bytes.into(), width, height, content: PictureContent::Svg(Arc::new(tree)) })
}

/// Refuses what has no bound.
fn look_through(document: &Document<'_>) -> Result<(), String> {
    let elements = || document.descendants().filter(Node::is_element);
    if let Some(refused) = elements().find(|e| REFUSED.contains(&e.tag_name().name())) {
        return Err(format!("element '{}' of SVG is not supported in symbols", refused.tag_name().name()));
    }
    if elements().any(|e| e.ancestors().take(DEPTH + 2).count() > DEPTH + 1) {
        return Err(format!("elements of the SVG stand in each other more than {DEPTH} deep"));
    }
    let used: HashSet<&str> = elements().filter(is_use).filter_map(target).collect();
    let nested = elements()
        .filter(|e| e.attribute("id").is_some_and(|id| used.contains(id)))
        .any(|e| e.descendants().any(|inner| is_use(&inner)));
    let sheets = || elements().filter(|e| e.tag_name().name() == "style");
    let clips = |e: Node<'_, '_>| {
        e.attribute("clip-path").is_some() || e.attribute("style").is_some_and(|s| s.contains("clip-path"))
    };
    let clipped_clip = elements().filter(|e| e.tag_name().name() == "clipPath").any(|e| {
        e.descendants().any(clips) || sheets().any(|s| s.text().is_some_and(|t| t.contains("clip-path")))
    });
    if nested || clipped_clip {
        return Err("something that the SVG refers to refers to something itself; draw it out".to_owned());
    }
    Ok(())
}

fn is_use(node: &Node<'_, '_>) -> bool {
    node.tag_name().name() == "use"
}

/// What a `use` refers to: `#id`.
fn target<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    let href = node.attribute("href").or_else(|| node.attribute(("http://www.w3.org/1999/xlink", "href")));
    href?.strip_prefix('#')
}

fn png(bytes: &[u8]) -> Result<ExternalGraphic, String> {
    let broken = |e: png::DecodingError| format!("the PNG can't be read: {e}");
    let mut decoder = png::Decoder::new_with_limits(
        std::io::Cursor::new(bytes),
        png::Limits { bytes: (SIDE as usize).pow(2) * 16 },
    );
    decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if width.max(height) > SIDE {
        return Err(format!(
            "the picture is {width} × {height} pixels large; at most {SIDE} a side are taken"
        ));
    }
    let mut raw = vec![0; reader.output_buffer_size().unwrap_or(0)];
    let frame = reader.next_frame(&mut raw).map_err(broken)?;
    raw.truncate(frame.buffer_size());
    let rgba: Vec<[u8; 4]> = match frame.color_type {
        png::ColorType::GrayscaleAlpha => raw.chunks_exact(2).map(|p| [p[0], p[0], p[0], p[1]]).collect(),
        png::ColorType::Rgba => raw.chunks_exact(4).map(|p| [p[0], p[1], p[2], p[3]]).collect(),
        other => return Err(format!("the PNG's colours ({other:?}) can't be read")),
    };
    let premultiplied: Vec<u8> = rgba
        .into_iter()
        .flat_map(|[r, g, b, a]| {
            let part = |c: u8| ((u16::from(c) * u16::from(a) + 127) / 255) as u8;
            [part(r), part(g), part(b), a]
        })
        .collect();
    let content = PictureContent::Png(premultiplied.into());
    Ok(ExternalGraphic { bytes: bytes.into(), width: width as f32, height: height as f32, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(inside: &str) -> String {
        let text = format!(
            r#"<svg xmlns="{SVG}" xmlns:x="http://www.w3.org/1999/xlink" width="8" height="8">{inside}</svg>"#
        );
        ExternalGraphic::read(text.as_bytes()).expect_err(inside)
    }

    #[test]
    fn a_picture_says_its_size() {
        let svg =
            format!(r#"<svg xmlns="{SVG}" width="30" height="20"><rect width="30" height="20"/></svg>"#);
        let svg = ExternalGraphic::read(svg.as_bytes()).expect("an SVG");
        assert_eq!((svg.width, svg.height, svg.media_type()), (30.0, 20.0, "image/svg+xml"));
    }

    #[test]
    fn pictures_whose_cost_has_no_bound_or_that_are_none_are_refused() {
        assert!(refused("<filter id='f'/>").contains("'filter'"));
        assert!(refused("<image href='file:///etc/passwd'/>").contains("'image'"));
        let bomb = "<g id='a'><use href='#b'/><use href='#b'/></g><g id='b'><rect/></g><use x:href='#a'/>";
        assert!(refused(bomb).contains("refers to something itself"));
        let clips = "<clipPath id='a'><rect clip-path='url(#b)'/></clipPath><clipPath id='b'/>";
        assert!(refused(clips).contains("refers to something itself"));
        let deep = format!("{}{}", "<g>".repeat(100), "</g>".repeat(100));
        assert!(refused(&deep).contains("64 deep"));
        let dtd = ExternalGraphic::read(b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>").expect_err("a DTD");
        assert!(dtd.contains("DTD"), "{dtd}");
        for wrong in [&b"GIF89a"[..], b"\x89PNG\r\n\x1a\n", b"<html/>", b"\xff\xfe", &[b' '; 300_000]] {
            assert!(ExternalGraphic::read(wrong).is_err());
        }
    }
}

//! What an archive says of itself, as a stranger wrote it.

use super::{ArchiveInfo, ReadError, TileFormat};
use serde_json::{Map, Value as Json};

/// Layers that vector tiles may have.
const LAYERS: usize = 1_000;

/// Characters of a text that is kept.
const TEXT: usize = 10_000;

/// What is known of an archive beside its metadata: what the tiles are, zooms, bounds, a first look.
pub(in crate::formats) type Facts = (TileFormat, [u8; 2], [f64; 4], [f64; 3]);

/// Reads the metadata: a JSON object (RFC 8259).
pub(in crate::formats) fn described(text: &[u8], facts: Facts) -> Result<ArchiveInfo, ReadError> {
    let document = match serde_json::from_slice(text) {
        Ok(Json::Object(document)) => document,
        Ok(_) => return Err(ReadError::damaged("its metadata are no JSON object")),
        Err(error) => return Err(ReadError::damaged(format!("its metadata are no JSON: {error}"))),
    };
    of_members(&document, facts)
}

/// The same of members that were read already.
pub(in crate::formats) fn of_members(
    document: &Map<String, Json>,
    (format, zooms, bounds, center): Facts,
) -> Result<ArchiveInfo, ReadError> {
    let text = |key: &str| {
        let text = document.get(key).and_then(Json::as_str).unwrap_or_default();
        text.chars().filter(|c| !c.is_control() || *c == '\n').take(TEXT).collect::<String>()
    };
    let vector_layers = match format {
        TileFormat::Mvt => vector_layers(document.get("vector_layers"))?,
        _ => Vec::new(),
    };
    Ok(ArchiveInfo {
        name: text("name"),
        description: text("description"),
        attribution: without_markup(&text("attribution")),
        version: text("version"),
        format,
        zooms,
        bounds,
        center: within(center, bounds),
        vector_layers,
    })
}

/// A first look that lies beside the border, as that of writers who set none, goes to its middle.
fn within([x, y, zoom]: [f64; 3], [west, south, east, north]: [f64; 4]) -> [f64; 3] {
    if (west..=east).contains(&x) && (south..=north).contains(&y) {
        return [x, y, zoom];
    }
    [f64::midpoint(west, east), f64::midpoint(south, north), zoom]
}

/// TileJSON 3.0, section 3.3: without it nobody knows what the tiles have.
fn vector_layers(member: Option<&Json>) -> Result<Vec<Json>, ReadError> {
    let missing = || {
        ReadError::Unsupported(
            "its metadata have no 'vector_layers', which tell the layers of vector tiles (TileJSON 3.0, section 3.3)".to_owned(),
        )
    };
    let layers = member.and_then(Json::as_array).filter(|layers| !layers.is_empty()).ok_or_else(missing)?;
    if layers.len() > LAYERS {
        return Err(ReadError::TooLarge { what: "the number of layers", limit: LAYERS as u64 });
    }
    for layer in layers {
        if layer.get("id").and_then(Json::as_str).is_none_or(str::is_empty) {
            return Err(ReadError::damaged("a layer in its 'vector_layers' has no 'id'"));
        }
    }
    Ok(layers.clone())
}

/// Attributions are HTML, which viewers put into their pages: a stranger's is shown as text, its links left out.
fn without_markup(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut is_inside = false;
    for c in html.chars() {
        match c {
            '<' => is_inside = true,
            '>' if is_inside => is_inside = false,
            _ if is_inside => {}
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, format: TileFormat) -> Result<ArchiveInfo, ReadError> {
        described(text.as_bytes(), (format, [0, 5], [0.0, 0.0, 1.0, 1.0], [0.5, 0.5, 3.0]))
    }

    #[test]
    fn texts_and_layers_are_taken_and_markup_is_not() {
        let text = r#"{"name":"A","attribution":"<a href=\"https://x\">© B</a><script>x","vector_layers":[{"id":"l","fields":{}}]}"#;
        let info = read(text, TileFormat::Mvt).expect("read");
        assert_eq!((info.name.as_str(), info.attribution.as_str()), ("A", "© Bx"));
        assert_eq!(info.vector_layers.len(), 1);
        assert_eq!(within([5.0, 5.0, 3.0], [0.0, 0.0, 10.0, 20.0]), [5.0, 5.0, 3.0]);
        assert_eq!(within([-30.0, f64::NAN, 3.0], [0.0, 0.0, 10.0, 20.0]), [5.0, 10.0, 3.0]);
        assert!(read("{}", TileFormat::Png).expect("read").vector_layers.is_empty());
        assert_eq!(without_markup("a > b <img src=x onerror=y"), "a &gt; b ");
    }

    #[test]
    fn metadata_that_are_none_are_refused() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for text in
            ["", "[]", "null", "{", &deep, r#"{"vector_layers":[{}]}"#, r#"{"vector_layers":[{"id":""}]}"#]
        {
            let error = read(text, TileFormat::Mvt).expect_err("refused");
            assert!(matches!(error, ReadError::Damaged(_)), "{text:.40}: {error}");
        }
        for text in ["{}", r#"{"vector_layers":[]}"#, r#"{"vector_layers":{"id":"a"}}"#] {
            let error = read(text, TileFormat::Mvt).expect_err("refused");
            assert!(matches!(error, ReadError::Unsupported(_)), "{text}: {error}");
        }
        let many = format!(r#"{{"vector_layers":[{}]}}"#, vec![r#"{"id":"a"}"#; 1001].join(","));
        assert!(matches!(read(&many, TileFormat::Mvt), Err(ReadError::TooLarge { .. })));
    }
}

//! Styles in other languages than SLD, drawn: of QGIS and of MapLibre. The `.qml` files were saved by QGIS 3.22.

use crate::picture::Picture;
use crate::support::get;
use crate::wms::{THREE, squares};

/// A map of the three squares in a style, at a pixel a metre.
async fn drawn(style: &str) -> Picture {
    drawn_at(style, "").await
}

async fn drawn_at(style: &str, more: &str) -> Picture {
    let (server, _database, _folder) = squares(style).await;
    let address = format!("{}{THREE}{more}", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    if let Some(dir) = std::env::var_os("LOOK") {
        let name = std::thread::current().name().unwrap_or("x").replace(':', "_");
        let n = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos();
        std::fs::write(std::path::Path::new(&dir).join(format!("{name}-{n}.png")), &answer.body).unwrap();
    }
    Picture::decode(&answer.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn look() {
    for (name, text) in [
        ("categories", include_str!("languages/categories.qml")),
        ("ranges", include_str!("languages/ranges.qml")),
        ("rules", include_str!("languages/rules.qml")),
        ("symbols", include_str!("languages/symbols.qml")),
        ("labels", include_str!("languages/labels.qml")),
    ] {
        println!("{name}");
        drawn(text).await;
    }
}

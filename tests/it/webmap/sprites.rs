//! Sprites, and the styles that name them.

use crate::picture::Picture;
use crate::support::region::fixture;
use crate::support::{self, TestDatabase, TestServer, get, get_with, ingest, server};
use serde_json::Value;

const MARKS: &str = r##"<FeatureTypeStyle xmlns="http://www.opengis.net/se" xmlns:ogc="http://www.opengis.net/ogc">
  <Rule><PointSymbolizer><Graphic><Mark><WellKnownName>square</WellKnownName>
    <Fill><SvgParameter name="fill">#cc0000</SvgParameter></Fill></Mark><Size>20</Size></Graphic></PointSymbolizer>
    <TextSymbolizer><Label><ogc:PropertyName>nom</ogc:PropertyName></Label>
      <Font><SvgParameter name="font-family">DejaVu Serif</SvgParameter><SvgParameter name="font-weight">bold</SvgParameter></Font>
    </TextSymbolizer></Rule>
  <Rule><PointSymbolizer><Graphic><ExternalGraphic><InlineContent encoding="base64">PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciIHdpZHRoPSI4IiBoZWlnaHQ9IjgiPjxyZWN0IHdpZHRoPSI4IiBoZWlnaHQ9IjgiIGZpbGw9IiMwMDgwMDAiLz48L3N2Zz4=</InlineContent>
    <Format>image/svg+xml</Format></ExternalGraphic><Size>12</Size><Rotation>45</Rotation><Opacity>0.5</Opacity></Graphic></PointSymbolizer></Rule>
  <Rule><PointSymbolizer><Graphic><Mark><WellKnownName>circle</WellKnownName></Mark><Size>7</Size></Graphic></PointSymbolizer></Rule>
</FeatureTypeStyle>"##;

const HATCH: &str = r##"<FeatureTypeStyle xmlns="http://www.opengis.net/se"><Rule><PolygonSymbolizer>
  <Fill><GraphicFill><Graphic><Mark><WellKnownName>shape://vertline</WellKnownName>
    <Stroke><SvgParameter name="stroke">#0000cc</SvgParameter><SvgParameter name="stroke-width">2</SvgParameter></Stroke></Mark>
    <Size>10</Size></Graphic></GraphicFill></Fill></PolygonSymbolizer></Rule></FeatureTypeStyle>"##;

async fn place() -> (TestDatabase, TestServer) {
    let database = support::database().await;
    for (dataset, file, style) in
        [("equipements", "equipements.geojson", MARKS), ("communes", "communes.zip", HATCH)]
    {
        let files = [fixture(file)];
        ingest(&database, dataset, &files, |r| r.style = Some(style.to_owned())).await.expect("published");
    }
    let server = server(&database);
    (database, server)
}

/// The list of a sprite and its picture.
fn sprite(address: &str, ratio: &str) -> (Value, Picture) {
    let list = get(&format!("{address}{ratio}.json"));
    assert_eq!((list.status, list.header("content-type")), (200, "application/json"), "{}", list.text());
    let picture = get(&format!("{address}{ratio}.png"));
    assert_eq!((picture.status, picture.header("content-type")), (200, "image/png"), "{}", picture.text());
    (list.json(), Picture::decode(&picture.body))
}

fn number(value: &Value, name: &str) -> u32 {
    u32::try_from(value[name].as_u64().expect(name)).expect("small")
}

/// What MapLibre's specification asks of a document, as far as the house writes such.
fn check(document: &Value, base: &str) {
    let layers = document["layers"].as_array().expect("layers");
    let ids: std::collections::BTreeSet<&str> = layers.iter().filter_map(|l| l["id"].as_str()).collect();
    assert_eq!(ids.len(), layers.len(), "each has an id of its own");
    assert_eq!(document["glyphs"], format!("{base}/fonts/{{fontstack}}/{{range}}.pbf"));
    let names = document["sprite"].as_str().map(|address| sprite(address, "").0);
    for layer in layers {
        assert!(document["sources"].get(layer["source"].as_str().expect("a source")).is_some(), "{layer}");
        for member in ["/layout/icon-image", "/paint/fill-pattern"] {
            if let Some(name) = layer.pointer(member) {
                let known = names.as_ref().expect("a sprite");
                assert!(known.get(name.as_str().expect("a name")).is_some(), "{name} is not in {known}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_and_pictures_are_in_the_sprite_as_the_style_names_them() {
    let (_database, server) = place().await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let document = get(&format!("{base}/styles/equipements/default.json")).json();
        check(&document, &base);
        assert_eq!(document["sprite"], format!("{base}/styles/equipements/default/sprite"));
        let layers = document["layers"].as_array().expect("layers");
        let kinds: Vec<&str> = layers.iter().filter_map(|l| l["type"].as_str()).collect();
        assert_eq!(kinds, ["symbol", "symbol", "symbol", "circle"], "{document:#}");
        assert_eq!(
            layers[1]["layout"]["text-font"],
            serde_json::json!(["DejaVu Serif Bold", "DejaVu Sans Bold"])
        );
        assert_eq!(layers[2]["paint"]["icon-opacity"], 0.5);
        let icon = |index: usize| layers[index]["layout"]["icon-image"].as_str().expect("an icon").to_owned();
        for (ratio, times) in [("", 1), ("@2x", 2)] {
            let (list, picture) = sprite(document["sprite"].as_str().expect("an address"), ratio);
            assert_eq!(list.as_object().map(serde_json::Map::len), Some(2));
            let middle = |name: &str| {
                let place = &list[name];
                assert_eq!(place["pixelRatio"], times);
                let (x, y) = (number(place, "x"), number(place, "y"));
                let (width, height) = (number(place, "width"), number(place, "height"));
                assert!(x + width <= picture.width && y + height <= picture.height);
                picture.at(x + width / 2, y + height / 2)
            };
            assert_eq!(middle(&icon(0)), [204, 0, 0, 255]);
            // Opacity is the layer's, so that it isn't there twice.
            assert_eq!(middle(&icon(2)), [0, 128, 0, 255]);
            let square = &list[&icon(0)];
            let red = picture.count_in(
                number(square, "x"),
                number(square, "y"),
                number(square, "width"),
                number(square, "height"),
                |p| p == [204, 0, 0, 255],
            );
            let side = 20 * times as usize;
            assert!(red.abs_diff(side * side) <= side * 4, "{red}");
            // The picture on its corner is higher than its side.
            assert!(number(&list[&icon(2)], "height") >= 16 * times);
        }
    })
    .await
    .expect("done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hatch_is_a_pattern_whose_lines_meet() {
    let (_database, server) = place().await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let scoped = format!("{base}/dataset/communes");
        let document = get(&format!("{scoped}/styles/communes/default.json")).json();
        check(&document, &scoped);
        let address = document["sprite"].as_str().expect("a sprite");
        assert_eq!(address, format!("{scoped}/styles/communes/default/sprite"));
        let name = document["layers"][0]["paint"]["fill-pattern"].as_str().expect("a pattern");
        let (list, picture) = sprite(address, "");
        let place = &list[name];
        assert_eq!((number(place, "width"), number(place, "height")), (10, 10));
        let (left, top) = (number(place, "x"), number(place, "y"));
        for row in 0..10 {
            let blue = (0..10).filter(|x| picture.at(left + x, top + row)[3] > 200).count();
            assert_eq!(blue, 2, "row {row}");
        }
    })
    .await
    .expect("done");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_sprite_is_told_and_sprites_are_asked_for_by_their_tag() {
    let (_database, server) = place().await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let address = format!("{base}/styles/equipements/default/sprite.png");
        let answer = get(&address);
        assert_eq!(answer.header("cache-control"), "no-cache");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let tag = answer.header("etag").to_owned();
        assert_eq!(get_with(&address, &[("if-none-match", &tag)]).status, 304);
        for (path, said) in [
            ("styles/equipements/default/sprite@3x.png", "sprite@2x.png"),
            ("styles/equipements/default/sprite.svg", "sprite.json"),
            ("styles/equipements/autre/sprite.png", "no style 'autre'"),
            ("styles/nulle_part/default/sprite.png", "no layer 'nulle_part'"),
            ("org/autre/styles/equipements/default/sprite.png", "no layer"),
        ] {
            let answer = get(&format!("{base}/{path}"));
            assert_eq!(answer.status, 404, "{path}");
            assert!(answer.text().contains(said), "{path}: {}", answer.text());
        }
        // A style that isn't stored has no sprite: its marks are circles.
        let generated =
            get(&format!("{base}/ogc/collections/communes/styles/generated?column=population&f=mapbox"));
        assert_eq!(generated.status, 200, "{}", generated.text());
        assert_eq!(generated.json().get("sprite"), None);
        let stored = get(&format!("{base}/ogc/styles/equipements.default?f=mapbox")).json();
        assert_eq!(stored["sprite"], format!("{base}/styles/equipements/default/sprite"));
    })
    .await
    .expect("done");
}

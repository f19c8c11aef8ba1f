//! Graphics, drawn: patterns of areas, lines of marks, pictures that a style holds, functions of geometries.

use crate::picture::Picture;
use crate::se::{dark, lines, map, se};
use crate::support::{get, post};
use crate::wms::{THREE, error, squares};
use base64::Engine;

fn paint(name: &str, color: &str) -> String {
    let tag = if name == "fill" { "Fill" } else { "Stroke" };
    format!("<se:{tag}><se:SvgParameter name=\"{name}\">{color}</se:SvgParameter></se:{tag}>")
}

fn mark(shape: &str, color: &str, size: u32) -> String {
    format!(
        "<se:Graphic><se:Mark><se:WellKnownName>{shape}</se:WellKnownName>{}</se:Mark><se:Size>{size}</se:Size>\
         </se:Graphic>",
        paint("fill", color)
    )
}

fn covered(graphic: &str, margin: &str) -> String {
    format!(
        "<se:PolygonSymbolizer><se:Fill><se:GraphicFill>{graphic}</se:GraphicFill></se:Fill>{margin}\
         </se:PolygonSymbolizer>"
    )
}

fn picture(bytes: &[u8], media: &str, size: &str) -> String {
    let body = base64::engine::general_purpose::STANDARD.encode(bytes);
    format!(
        "<se:PointSymbolizer><se:Graphic><se:ExternalGraphic><se:OnlineResource xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
         xlink:href=\"data:{media};base64,{body}\"/><se:Format>{media}</se:Format></se:ExternalGraphic>{size}\
         </se:Graphic></se:PointSymbolizer>"
    )
}

const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"20\"><rect width=\"20\" height=\"20\" \
                   fill=\"#ff0000\"/><rect x=\"20\" width=\"20\" height=\"20\" fill=\"#0000ff\"/></svg>";

fn red(p: [u8; 4]) -> bool {
    p[0] > 200 && p[1] < 60 && p[2] < 60
}

fn blue(p: [u8; 4]) -> bool {
    p[2] > 200 && p[0] < 60 && p[1] < 60
}

#[tokio::test(flavor = "multi_thread")]
async fn an_area_is_covered_with_marks_that_keep_their_margin() {
    let margin = "<se:VendorOption name=\"graphic-margin\">5</se:VendorOption>";
    let (server, _database, _folder) = squares(&se(&covered(&mark("square", "#000000", 10), margin))).await;
    let base = server.base.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        ["899950,6249950,900350,6250150", "899957,6249953,900357,6250153"].map(|bbox| {
            let address = THREE.replace("899950,6249950,900350,6250150", bbox);
            Picture::decode(&get(&format!("{base}{address}")).body)
        })
    });
    let [picture, moved] = drawn.await.expect("answers");
    // A black square of 10 pixels in each tile of 20: a quarter of the area.
    let share = |x: u32, y: u32| picture.count_in(x, y, 40, 40, dark);
    assert_eq!(share(60, 60), 400);
    // The pattern runs on from one feature to the next, and stops at their borders.
    assert_eq!(share(130, 80), 400);
    assert_eq!(picture.count_in(0, 0, 48, 200, dark), 0);
    // The same place on the ground has the same pixel, whatever part of it a map shows.
    for (x, y) in [(60, 80), (100, 90), (203, 99), (251, 122)] {
        assert_eq!(picture.at(x, y), moved.at(x - 7, y + 3), "{x} {y}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hatches_run_on_from_tile_to_tile() {
    let hatch = |shape: &str| {
        let graphic = format!(
            "<se:Graphic><se:Mark><se:WellKnownName>{shape}</se:WellKnownName>{}</se:Mark><se:Size>8</se:Size>\
             </se:Graphic>",
            paint("stroke", "#000000")
        );
        covered(&graphic, "")
    };
    let picture = map(&hatch("shape://horline"), "").await;
    let ink = |picture: &Picture, x: u32, y: u32| 255 - u32::from(picture.at(x, y)[0]);
    let row = (60..68).max_by_key(|y| ink(&picture, 100, *y)).expect("a row");
    let along: Vec<u32> = (60..140).map(|x| ink(&picture, x, row)).collect();
    assert!(along.iter().all(|i| *i == along[0] && *i > 100), "{along:?}");
    // Along a diagonal all pixels are alike, also where four tiles meet.
    let picture = map(&hatch("shape://slash"), "").await;
    let start = (60..68).max_by_key(|x| ink(&picture, *x, 140)).expect("a column");
    let along: Vec<u32> = (0..64).map(|i| ink(&picture, start + i, 140 - i)).collect();
    let (least, most) = (along.iter().min().expect("some"), along.iter().max().expect("some"));
    assert!(*least > 100 && most - least < 40, "{along:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_is_made_of_marks_that_turn_with_it() {
    let stroke = format!(
        "<se:LineSymbolizer><se:Stroke><se:GraphicStroke>{}<se:InitialGap>10</se:InitialGap><se:Gap>20</se:Gap>\
         </se:GraphicStroke></se:Stroke></se:LineSymbolizer>",
        mark("semi_circle", "#000000", 20)
    );
    let (server, _database, _folder) = lines(&stroke).await;
    let address = format!("{}{THREE}", server.base);
    let answer = tokio::task::spawn_blocking(move || get(&address)).await.expect("an answer");
    let picture = Picture::decode(&answer.body);
    // From 50 to 150 on row 100: marks from 60 to 80, 100 to 120 and 140 to 150, on the left of the way.
    let columns: Vec<u32> = (40..180).filter(|x| dark(picture.at(*x, 98))).collect();
    assert_eq!((columns.first(), columns.contains(&70), columns.contains(&90)), (Some(&60), true, false));
    assert!(columns.contains(&110) && !columns.contains(&130) && columns.contains(&150));
    assert_eq!(picture.count_in(50, 102, 110, 12, dark), 0);
    // The other runs to the north: its left is the west.
    assert!(dark(picture.at(297, 130)) && !dark(picture.at(303, 130)));
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_a_style_holds_are_drawn_in_their_size_and_turn() {
    let drawn = map(&picture(SVG.as_bytes(), "image/svg+xml", ""), "").await;
    // 40 by 20 around the middle of the first square.
    let halves = (drawn.count_in(60, 60, 80, 80, red), drawn.count_in(60, 60, 80, 80, blue));
    assert!(halves.0.abs_diff(400) <= 20 && halves.1 == halves.0, "{halves:?}");
    assert!(red(drawn.at(81, 92)) && blue(drawn.at(118, 108)) && !red(drawn.at(79, 100)));
    let turned = "<se:Size>40</se:Size><se:Rotation>90</se:Rotation>";
    let drawn = map(&picture(SVG.as_bytes(), "image/svg+xml", turned), "").await;
    assert!(red(drawn.at(100, 70)) && blue(drawn.at(100, 130)) && red(drawn.at(82, 70)));
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 2, 2);
    encoder.set_color(png::ColorType::Rgb);
    let pixels = [255, 0, 0, 255, 0, 0, 0, 0, 255, 0, 0, 255];
    encoder.write_header().expect("a header").write_image_data(&pixels).expect("pixels");
    let drawn = map(&picture(&png, "image/png", "<se:Size>40</se:Size><se:Opacity>1</se:Opacity>"), "").await;
    assert!(red(drawn.at(100, 83)) && blue(drawn.at(100, 117)));
    let inline = format!(
        "<se:PointSymbolizer><se:Graphic><se:ExternalGraphic><se:InlineContent encoding=\"xml\">{SVG}</se:InlineContent>\
         <se:Format>image/svg+xml</se:Format></se:ExternalGraphic><se:Opacity>0.5</se:Opacity></se:Graphic>\
         </se:PointSymbolizer>"
    );
    let drawn = map(&inline, "").await;
    let [r, g, b, _] = drawn.at(90, 100);
    assert!(r > 250 && g.abs_diff(127) <= 2 && b.abs_diff(127) <= 2, "{r} {g} {b}");
}

#[tokio::test(flavor = "multi_thread")]
async fn marks_stand_on_the_points_that_a_function_yields() {
    let at = |function: &str| {
        format!(
            "<se:PointSymbolizer><se:Geometry><ogc:Function name=\"{function}\"><ogc:PropertyName>geom\
             </ogc:PropertyName></ogc:Function></se:Geometry>{}</se:PointSymbolizer>",
            mark("square", "#000000", 6)
        )
    };
    let (server, _database, _folder) = lines("<se:LineSymbolizer/>").await;
    let base = server.base.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        ["startPoint", "endPoint", "vertices"].map(|function| {
            let body = format!("SLD_BODY={}", urlencoded(&se(&at(function))));
            let answer =
                post(&format!("{base}{THREE}"), "application/x-www-form-urlencoded", body.as_bytes());
            let picture = Picture::decode(&answer.body);
            [(50, 100), (150, 100), (300, 150), (300, 50)].map(|(x, y)| dark(picture.at(x, y)))
        })
    });
    let drawn = drawn.await.expect("answers");
    assert_eq!(drawn, [[true, false, true, false], [false, true, false, true], [true; 4]]);
}

fn urlencoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_from_elsewhere_are_not_fetched_and_bombs_are_no_pictures() {
    let (server, _database, _folder) = squares(&se(&covered(&mark("dot", "#000000", 10), ""))).await;
    let base = server.base.clone();
    let cases = [
        ("file:///etc/passwd", "nothing is fetched"),
        ("http://127.0.0.1:1/a.svg", "nothing is fetched"),
        ("a.svg", "nothing is fetched"),
        ("data:image/svg+xml;base64,!!", "nothing is fetched"),
        ("data:text/plain,x", "neither PNG nor"),
    ];
    tokio::task::spawn_blocking(move || {
        for (href, said) in cases {
            let graphic = format!(
                "<se:PointSymbolizer><se:Graphic><se:ExternalGraphic><se:OnlineResource xmlns:xlink=\"x\" \
                 xlink:href=\"{href}\"/></se:ExternalGraphic></se:Graphic></se:PointSymbolizer>"
            );
            let body = format!("SLD_BODY={}", urlencoded(&se(&graphic)));
            let answer =
                post(&format!("{base}{THREE}"), "application/x-www-form-urlencoded", body.as_bytes());
            let text = error(&answer, "InvalidParameterValue");
            assert!(text.contains(said), "{href}: {text}");
        }
    })
    .await
    .expect("answers");
}

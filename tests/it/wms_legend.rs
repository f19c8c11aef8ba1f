//! GetLegendGraphic: as data, laid out, of several layers, and of what a map shows alone.

use crate::picture::Picture;
use crate::support::{Answer, get, region};
use crate::wms::{error, rule, squares, style};

fn ask(base: &str, query: &str) -> Answer {
    get(&format!("{base}/wms?SERVICE=WMS&VERSION=1.3.0&REQUEST=GetLegendGraphic&{query}"))
}

fn size(answer: &Answer) -> (u32, u32) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let picture = Picture::decode(&answer.body);
    (picture.width, picture.height)
}

fn equal(value: &str) -> String {
    format!(
        "<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>genre</ogc:PropertyName><ogc:Literal>{value}</ogc:Literal>\
         </ogc:PropertyIsEqualTo></ogc:Filter>"
    )
}

/// Three squares of which the first two have a rule each, one rule that none meets, and one for the rest.
fn classes() -> String {
    let named = |name: &str, condition: &str, color: &str| {
        rule(&format!("<Name>{name}</Name><Title>Genre {name}</Title>{condition}"), color)
    };
    style(&format!(
        "{}{}{}{}",
        named("a", &equal("a"), "#ff0000"),
        named("b", &equal("b"), "#00ff00"),
        named("z", &equal("z"), "#0000ff"),
        named("reste", "<ElseFilter/>", "#888888"),
    ))
}

/// The titles and counts of the rules of a legend's only layer.
fn rules(answer: &Answer) -> Vec<(String, Option<u64>)> {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json()["Legend"][0]["rules"].as_array().expect("rules").clone();
    told.iter().map(|r| (r["title"].as_str().unwrap_or_default().to_owned(), r["count"].as_u64())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_legend_as_json_has_rules_conditions_and_symbols() {
    let (server, _database, _folder) = squares(&classes()).await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let answer = ask(&base, "LAYER=essai&FORMAT=application/json");
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let legend = answer.json();
        let layer = &legend["Legend"][0];
        assert_eq!(layer["layerName"], "essai");
        let first = &layer["rules"][0];
        assert_eq!((&first["name"], &first["title"]), (&"a".into(), &"Genre a".into()));
        assert_eq!(first["filter"], "[genre = 'a']");
        assert_eq!(first["symbolizers"][0]["Polygon"]["fill"], "#ff0000");
        assert_eq!(layer["rules"][3]["ElseFilter"], "true");
        // What is told filters the map.
        let filter = first["filter"].as_str().expect("text").trim_matches(['[', ']']).replace(' ', "%20");
        let url = format!("{base}{}&CQL_FILTER={filter}", crate::wms::THREE);
        assert_eq!(get(&url).status, 200, "{}", get(&url).text());
        let one = ask(&base, "LAYER=essai&FORMAT=application/json&RULE=b");
        assert_eq!(rules(&one), [("Genre b".to_owned(), None)]);
        // A picture's tag is not the document's.
        let (json, png) = (answer.header("etag"), ask(&base, "LAYER=essai&FORMAT=image/png"));
        assert!(!json.is_empty() && json != png.header("etag"));
        error(&ask(&base, "LAYER=essai&FORMAT=text/json"), "InvalidFormat");
    })
    .await
    .expect("answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_map_only_what_its_features_meet_is_shown_and_counted() {
    let (server, _database, _folder) = squares(&classes()).await;
    let base = server.base.clone();
    tokio::task::spawn_blocking(move || {
        let json = "LAYER=essai&FORMAT=application/json";
        let all = "&CRS=EPSG:2154&BBOX=899950,6249950,900350,6250150&WIDTH=400&HEIGHT=200";
        let titles = |answer: &Answer| rules(answer).into_iter().map(|(title, _)| title).collect::<Vec<_>>();
        assert_eq!(rules(&ask(&base, json)).len(), 4);
        assert_eq!(titles(&ask(&base, &format!("{json}{all}"))), ["Genre a", "Genre b", "Genre reste"]);
        // The first square alone, its size said as GeoServer and QGIS Server do.
        let first =
            "&SRS=EPSG:2154&BBOX=900010,6250010,900090,6250090&SRCWIDTH=100&SRCHEIGHT=100&WIDTH=30&HEIGHT=30";
        let counted = "&LEGEND_OPTIONS=countMatched:true";
        assert_eq!(rules(&ask(&base, &format!("{json}{first}{counted}"))), [("Genre a".to_owned(), Some(1))]);
        let kept =
            ask(&base, &format!("{json}{first}&LEGEND_OPTIONS=countMatched:true;hideEmptyRules:false"));
        let counts: Vec<_> = rules(&kept).into_iter().map(|(_, count)| count).collect();
        assert_eq!(counts, [Some(1), Some(0), Some(0), Some(0)]);
        // The conditions of the map count, too.
        let filtered = ask(&base, &format!("{json}{all}&CQL_FILTER=genre='b'"));
        assert_eq!(titles(&filtered), ["Genre b"]);
        // As pictures: a row a rule.
        let png = |more: &str| size(&ask(&base, &format!("LAYER=essai&FORMAT=image/png{more}")));
        assert_eq!(png(&format!("{first}&LEGEND_OPTIONS=forceLabels:off")), (30, 30));
        assert_eq!(png(&format!("{all}&LEGEND_OPTIONS=forceLabels:off")), (20, 3 * 24 - 4));
        assert!(png(&format!("{first}{counted}")).0 > png(first).0, "the number is written");
        // Nothing there at all: still a picture.
        let nowhere = "&CRS=EPSG:2154&BBOX=100000,6000000,100100,6000100&WIDTH=10&HEIGHT=10";
        assert_eq!(png(nowhere), (20, 20));
        error(&ask(&base, &format!("{json}&LEGEND_OPTIONS=hideEmptyRules:true")), "MissingParameterValue");
        error(&ask(&base, &format!("{json}{}", all.replace("EPSG:2154", "EPSG:1"))), "InvalidCRS");
        error(&ask(&base, &format!("{json}{}", all.replace("899950", "x"))), "InvalidParameterValue");
    })
    .await
    .expect("answered");
}

#[test]
fn options_lay_a_legend_out_and_wrong_ones_are_refused() {
    let base = region().url("");
    let png = |more: &str| ask(&base, &format!("LAYER=routes&FORMAT=image/png{more}"));
    let (usual, rules) =
        (size(&png("")), rules(&ask(&base, "LAYER=routes&FORMAT=application/json")).len() as u32);
    assert!(rules > 1);
    let options = |text: &str| size(&png(&format!("&LEGEND_OPTIONS={text}")));
    assert_eq!(options("forceLabels:off"), (20, rules * 24 - 4));
    assert_eq!(options("forceLabels:off;layout:horizontal"), (rules * 24 - 4, 20));
    assert_eq!(options("forceLabels:off;columns:2"), (44, rules.div_ceil(2) * 24 - 4));
    assert!(options("fontSize:24").0 > usual.0 && options("forceTitles:on").1 > usual.1);
    assert_eq!(options("dpi:192;forceLabels:off"), (40, rules * 48 - 8));
    assert_eq!(options("inconnu:1"), usual);
    let colored = Picture::decode(&png("&LEGEND_OPTIONS=bgColor:0x102030;fontColor:%23ff0000").body);
    assert!(colored.count(|p| p == [0x10, 0x20, 0x30, 255]) > 100);
    assert!(colored.count(|p| p[0] > 150 && p[1] < 80 && p[2] < 80) > 10, "red letters");
    for wrong in ["fontSize:big", "layout:up", "fontColor:red", "forceLabels", "columns:1000"] {
        error(&png(&format!("&LEGEND_OPTIONS={wrong}")), "InvalidParameterValue");
    }
    error(&png("&SCALE=-1"), "InvalidParameterValue");
    error(&png("&WIDTH=0&HEIGHT=20"), "InvalidParameterValue");
}

#[test]
fn one_picture_has_the_legends_of_several_layers_under_their_titles() {
    let base = region().url("");
    let png = |layer: &str, more: &str| ask(&base, &format!("LAYER={layer}&FORMAT=image/png{more}"));
    let (both, roads) = (size(&png("communes,routes", "")), size(&png("routes", "")));
    let towns = size(&png("communes", ""));
    assert!(both.1 > roads.1 + towns.1 + 20, "{both:?} {roads:?} {towns:?}");
    let untitled = size(&png("communes,routes", "&LEGEND_OPTIONS=forceTitles:off"));
    assert_eq!(untitled.1, roads.1 + towns.1 + 8);
    assert_eq!(size(&png("communes,routes", "&STYLE=default,")), both);
    let names: Vec<_> =
        ask(&base, "LAYER=communes,dataset:patrimoine&FORMAT=application/json").json()["Legend"]
            .as_array()
            .expect("layers")
            .iter()
            .map(|l| l["layerName"].as_str().unwrap_or_default().to_owned())
            .collect();
    // What lies on top of a group stands on top.
    assert_eq!(names, ["communes", "monuments", "sentiers", "sites_proteges"]);
    error(&png("communes,rien", ""), "LayerNotDefined");
    error(&png("communes,routes", "&STYLE=default"), "StyleNotDefined");
    error(&png("communes", "&STYLE=beau"), "StyleNotDefined");
    error(&png(&vec!["communes"; 51].join(","), ""), "InvalidParameterValue");
    let huge = png(&vec!["communes"; 50].join(","), "&WIDTH=1000&HEIGHT=1000");
    assert!(huge.status == 400 && huge.text().contains("fewer layers"), "{} {}", huge.status, huge.text());
}

//! Every address that an answer names must answer with what was promised.

use crate::support::{Answer, get, get_with, region};
use roxmltree::{Document, Node, ParsingOptions};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, VecDeque};

const XLINK: (&str, &str) = ("http://www.w3.org/1999/xlink", "href");

/// An address and the media type that it was promised to have.
type Link = (String, Option<String>);

/// Links of a JSON document: objects with `href`, and the addresses that TileJSON and styles are made of.
fn of_json(value: &Value, found: &mut Vec<Link>) {
    match value {
        Value::Object(members) => {
            let template = members.get("templated") == Some(&Value::Bool(true));
            if let Some(href) = members.get("href").and_then(Value::as_str).filter(|_| !template) {
                found.push((href.to_owned(), members.get("type").and_then(Value::as_str).map(str::to_owned)));
            }
            let text = |name: &str| members.get(name).and_then(Value::as_str);
            found.extend(text("url").map(|u| (u.to_owned(), None)));
            // Templates of MapLibre's styles, filled in as it does.
            found.extend(text("glyphs").map(|template| {
                let letters = template.replace("{fontstack}", "DejaVu%20Sans").replace("{range}", "0-255");
                (letters, Some("application/x-protobuf".to_owned()))
            }));
            for (ending, media) in [(".json", "application/json"), ("@2x.png", "image/png")] {
                found.extend(
                    text("sprite").map(|sprite| (format!("{sprite}{ending}"), Some(media.to_owned()))),
                );
            }
            for tile in members.get("tiles").and_then(Value::as_array).into_iter().flatten() {
                let tile = tile.as_str().expect("an address");
                // Other grids have other tiles; the first one they have.
                let lowest = members.get("minzoom").and_then(Value::as_u64).unwrap_or(0).to_string();
                let [z, x, y] = match members.get("datasud:tileMatrixSet") {
                    Some(_) => [lowest.as_str(), "0", "0"],
                    None => ["9", "264", "187"],
                };
                let tile = tile.replace("{z}", z).replace("{x}", x).replace("{y}", y);
                found.push((tile, Some("application/vnd.mapbox-vector-tile".to_owned())));
            }
            of_tileset(members, found);
            members.values().for_each(|v| of_json(v, found));
        }
        Value::Array(all) => all.iter().for_each(|v| of_json(v, found)),
        _ => {}
    }
}

/// Templates of a tileset, filled in with the first and the last tile of its limits.
fn of_tileset(members: &Map<String, Value>, found: &mut Vec<Link>) {
    let list = |name: &str| members.get(name).and_then(Value::as_array).into_iter().flatten();
    let limits: Vec<&Value> = list("tileMatrixSetLimits").collect();
    for link in list("links").filter(|l| l["templated"] == true) {
        let template = link["href"].as_str().expect("a template");
        for (limit, which) in
            limits.first().map(|l| (l, "min")).into_iter().chain(limits.last().map(|l| (l, "max")))
        {
            let number = |name: &str| limit[format!("{which}{name}")].to_string();
            let address = template
                .replace("{tileMatrix}", limit["tileMatrix"].as_str().expect("an identifier"))
                .replace("{tileRow}", &number("TileRow"))
                .replace("{tileCol}", &number("TileCol"));
            assert!(!address.contains('{'), "{address}");
            found.push((address, link["type"].as_str().map(str::to_owned)));
        }
    }
}

/// A template of WMTS, filled in with each style and the first and last tile of each grid of its layer.
fn of_resource(node: Node<'_, '_>, found: &mut Vec<Link>) {
    let layer = node.parent_element().expect("a layer");
    let inside = |of: Node<'_, '_>, name: &str| {
        let child = of.children().find(|n| n.tag_name().name() == name);
        child.and_then(|n| n.text()).unwrap_or_else(|| panic!("no {name}")).to_owned()
    };
    let template = node.attribute("template").expect("a template");
    let format = node.attribute("format").map(str::to_owned);
    for style in layer.children().filter(|n| n.tag_name().name() == "Style") {
        for grid in layer.children().filter(|n| n.tag_name().name() == "TileMatrixSetLink") {
            let mut limits = grid.descendants().filter(|n| {
                n.has_tag_name((n.tag_name().namespace().unwrap_or_default(), "TileMatrixLimits"))
            });
            let first = limits.next().expect("limits");
            let last = limits.next_back().unwrap_or(first);
            for (limit, which) in [(first, "Min"), (last, "Max")] {
                let address = template
                    .replace("{style}", &inside(style, "Identifier"))
                    .replace("{TileMatrixSet}", &inside(grid, "TileMatrixSet"))
                    .replace("{TileMatrix}", &inside(limit, "TileMatrix"))
                    .replace("{TileRow}", &inside(limit, &format!("{which}TileRow")))
                    .replace("{TileCol}", &inside(limit, &format!("{which}TileCol")))
                    .replace("{I}", "0")
                    .replace("{J}", "255");
                assert!(!address.contains('{'), "{address}");
                found.push((address, format.clone()));
            }
        }
    }
}

/// A template of OpenSearch, with nothing and with something in each place.
fn of_search(node: Node<'_, '_>, found: &mut Vec<Link>) {
    let Some(template) = node.attribute("template") else { return };
    let words = [
        ("searchTerms", "routes"),
        ("geo:box", "4,43,7,45"),
        ("time:start", "2000-01-01"),
        ("time:end", "2100-01-01T00:00:00Z"),
        ("startIndex", "1"),
        ("count", "1"),
        ("geo:uid", ""),
    ];
    for filled in [false, true] {
        let address = words.iter().fold(template.to_owned(), |address, (name, word)| {
            address.replace(&format!("{{{name}?}}"), if filled { word } else { "" })
        });
        assert!(!address.contains('{'), "{address}");
        found.push((address, node.attribute("type").map(str::to_owned)));
    }
}

/// Links of an XML document: what `xlink:href`, `schemaLocation`, references and addresses in records name.
fn of_xml(text: &str, found: &mut Vec<Link>) {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).unwrap_or_else(|e| panic!("{e}: {text:.500}"));
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let content = || node.text().unwrap_or_default().trim().to_owned();
        if matches!(name, "references" | "URL") {
            found.push((content(), None));
        }
        match name {
            "ResourceURL" => of_resource(node, found),
            "Url" => of_search(node, found),
            "link" => found.extend(
                node.attribute("href").map(|h| (h.to_owned(), node.attribute("type").map(str::to_owned))),
            ),
            _ => {}
        }
        if let Some(href) = node.attribute(XLINK) {
            let parent = node.parent_element().map(|p| p.tag_name().name());
            // The base of an operation's address is no request by itself.
            if !matches!(name, "Get" | "Post") && !matches!(parent, Some("Get" | "Post")) {
                let format = node.parent_element().and_then(|p| {
                    p.children().find(|n| n.tag_name().name() == "Format").and_then(|n| n.text())
                });
                let format = format.filter(|_| name == "OnlineResource");
                found.push((href.to_owned(), format.map(str::to_owned)));
            }
        }
        for attribute in ["next", "previous"] {
            found.extend(node.attribute(attribute).map(|a| (a.to_owned(), None)));
        }
        let places = node.attribute(("http://www.w3.org/2001/XMLSchema-instance", "schemaLocation"));
        let places = places.unwrap_or_default().split_whitespace().skip(1).step_by(2);
        found.extend(places.map(|p| (p.to_owned(), None)));
    }
}

/// Links of a page: what `href` and `src` name.
fn of_page(text: &str, found: &mut Vec<Link>) {
    for before in ["href=\"", "src=\""] {
        for piece in text.split(before).skip(1) {
            let address = piece.split('"').next().unwrap_or_default();
            found.push((quick_xml::escape::unescape(address).expect("an address").into_owned(), None));
        }
    }
}

fn links(answer: &Answer) -> Vec<Link> {
    let mut found = Vec::new();
    let media = answer.header("content-type");
    if media.contains("html") {
        of_page(&answer.text(), &mut found);
    } else if media.contains("json") {
        of_json(&answer.json(), &mut found);
    } else if media.split(';').next().is_some_and(|m| m.ends_with("/xml") || m.ends_with("+xml")) {
        of_xml(&answer.text(), &mut found);
    }
    found
}

/// Media types without parameters; both types of XML are one.
fn same_media(promised: &str, came: &str) -> bool {
    let plain = |text: &str| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (promised, came) = (plain(promised), plain(came));
    promised == came || (promised.ends_with("/xml") && came.ends_with("/xml"))
}

/// Follows every link on this server from `starts`; returns what was reached.
fn crawl(starts: &[&str], accept: &str) -> BTreeSet<String> {
    let base = &region().base;
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<(String, Option<String>, String)> =
        starts.iter().map(|s| (format!("{base}{s}"), None, "the start".to_owned())).collect();
    let mut wrong = Vec::new();
    while let Some((address, promised, from)) = queue.pop_front() {
        let address = address.split('#').next().unwrap_or_default().to_owned();
        // Pages after the first offer the same formats and languages again.
        let query = address.split_once('?').map_or("", |(_, query)| query);
        let is_later = query.split('&').any(|p| p.starts_with("cursor="));
        if is_later
            && query.split('&').any(|p| p.starts_with("lang=") || p.starts_with("f=") && p != "f=html")
        {
            continue;
        }
        // `/wms?` is what a client begins its own addresses with.
        if address.ends_with('?') || !address.starts_with(base.as_str()) || !seen.insert(address.clone()) {
            continue;
        }
        let accept = promised.as_ref().map_or(accept.to_owned(), |promised| format!("{promised}, {accept}"));
        let mut answer = get_with(&address, &[("accept", &accept)]);
        if answer.status == 303 {
            answer = get(&format!("{base}{}", answer.header("location").trim_start_matches(base.as_str())));
        }
        let media = answer.header("content-type").to_owned();
        if answer.status != 200 && !(answer.status == 204 && address.contains("/tiles/")) {
            wrong.push(format!("{address} of {from}: {} {:.300}", answer.status, answer.text()));
            continue;
        }
        if let Some(promised) = promised.filter(|p| answer.status == 200 && !same_media(p, &media)) {
            wrong.push(format!("{address} of {from}: {media} instead of {promised}"));
        }
        assert!(seen.len() < 12_000, "no end of links");
        for (link, promised) in links(&answer) {
            let link = match link.as_str() {
                relative if relative.starts_with('/') => format!("{base}{relative}"),
                relative if relative.starts_with('?') => {
                    format!("{}{relative}", address.split('?').next().unwrap_or_default())
                }
                absolute => absolute.to_owned(),
            };
            queue.push_back((link, promised, address.clone()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    seen
}

#[track_caller]
fn reached(seen: &BTreeSet<String>, parts: &[&str]) {
    for part in parts {
        assert!(seen.iter().any(|s| s.contains(part)), "no link led to {part}: {seen:#?}");
    }
}

#[test]
fn every_link_of_the_features_api_answers_with_its_declared_type() {
    let seen = crawl(&["/ogc/", "/ogc/collections/evenements/items?limit=30"], "*/*");
    reached(
        &seen,
        &[
            "/ogc/api",
            "/conformance",
            "/queryables",
            "/items/",
            "cursor=",
            "f=html",
            "/csw?",
            "/wfs?",
            "/tileMatrixSets/WorldCRS84Quad",
            "/communes/tiles/WebMercatorQuad/",
            "/communes/map/tiles/WorldCRS84Quad/",
            "/ogc/tiles/WebMercatorQuad/",
            "/ogc/map/tiles/WebMercatorQuad/",
            "/download/communes/communes.gml",
            "/download/communes/communes.gpkg",
        ],
    );
}

#[test]
fn every_link_of_pages_answers() {
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let seen = crawl(&["/", "/?lang=en", "/ogc/"], browser);
    reached(
        &seen,
        &["/datasets/routes", "/assets/portal.css", "GetMap", "GetCapabilities", "/ogc/collections/communes"],
    );
}

#[test]
fn every_link_of_capabilities_and_records_answers_with_its_declared_type() {
    let seen = crawl(
        &[
            "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.3.0",
            "/wms?SERVICE=WMS&REQUEST=GetCapabilities&VERSION=1.1.1",
            "/wfs?SERVICE=WFS&REQUEST=GetCapabilities",
            "/wfs?SERVICE=WFS&VERSION=2.0.0&REQUEST=GetFeature&TYPENAMES=equipements&COUNT=50",
            "/csw?SERVICE=CSW&REQUEST=GetCapabilities",
            "/csw?SERVICE=CSW&VERSION=2.0.2&REQUEST=GetRecords&TYPENAMES=csw:Record&RESULTTYPE=results&ELEMENTSETNAME=full",
            "/csw?SERVICE=CSW&VERSION=2.0.2&REQUEST=GetRecords&TYPENAMES=gmd:MD_Metadata&RESULTTYPE=results&ELEMENTSETNAME=full&OUTPUTSCHEMA=http://www.isotc211.org/2005/gmd",
        ],
        "*/*",
    );
    reached(
        &seen,
        &["GetLegendGraphic", "GetRecordById", "DescribeFeatureType", "startIndex=", "/datasets/"],
    );
}

#[test]
fn every_link_of_tiles_and_styles_answers() {
    let seen = crawl(
        &["/tiles/communes,routes.json", "/styles/communes/default.json", "/styles/routes/default.json"],
        "*/*",
    );
    reached(&seen, &["/tiles/communes/9/", "/tiles/routes"]);
}

#[test]
fn every_link_of_ready_made_tiles_answers_with_its_declared_type() {
    let seen = crawl(
        &[
            "/wmts?SERVICE=WMTS&REQUEST=GetCapabilities",
            "/dataset/patrimoine/wmts/1.0.0/WMTSCapabilities.xml",
        ],
        "*/*",
    );
    reached(
        &seen,
        &[
            "/wmts/1.0.0/routes/default/WebMercatorQuad/",
            "/wmts/1.0.0/routes/default/WorldCRS84Quad/",
            ".png",
            ".jpg",
            "/255/0.geojson",
            "/255/0.gml",
            "/255/0.html",
            "/dataset/patrimoine/wmts/1.0.0/sentiers/",
            "GetLegendGraphic",
        ],
    );
}

#[test]
fn every_link_of_the_second_versions_of_wfs_and_csw_answers_with_its_declared_type() {
    let records = "/csw?service=CSW&version=3.0.0&request=GetRecords";
    let seen = crawl(
        &[
            "/wfs?SERVICE=WFS&REQUEST=GetCapabilities&VERSION=1.1.0",
            "/wfs?SERVICE=WFS&VERSION=1.1.0&REQUEST=GetFeature&TYPENAME=equipements&MAXFEATURES=5",
            "/wfs?SERVICE=WFS&VERSION=1.1.0&REQUEST=DescribeFeatureType",
            "/wms?SERVICE=WMS&VERSION=1.1.1&REQUEST=GetFeatureInfoSchema&LAYERS=communes",
            "/csw?service=CSW&request=GetCapabilities&acceptVersions=3.0.0",
            "/csw/opensearch",
            "/dataset/routes/csw/opensearch",
            &format!("{records}&elementSetName=full&maxRecords=2"),
            &format!("{records}&outputFormat=application/atom%2Bxml&maxRecords=2"),
            &format!(
                "{records}&typeNames=gmd:MD_Metadata&elementSetName=full&outputSchema=http://www.isotc211.org/2005/gmd"
            ),
        ],
        "*/*",
    );
    reached(
        &seen,
        &[
            "DescribeFeatureType",
            "q=routes&bbox=4,43,7,45",
            "startposition=3",
            "GetRecordById",
            "/download/routes/routes.geojson",
            "/dataset/routes/csw?",
        ],
    );
}

#[test]
fn every_file_that_a_dataset_lists_answers_with_its_declared_type() {
    let seen = crawl(&["/download/patrimoine", "/org/vallee-de-l-aigue/download/communes"], "*/*");
    reached(
        &seen,
        &["/download/patrimoine/patrimoine.gpkg", "/download/patrimoine/sentiers.gml", "/communes.geojson"],
    );
}

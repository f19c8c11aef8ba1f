//! Part 5: code lists, from a GeoPackage to schemas, edits and downloads.

use super::{ask, good};
use crate::support::region::{Region, served_as};
use crate::support::{config, get, open_folder, post};
use crate::wfs_t::transaction;
use datasud::config::{Config, Editing};
use datasud::model::Slug;
use datasud::publish::Request;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::sql::Dialect;
use gdal::vector::{Feature, Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};
use serde_json::{Value, json};
use std::path::Path;

/// Cycle routes, whose surface and class have lists, as any program writes them; `etat` has one that a value of the
/// table contradicts.
fn make(path: &Path) {
    let driver = gdal::DriverManager::get_driver_by_name("GPKG").expect("driver");
    let mut dataset = driver.create_vector_only(path).expect("file");
    let degrees = SpatialRef::from_epsg(4326).expect("4326");
    let layer = dataset
        .create_layer(LayerOptions {
            name: "pistes",
            srs: Some(&degrees),
            ty: OGRwkbGeometryType::wkbPoint,
            options: None,
        })
        .expect("layer");
    layer
        .create_defn_fields(&[
            ("revetement", OGRFieldType::OFTString),
            ("classe", OGRFieldType::OFTInteger),
            ("etat", OGRFieldType::OFTString),
            ("nom", OGRFieldType::OFTString),
        ])
        .expect("fields");
    for (surface, class, state) in [("ENR", 3, "bon"), ("STB", 20, "moyen"), ("ENR", 20, "on verra")] {
        let mut feature = Feature::new(layer.defn()).expect("feature");
        feature.set_geometry(Geometry::from_wkt("POINT (5.4 43.3)").expect("wkt")).expect("set");
        feature.set_field_string(0, surface).expect("set");
        feature.set_field_integer(1, class).expect("set");
        feature.set_field_string(2, state).expect("set");
        feature.create(&layer).expect("written");
    }
    for statement in [
        "create table gpkg_data_columns (table_name text not null, column_name text not null, name text, title text, description text, mime_type text, constraint_name text, primary key (table_name, column_name))",
        "create table gpkg_data_column_constraints (constraint_name text not null, constraint_type text not null, value text, min numeric, min_is_inclusive boolean, max numeric, max_is_inclusive boolean, description text, unique (constraint_name, constraint_type, value))",
        "insert into gpkg_extensions values ('gpkg_data_columns', null, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write'), ('gpkg_data_column_constraints', null, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema', 'read-write')",
        "insert into gpkg_data_column_constraints (constraint_name, constraint_type, value, description) values ('surfaces', 'enum', 'ENR', 'Enrobé'), ('surfaces', 'enum', 'STB', 'Sable <stabilisé>'), ('surfaces', 'enum', 'AUT', null), ('classes', 'enum', '20', 'De desserte'), ('classes', 'enum', '3', 'Structurante'), ('etats', 'enum', 'bon', null), ('etats', 'enum', 'moyen', null)",
        "insert into gpkg_data_columns (table_name, column_name, constraint_name) values ('pistes', 'revetement', 'surfaces'), ('pistes', 'classe', 'classes'), ('pistes', 'etat', 'etats')",
    ] {
        dataset.execute_sql(statement, None, Dialect::DEFAULT).expect("executed");
    }
}

fn region() -> Region {
    let folder = open_folder("pistes");
    let file = folder.path().join("pistes.gpkg");
    make(&file);
    let request = Request {
        files: vec![file],
        organisation: Some("ville".to_owned()),
        dataset: Some(Slug::parse("velo").expect("a slug")),
        ..Request::default()
    };
    served_as(Config { editing: Editing::Open, ..config() }, vec![request])
}

#[test]
fn req_codelists_values_are_listed_in_schemas_explained_kept_by_edits_and_downloaded() {
    let region = region();
    let base = region.url("/ogc/collections/pistes");
    let schema = good(&format!("{base}/schema"));
    let surface = &schema["properties"]["revetement"];
    assert_eq!(surface["enum"], json!(["AUT", "ENR", "STB"]));
    assert_eq!(schema["properties"]["classe"]["enum"], json!([3, 20]));
    for name in ["etat", "nom"] {
        assert!(schema["properties"][name].get("enum").is_none(), "{name}: a list must hold: {schema}");
    }
    let address = surface["x-ogc-codelistUri"].as_str().expect("an address");
    let list = good(address);
    assert_eq!(
        list["codes"],
        json!([
            {"value": "AUT"}, {"value": "ENR", "title": "Enrobé"}, {"value": "STB", "title": "Sable <stabilisé>"},
        ])
    );
    assert_eq!(good(&format!("{base}/queryables"))["properties"]["revetement"]["x-ogc-codelistUri"], address);
    assert_eq!(
        good(&format!("{base}/codelists/classe"))["codes"][1],
        json!({"value": 20, "title": "De desserte"})
    );
    for absent in ["etat", "nom", "nulle_part"] {
        let answer = ask(&format!("{base}/codelists/{absent}"));
        assert_eq!(answer.status, 404, "{absent}");
        assert!(answer.text().contains("revetement, classe"), "{}", answer.text());
    }
    let api = good(&region.url("/ogc/api"));
    let path = &api["paths"]["/collections/pistes/codelists/{property}"]["get"];
    let property =
        path["parameters"].as_array().expect("parameters").iter().find(|p| p["name"] == "property");
    assert_eq!(property.expect("a parameter")["schema"]["enum"], json!(["revetement", "classe"]));
    edits_keep_to_the_lists(&region);
    a_download_brings_the_lists_along(&region);
}

fn edits_keep_to_the_lists(region: &Region) {
    let send = |surface: Value, class: Value| {
        let feature = json!({
            "type": "Feature", "geometry": {"type": "Point", "coordinates": [5.5, 43.5]},
            "properties": {"revetement": surface, "classe": class, "etat": "tout autre", "nom": "La Durance"},
        });
        let address = region.url("/ogc/collections/pistes/items");
        post(&address, "application/geo+json", feature.to_string())
    };
    assert_eq!(send(json!("AUT"), json!(20)).status, 201);
    assert_eq!(send(Value::Null, Value::Null).status, 201, "no value is always one");
    for (surface, class, words) in [
        (json!("BET"), json!(3), ["'BET'", "revetement", "AUT, ENR, STB"]),
        (json!("enr"), json!(3), ["'enr'", "revetement", "AUT, ENR, STB"]),
        (json!("ENR"), json!(2), ["'2'", "classe", "3, 20"]),
    ] {
        let refused = send(surface, class);
        assert!((400..500).contains(&refused.status), "{}", refused.text());
        for word in words {
            assert!(refused.text().contains(word), "{word}: {}", refused.text());
        }
    }
    let insert = "<wfs:Insert><v:pistes><v:revetement>BET</v:revetement></v:pistes></wfs:Insert>";
    let refused = transaction(region, "", insert);
    assert!(refused.text().contains("AUT, ENR, STB"), "{}", refused.text());
    assert_eq!(good(&region.url("/ogc/collections/pistes/items"))["numberMatched"], 5);
}

fn a_download_brings_the_lists_along(region: &Region) {
    let answer = get(&region.url("/download/velo/velo.gpkg"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let folder = open_folder("copie");
    let file = folder.path().join("velo.gpkg");
    std::fs::write(&file, &answer.body).expect("written");
    let request = Request {
        files: vec![file],
        organisation: Some("ville".to_owned()),
        dataset: Some(Slug::parse("copie").expect("a slug")),
        ..Request::default()
    };
    let copy = served_as(config(), vec![request]);
    for name in ["revetement", "classe"] {
        let codes = |region: &Region| {
            good(&region.url(&format!("/ogc/collections/pistes/codelists/{name}")))["codes"].clone()
        };
        assert_eq!(codes(region), codes(&copy), "{name}");
    }
}

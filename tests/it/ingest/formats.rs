//! Every format and packing that is read.

use super::files::{Shapefile, collection, point, square, squares, zip};
use super::{Bench, codes, finding};
use datasud::geo::BBox;
use datasud::model::{ColumnType, GeometryType};
use gdal::spatial_ref::SpatialRef;
use gdal::vector::{Geometry, LayerAccess, LayerOptions, OGRFieldType, OGRwkbGeometryType};

#[tokio::test]
async fn a_zipped_shapefile_becomes_a_table_with_key_index_and_measures() {
    let bench = Bench::new().await;
    let layer = bench.load_one(&bench.write("squares.zip", squares().zip("communes"))).await;
    assert_eq!(layer.source.name, "communes");
    assert_eq!(layer.source.file, "squares.zip");
    assert_eq!((layer.geometry, layer.has_z, layer.features), (GeometryType::Polygon, false, 2));
    assert_eq!(layer.crs.srid, 2154);
    assert_eq!(layer.extent, Some(BBox::new(890_000.0, 6_245_000.0, 894_000.0, 6_246_000.0)));
    let lonlat = layer.extent_lonlat.expect("box");
    assert!(lonlat.min_x > 5.3 && lonlat.max_x < 5.5 && lonlat.min_y > 43.2 && lonlat.max_y < 43.4);
    let kinds: Vec<_> = layer.columns.iter().map(|c| (c.name.as_str(), c.kind)).collect();
    assert_eq!(kinds, [("nom", ColumnType::Text), ("pop", ColumnType::Integer)]);
    let rows = bench
        .rows("select fid, nom, pop, st_srid(geom), st_area(geom) from data.communes__v1 order by fid", &[])
        .await;
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].get::<_, i64>(0), rows[0].get::<_, &str>(1), rows[0].get::<_, i32>(2)),
        (1, "Aubagne", 47_000)
    );
    assert_eq!((rows[1].get::<_, i32>(3), rows[1].get::<_, f64>(4)), (2154, 1_000_000.0));
    let made = bench
        .text("select string_agg(amname, ',' order by amname) from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam where indrelid = 'data.communes__v1'::regclass")
        .await;
    assert_eq!(made.as_deref(), Some("btree,gist"));
    let analysed = bench.text("select reltuples from pg_class where relname = 'communes__v1'").await;
    assert_eq!(analysed.as_deref(), Some("2"));
}

#[tokio::test]
async fn side_files_may_lie_in_a_subfolder_and_have_any_case() {
    let bench = Bench::new().await;
    let shape = squares();
    let (shp, shx, dbf) = (shape.shp(), shape.shx(), shape.dbf());
    let prj = super::files::ESRI_LAMBERT_93.as_bytes();
    let bytes = zip(&[
        ("Données/2024/lakesWithElevation.shp", &shp),
        ("Données/2024/LakesWithElevation.DBF", &dbf),
        ("Données/2024/lakeswithelevation.Shx", &shx),
        ("Données/2024/LAKESWITHELEVATION.prj", prj),
        ("Données/2024/lisezmoi.txt", b"bonjour"),
        ("__MACOSX/Données/2024/._lakesWithElevation.shp", b"rubbish"),
    ]);
    let layer = bench.load_one(&bench.write("lacs.zip", bytes)).await;
    assert_eq!((layer.source.name.as_str(), layer.features), ("lakesWithElevation", 2));
}

#[tokio::test]
async fn several_shapefiles_geojson_and_geopackage_in_one_zip_are_several_layers() {
    let bench = Bench::new().await;
    let shape = squares();
    let (shp, shx, dbf) = (shape.shp(), shape.shx(), shape.dbf());
    let prj = super::files::ESRI_LAMBERT_93.as_bytes();
    let json = collection(&[("{}", &point(5.4, 43.3))]);
    let bytes = zip(&[
        ("a/b.shp", &shp),
        ("a/b.shx", &shx),
        ("a/b.dbf", &dbf),
        ("a/b.prj", prj),
        ("a/c.shp", &shp),
        ("a/c.shx", &shx),
        ("a/c.dbf", &dbf),
        ("a/c.prj", prj),
        ("points.geojson", json.as_bytes()),
    ]);
    let loaded = bench.load(&bench.write("tout.zip", bytes)).await;
    let names: Vec<_> = loaded.layers.iter().map(|l| (l.source.name.as_str(), l.features)).collect();
    assert_eq!(names, [("b", 2), ("c", 2), ("points", 1)]);
}

#[tokio::test]
async fn a_bare_shp_and_a_folder_are_read_too() {
    let bench = Bench::new().await;
    squares().save(&bench.path("in/zones.shp"));
    assert_eq!(bench.load_one(&bench.path("in/zones.shp")).await.source.name, "zones");
    let bench = Bench::new().await;
    squares().save(&bench.path("in/deep/zones.shp"));
    bench.write("in/points.geojson", collection(&[("{}", &point(5.4, 43.3))]));
    let loaded = bench.load(&bench.path("in")).await;
    let names: Vec<_> = loaded.layers.iter().map(|l| l.source.name.as_str()).collect();
    assert_eq!(names, ["points", "zones"]);
}

#[tokio::test]
async fn geojson_without_crs_is_longitude_latitude_and_with_crs_is_what_it_says() {
    let bench = Bench::new().await;
    let plain = collection(&[(r#"{"nom":"Aix"}"#, &point(5.45, 43.53))]);
    let layer = bench.load_one(&bench.write("plain.geojson", &plain)).await;
    assert_eq!((layer.crs.srid, layer.geometry), (4326, GeometryType::Point));
    assert_eq!(
        bench.text("select st_astext(geom) from data.plain__v1").await.as_deref(),
        Some("POINT(5.45 43.53)")
    );
    for (name, crs, srid) in [
        ("lambert", "urn:ogc:def:crs:EPSG::2154", 2154),
        ("short", "EPSG:2154", 2154),
        ("crs84", "urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
    ] {
        let geometry = if srid == 2154 { point(890_000.0, 6_245_000.0) } else { point(5.4, 43.3) };
        let text = collection(&[("{}", &geometry)]).replacen(
            '{',
            &format!(r#"{{"crs":{{"type":"name","properties":{{"name":"{crs}"}}}},"#),
            1,
        );
        assert_eq!(
            bench.load_one(&bench.write(&format!("{name}.json"), text)).await.crs.srid,
            srid,
            "{name}"
        );
    }
}

#[tokio::test]
async fn latitude_first_systems_named_in_geojson_keep_x_first() {
    let bench = Bench::new().await;
    let text = collection(&[("{}", &point(5.4, 43.3))]).replacen(
        '{',
        r#"{"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4326"}},"#,
        1,
    );
    bench.load(&bench.write("a.geojson", text)).await;
    assert_eq!(
        bench.text("select st_astext(geom) from data.a__v1").await.as_deref(),
        Some("POINT(5.4 43.3)")
    );
}

#[tokio::test]
async fn every_shape_of_geojson_is_read() {
    let bench = Bench::new().await;
    let feature =
        format!(r#"{{"type":"Feature","id":7,"properties":{{"a":1}},"geometry":{}}}"#, point(5.4, 43.3));
    let other = feature.replace("\"id\":7", "\"id\":9");
    assert_eq!(bench.load_one(&bench.write("one.geojson", &feature)).await.features, 1);
    assert_eq!(bench.load_one(&bench.write("bare.geojson", point(5.4, 43.3))).await.features, 1);
    let lines = format!("{feature}\n{other}\n");
    assert_eq!(bench.load_one(&bench.write("lines.geojsonl", &lines)).await.features, 2);
    assert_eq!(bench.load_one(&bench.write("named-json.geojson", &lines)).await.features, 2);
    let records = format!("\u{1e}{feature}\n\u{1e}{other}\n");
    assert_eq!(bench.load_one(&bench.write("records.geojsons", records)).await.features, 2);
    let marked = format!("\u{feff}{}", collection(&[("{}", &point(5.4, 43.3))]));
    assert_eq!(bench.load_one(&bench.write("marked.geojson", marked)).await.features, 1);
}

#[tokio::test]
async fn numeric_ids_are_kept_where_the_format_has_them() {
    let bench = Bench::new().await;
    let feature = |id: &str| format!(r#"{{"type":"Feature","id":{id},"properties":{{}},"geometry":null}}"#);
    let all = |ids: &[&str]| {
        let list: Vec<String> = ids.iter().map(|i| feature(i)).collect();
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, list.join(","))
    };
    bench.load(&bench.write("real.geojson", all(&["30", "10", "20"]))).await;
    assert_eq!(
        bench.text("select array_agg(fid order by fid) from data.real__v1").await.as_deref(),
        Some("{10,20,30}")
    );
    bench.load(&bench.write("twice.geojson", all(&["5", "5", "6"]))).await;
    assert_eq!(bench.text("select count(distinct fid) from data.twice__v1").await.as_deref(), Some("3"));
}

#[tokio::test]
async fn a_geopackage_with_several_layers_keeps_each_and_skips_plain_tables() {
    let bench = Bench::new().await;
    let path = bench.path("multi.gpkg");
    make_geopackage(&path);
    let loaded = bench.load(&path).await;
    let layers: Vec<_> =
        loaded.layers.iter().map(|l| (l.source.name.as_str(), l.crs.srid, l.geometry, l.features)).collect();
    assert_eq!(layers, [("villes", 4326, GeometryType::Point, 2), ("zones", 2154, GeometryType::Polygon, 1)]);
    assert_eq!(finding(&loaded, "table-without-geometry").layer.as_deref(), Some("notes"));
    let fids = bench.text("select array_agg(fid order by fid) from data.villes__v1").await;
    assert_eq!(fids.as_deref(), Some("{4,9}"), "ids of a GeoPackage are real");
}

#[tokio::test]
async fn only_the_layers_asked_for_are_loaded_and_a_missing_one_is_an_error() {
    let mut bench = Bench::new().await;
    let path = bench.path("multi.gpkg");
    make_geopackage(&path);
    bench.options.layers = vec!["zones".to_owned()];
    assert_eq!(bench.load_one(&path).await.source.name, "zones");
    let mut bench = Bench::new().await;
    bench.options.layers = vec!["zones".to_owned(), "absent".to_owned()];
    let refusal = bench.refusal(&path_of(&bench)).await;
    assert!(refusal.code == "layer-missing" && refusal.message.contains("'absent'"), "{refusal:?}");
}

fn path_of(bench: &Bench) -> std::path::PathBuf {
    let path = bench.path("multi.gpkg");
    make_geopackage(&path);
    path
}

fn make_geopackage(path: &std::path::Path) {
    let driver = gdal::DriverManager::get_driver_by_name("GPKG").expect("driver");
    let mut dataset = driver.create_vector_only(path).expect("file");
    let degrees = SpatialRef::from_epsg(4326).expect("4326");
    let lambert = SpatialRef::from_epsg(2154).expect("2154");
    let options = |name, srs, ty| LayerOptions { name, srs: Some(srs), ty, options: None };
    {
        let layer =
            dataset.create_layer(options("villes", &degrees, OGRwkbGeometryType::wkbPoint)).expect("layer");
        layer.create_defn_fields(&[("nom", OGRFieldType::OFTString)]).expect("field");
        for (fid, x) in [(4_i64, 5.4), (9, 5.5)] {
            let feature = gdal::vector::Feature::new(layer.defn()).expect("feature");
            let mut feature = feature;
            feature
                .set_geometry(Geometry::from_wkt(&format!("POINT ({x} 43.3)")).expect("wkt"))
                .expect("set");
            feature.set_field_string(0, "Marseille").expect("set");
            set_fid(&feature, fid);
            feature.create(&layer).expect("written");
        }
    }
    {
        let mut layer =
            dataset.create_layer(options("zones", &lambert, OGRwkbGeometryType::wkbPolygon)).expect("layer");
        let wkt = "POLYGON ((890000 6245000, 891000 6245000, 891000 6246000, 890000 6245000))";
        layer.create_feature(Geometry::from_wkt(wkt).expect("wkt")).expect("written");
    }
    {
        let layer = dataset
            .create_layer(LayerOptions {
                name: "notes",
                srs: None,
                ty: OGRwkbGeometryType::wkbNone,
                options: None,
            })
            .expect("table");
        layer.create_defn_fields(&[("texte", OGRFieldType::OFTString)]).expect("field");
    }
}

#[allow(unsafe_code)]
fn set_fid(feature: &gdal::vector::Feature<'_>, fid: i64) {
    // SAFETY: the feature is live; the call only sets a number.
    unsafe { gdal_sys::OGR_F_SetFID(feature.c_feature(), fid) };
}

#[tokio::test]
async fn an_esri_projection_without_code_is_recognised() {
    let bench = Bench::new().await;
    let mut shape = squares();
    shape.prj = Some(super::files::ESRI_LAMBERT_93.replace("RGF_1993_Lambert_93", "Projection de la mairie"));
    assert_eq!(bench.load_one(&bench.write("a.zip", shape.zip("a"))).await.crs.srid, 2154);
}

#[tokio::test]
async fn the_system_given_overrides_the_file_and_is_reported() {
    let mut bench = Bench::new().await;
    bench.crs(3944);
    let mut shape = Shapefile::new(5).field("a", b'C', 1, 0);
    shape = shape.parts(&[&square(1_890_000.0, 3_140_000.0, 100.0)], &[b"x"]);
    let loaded = bench.load(&bench.write("a.zip", shape.zip("a"))).await;
    assert_eq!(loaded.layers[0].crs.srid, 3944);
    let said = finding(&loaded, "crs-overridden");
    assert!(said.message.contains("EPSG:2154") && said.message.contains("EPSG:3944"), "{said:?}");
    assert_eq!(codes(&loaded.report), ["crs-overridden"]);
}

//! Transactions as programs send them, and GDAL itself.

use super::*;
use std::process::Command;

/// What QGIS 3.22 posts when a feature is added to a layer of WFS 2.0.0.
#[test]
fn qgis_edits_a_layer_of_2_0_with_transactions_of_1_0() {
    let region = editable();
    let space = namespace(&region);
    let prefix = "ville";
    let body = format!(
        "<Transaction xmlns=\"http://www.opengis.net/wfs\" xmlns:gml=\"http://www.opengis.net/gml\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xmlns:{prefix}=\"{space}\" version=\"1.0.0\" \
         service=\"WFS\" xsi:schemaLocation=\"{space} http://x/wfs?SERVICE=WFS&amp;REQUEST=DescribeFeatureType\">\
         <Insert xmlns=\"http://www.opengis.net/wfs\"><signalements xmlns=\"{space}\"><titre xmlns=\"{space}\">QGIS</titre>\
         <gravite xmlns=\"{space}\">2</gravite><geom xmlns=\"{space}\"><gml:Point srsName=\"urn:ogc:def:crs:EPSG::4326\">\
         <gml:coordinates cs=\",\" ts=\" \">5.44,43.54</gml:coordinates></gml:Point></geom></signalements></Insert></Transaction>"
    );
    let answer = post(&region.url("/wfs?SERVICE=WFS"), "text/xml", body);
    assert!(answer.text().contains("<SUCCESS/>"), "{}", answer.text());
    let id = attributes(&answer, "FeatureId", "fid").remove(0);
    assert_eq!(feature(&region, &id)["geometry"]["coordinates"], serde_json::json!([5.44, 43.54]));
    let body = format!(
        "<Transaction xmlns=\"http://www.opengis.net/wfs\" version=\"1.0.0\" service=\"WFS\" xmlns:{prefix}=\"{space}\" \
         xmlns:ogc=\"http://www.opengis.net/ogc\"><Update xmlns=\"http://www.opengis.net/wfs\" typeName=\"{prefix}:signalements\">\
         <Property xmlns=\"http://www.opengis.net/wfs\"><Name xmlns=\"http://www.opengis.net/wfs\">titre</Name>\
         <Value xmlns=\"http://www.opengis.net/wfs\">umbenannt</Value></Property><Filter xmlns=\"http://www.opengis.net/ogc\">\
         <FeatureId xmlns=\"http://www.opengis.net/ogc\" fid=\"{id}\"/></Filter></Update></Transaction>"
    );
    let answer = post(&region.url("/wfs?SERVICE=WFS"), "text/xml", body);
    assert!(answer.text().contains("<SUCCESS/>"), "{}", answer.text());
    assert_eq!(feature(&region, &id)["properties"]["titre"], "umbenannt");
}

#[test]
fn gdal_inserts_updates_and_deletes() {
    let region = editable();
    let script = r#"
import sys
from osgeo import ogr, gdal
gdal.UseExceptions()
gdal.SetConfigOption("OGR_WFS_USE_STREAMING", "NO")
version, url = sys.argv[1], sys.argv[2]
source = gdal.OpenEx("WFS:%s?VERSION=%s" % (url, version), gdal.OF_VECTOR | gdal.OF_UPDATE)
layer = [source.GetLayer(i) for i in range(source.GetLayerCount()) if source.GetLayer(i).GetName().endswith("signalements")][0]
new = ogr.Feature(layer.GetLayerDefn())
new.SetField("titre", "gdal <%s>" % version)
new.SetField("gravite", 9)
new.SetGeometry(ogr.CreateGeometryFromWkt("POINT(5.46 43.56)"))
layer.StartTransaction()
layer.CreateFeature(new)
layer.CommitTransaction()
layer.ResetReading()
layer.SetAttributeFilter("gravite = 9")
found = layer.GetNextFeature()
assert found is not None and found.GetField("titre") == "gdal <%s>" % version, found
found.SetField("titre", "changed")
layer.SetFeature(found)
if version == "1.1.0":
    layer.DeleteFeature(found.GetFID())
"#;
    for version in ["1.1.0", "1.0.0"] {
        let output = Command::new("/usr/bin/python3")
            .args(["-c", script, version, &region.url("/wfs")])
            .output()
            .expect("python with GDAL");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{version}: {said}");
    }
    let titles: Vec<String> = features(&region, "signalements", "")
        .iter()
        .map(|f| f["properties"]["titre"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(titles.iter().filter(|t| *t == "changed").count(), 1, "{titles:?}");
    assert_eq!(titles.len(), 5);
}

//! What the installed GDAL can read.

/// The formats that ingestion needs and this machine's GDAL lacks, by the names people know.
#[must_use]
pub fn lacking_formats() -> Vec<&'static str> {
    let needed = [
        ("ESRI Shapefile", "shapefiles"),
        ("GeoJSON", "GeoJSON"),
        ("GPKG", "GeoPackage"),
        ("COG", "GeoTIFF"),
    ];
    let lacks = |driver: &str| gdal::DriverManager::get_driver_by_name(driver).is_err();
    needed.into_iter().filter(|(driver, _)| lacks(driver)).map(|(_, format)| format).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_gdal_that_tests_run_with_reads_what_we_take() {
        assert!(super::lacking_formats().is_empty());
    }
}

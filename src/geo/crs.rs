//! Coordinate reference systems: identity, axis order and the spellings that protocols use.
//!
//! Axis order comes from PROJ's database, never from a literal: EPSG:2154 is easting first, EPSG:4326
//! latitude first, EPSG:3035 northing first, and so on for every code that PROJ knows.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::sync::{Arc, LazyLock, RwLock};

/// Which coordinate an authority (or a spelling of a CRS) puts first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AxisOrder {
    /// Easting or longitude first: the order inside this house.
    XY,
    /// Northing or latitude first.
    YX,
}

/// Why a CRS can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CrsError {
    /// The text is no spelling of a CRS that is known here.
    #[error(
        "'{0}' is not a coordinate reference system this server understands; write it as EPSG:2154, urn:ogc:def:crs:EPSG::2154, http://www.opengis.net/def/crs/EPSG/0/2154 or CRS:84"
    )]
    Spelling(String),
    /// Well spelled, but PROJ's database has no such code, or it is not a horizontal system.
    #[error("EPSG:{0} is not a horizontal coordinate reference system known to PROJ")]
    Unknown(i32),
}

/// A horizontal CRS of the EPSG registry, as PROJ describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Crs {
    /// EPSG code; also the SRID in PostGIS.
    pub srid: i32,
    /// Name in the registry, such as `RGF93 v1 / Lambert-93`.
    pub name: String,
    /// Order of the authority's axes.
    pub authority_axes: AxisOrder,
    /// Degrees rather than a length.
    pub geographic: bool,
    /// Metres in one unit of the axes: 1 for metre systems, π·a/180 (about 111 319.49) for degrees.
    /// OGC 06-042 and SE 1.1 use it for scale denominators.
    pub metres_per_unit: f64,
    /// Area of use in longitude and latitude, where the registry states it. West may exceed east
    /// across the antimeridian.
    pub area_of_use: Option<[f64; 4]>,
}

static KNOWN: LazyLock<RwLock<HashMap<i32, Option<Arc<Crs>>>>> = LazyLock::new(Default::default);

impl Crs {
    /// The CRS of an EPSG code. Looked up once in PROJ, then remembered.
    ///
    /// # Errors
    /// [`CrsError::Unknown`] when PROJ doesn't know the code or it is not a horizontal CRS.
    pub fn from_epsg(srid: i32) -> Result<Arc<Self>, CrsError> {
        let known = KNOWN.read().unwrap_or_else(std::sync::PoisonError::into_inner).get(&srid).cloned();
        let found = match known {
            Some(found) => found,
            None => {
                let found = proj_lookup::describe(srid).map(Arc::new);
                let mut all = KNOWN.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                // A hostile client may try every number: misses are not kept beyond a bound.
                if found.is_some() || all.len() < 20_000 {
                    all.insert(srid, found.clone());
                }
                found
            }
        };
        found.ok_or(CrsError::Unknown(srid))
    }

    /// `EPSG:2154`.
    #[must_use]
    pub fn code(&self) -> String {
        format!("EPSG:{}", self.srid)
    }

    /// `urn:ogc:def:crs:EPSG::2154` (OGC 07-092r3).
    #[must_use]
    pub fn urn(&self) -> String {
        format!("urn:ogc:def:crs:EPSG::{}", self.srid)
    }

    /// `http://www.opengis.net/def/crs/EPSG/0/2154` (OGC 11-135r2).
    #[must_use]
    pub fn uri(&self) -> String {
        format!("http://www.opengis.net/def/crs/EPSG/0/{}", self.srid)
    }
}

/// How a text named a CRS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CrsSpelling {
    /// `EPSG:4326`: order depends on the protocol.
    Short,
    /// `urn:ogc:def:crs:EPSG::4326` or `urn:x-ogc:def:crs:EPSG:4326`.
    Urn,
    /// `http://www.opengis.net/def/crs/EPSG/0/4326`.
    Uri,
    /// `http://www.opengis.net/gml/srs/epsg.xml#4326`: x, y order by custom.
    GmlXml,
    /// Any spelling of CRS84: longitude first by definition.
    Crs84,
}

/// A CRS as somebody spelled it, with the axis order that the spelling means.
#[derive(Clone, Debug, PartialEq)]
pub struct CrsRef {
    /// The system itself.
    pub crs: Arc<Crs>,
    /// The form of the text.
    pub spelling: CrsSpelling,
}

/// CRS84's URI: the default CRS of OGC API Features (OGC 17-069r4 section 7.13).
pub const CRS84_URI: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";

impl CrsRef {
    /// Reads any spelling listed at [`CrsError::Spelling`], without regard to case. Surrounding `<…>`
    /// or `[…]` (safe CURIE) and whitespace are tolerated.
    ///
    /// # Errors
    /// [`CrsError`], naming the text or the code.
    pub fn parse(text: &str) -> Result<Self, CrsError> {
        let bad = || CrsError::Spelling(text.chars().take(120).collect());
        let trimmed = text.trim().trim_matches(|c| matches!(c, '<' | '>' | '[' | ']'));
        let lower = trimmed.to_ascii_lowercase();
        const CRS84: [&str; 9] = [
            "crs:84",
            "crs84",
            "ogc:crs84",
            "urn:ogc:def:crs:ogc:1.3:crs84",
            "urn:ogc:def:crs:ogc::crs84",
            "urn:ogc:def:crs:ogc:1.3:84",
            "http://www.opengis.net/def/crs/ogc/1.3/crs84",
            "https://www.opengis.net/def/crs/ogc/1.3/crs84",
            "http://www.opengis.net/def/crs/ogc/0/crs84",
        ];
        if CRS84.contains(&lower.as_str()) {
            return Ok(Self { crs: Crs::from_epsg(4326)?, spelling: CrsSpelling::Crs84 });
        }
        let (spelling, digits) = if let Some(rest) = lower.strip_prefix("epsg:") {
            (CrsSpelling::Short, rest)
        } else if let Some(rest) = lower
            .strip_prefix("urn:ogc:def:crs:epsg:")
            .or_else(|| lower.strip_prefix("urn:x-ogc:def:crs:epsg:"))
        {
            // The version between the colons may be empty or absent.
            (CrsSpelling::Urn, rest.rsplit(':').next().unwrap_or(rest))
        } else if let Some(rest) = lower
            .strip_prefix("http://www.opengis.net/def/crs/epsg/")
            .or_else(|| lower.strip_prefix("https://www.opengis.net/def/crs/epsg/"))
        {
            (CrsSpelling::Uri, rest.split_once('/').ok_or_else(bad)?.1)
        } else if let Some(rest) = lower.strip_prefix("http://www.opengis.net/gml/srs/epsg.xml#") {
            (CrsSpelling::GmlXml, rest)
        } else {
            return Err(bad());
        };
        if digits.is_empty() || digits.len() > 9 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(bad());
        }
        let srid = digits.parse::<i32>().map_err(|_| bad())?;
        Ok(Self { crs: Crs::from_epsg(srid)?, spelling })
    }

    /// Whether coordinates written under this spelling have the house's x, y exchanged.
    /// `short_means_authority` says how the protocol reads `EPSG:nnnn`: true in WMS 1.3.0
    /// (OGC 06-042 section 6.7.3), false in WMS 1.1.1, WFS 1.0 and everyday use.
    #[must_use]
    pub fn swapped(&self, short_means_authority: bool) -> bool {
        let authority = match self.spelling {
            CrsSpelling::Urn | CrsSpelling::Uri => true,
            CrsSpelling::Short => short_means_authority,
            CrsSpelling::GmlXml | CrsSpelling::Crs84 => false,
        };
        authority && self.crs.authority_axes == AxisOrder::YX
    }

    /// The text to echo for this reference: the canonical form of the spelling that was used.
    #[must_use]
    pub fn canonical(&self) -> String {
        let srid = self.crs.srid;
        match self.spelling {
            CrsSpelling::Short => self.crs.code(),
            CrsSpelling::Urn => self.crs.urn(),
            CrsSpelling::Uri => self.crs.uri(),
            CrsSpelling::GmlXml => format!("http://www.opengis.net/gml/srs/epsg.xml#{srid}"),
            CrsSpelling::Crs84 => CRS84_URI.to_owned(),
        }
    }

    /// WGS84 with longitude first.
    ///
    /// # Errors
    /// Only when PROJ's database is missing.
    pub fn crs84() -> Result<Self, CrsError> {
        Self::parse("CRS:84")
    }
}

/// The one place with PROJ's C interface for axes; the `proj` crate doesn't expose them.
#[allow(unsafe_code)]
mod proj_lookup {
    use super::{AxisOrder, CStr, CString, Crs};
    use std::ptr;

    /// Describes an EPSG code, or `None` when it is unknown or not a 2D/3D horizontal system.
    pub(super) fn describe(srid: i32) -> Option<Crs> {
        let code = CString::new(srid.to_string()).ok()?;
        let authority = CString::new("EPSG").ok()?;
        // SAFETY: each pointer that PROJ returns is checked before use and destroyed exactly once;
        // the context is private to this call, so no other thread touches it.
        unsafe {
            let context = proj_sys::proj_context_create();
            if context.is_null() {
                return None;
            }
            // Unknown codes are an ordinary answer here, not something to print on standard error.
            proj_sys::proj_log_level(context, proj_sys::PJ_LOG_LEVEL_PJ_LOG_NONE);
            let object = proj_sys::proj_create_from_database(
                context,
                authority.as_ptr(),
                code.as_ptr(),
                proj_sys::PJ_CATEGORY_PJ_CATEGORY_CRS,
                0,
                ptr::null(),
            );
            let described = if object.is_null() { None } else { describe_object(context, object, srid) };
            if !object.is_null() {
                proj_sys::proj_destroy(object);
            }
            proj_sys::proj_context_destroy(context);
            described
        }
    }

    /// # Safety
    /// Both pointers must be live and `object` must belong to `context`.
    unsafe fn describe_object(
        context: *mut proj_sys::PJ_CONTEXT,
        object: *mut proj_sys::PJ,
        srid: i32,
    ) -> Option<Crs> {
        // SAFETY: as promised by the caller; strings are copied before anything is destroyed.
        unsafe {
            let kind = proj_sys::proj_get_type(object);
            let geographic = kind == proj_sys::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_2D_CRS
                || kind == proj_sys::PJ_TYPE_PJ_TYPE_GEOGRAPHIC_3D_CRS;
            if !geographic && kind != proj_sys::PJ_TYPE_PJ_TYPE_PROJECTED_CRS {
                return None;
            }
            let system = proj_sys::proj_crs_get_coordinate_system(context, object);
            if system.is_null() {
                return None;
            }
            let mut direction = ptr::null();
            let mut to_si = 0.0;
            let mut name = ptr::null();
            let axis = proj_sys::proj_cs_get_axis_info(
                context,
                system,
                0,
                &raw mut name,
                ptr::null_mut(),
                &raw mut direction,
                &raw mut to_si,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            );
            let first = if axis == 0 || direction.is_null() || name.is_null() {
                None
            } else {
                Some((
                    CStr::from_ptr(direction).to_string_lossy().to_lowercase(),
                    CStr::from_ptr(name).to_string_lossy().to_lowercase(),
                ))
            };
            proj_sys::proj_destroy(system);
            let (direction, axis_name) = first?;
            // Polar systems have both axes pointing north (or south): their names tell which is which.
            let northing_first = axis_name.contains("northing")
                || axis_name.contains("latitude")
                || (!axis_name.contains("easting")
                    && !axis_name.contains("longitude")
                    && (direction == "north" || direction == "south"));
            let title = proj_sys::proj_get_name(object);
            let title = if title.is_null() {
                String::new()
            } else {
                CStr::from_ptr(title).to_string_lossy().into_owned()
            };
            Some(Crs {
                srid,
                name: title,
                authority_axes: if northing_first { AxisOrder::YX } else { AxisOrder::XY },
                geographic,
                // WMS 1.3.0 and SE 1.1 reckon a degree on the WGS84 equator.
                metres_per_unit: if geographic { to_si * 6_378_137.0 } else { to_si },
                area_of_use: area_of_use(context, object),
            })
        }
    }

    /// # Safety
    /// Both pointers must be live and `object` must belong to `context`.
    unsafe fn area_of_use(context: *mut proj_sys::PJ_CONTEXT, object: *mut proj_sys::PJ) -> Option<[f64; 4]> {
        let (mut west, mut south, mut east, mut north) = (0.0, 0.0, 0.0, 0.0);
        // SAFETY: as promised by the caller; the out-pointers are to locals.
        let found = unsafe {
            proj_sys::proj_get_area_of_use(
                context,
                object,
                &raw mut west,
                &raw mut south,
                &raw mut east,
                &raw mut north,
                ptr::null_mut(),
            )
        };
        (found != 0 && west > -1000.0).then_some([west, south, east, north])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axis_order_comes_from_the_registry() {
        let order = |srid| Crs::from_epsg(srid).map(|c| c.authority_axes);
        assert_eq!(order(4326), Ok(AxisOrder::YX));
        assert_eq!(order(2154), Ok(AxisOrder::XY));
        assert_eq!(order(3857), Ok(AxisOrder::XY));
        assert_eq!(order(3035), Ok(AxisOrder::YX));
        assert_eq!(order(4171), Ok(AxisOrder::YX));
        assert_eq!(order(999_999), Err(CrsError::Unknown(999_999)));
    }

    #[test]
    fn every_spelling_of_a_system_is_the_same_system() {
        for text in [
            "EPSG:4326",
            "epsg:4326",
            "urn:ogc:def:crs:EPSG::4326",
            "urn:ogc:def:crs:EPSG:9.9:4326",
            "urn:x-ogc:def:crs:EPSG:4326",
            "http://www.opengis.net/def/crs/EPSG/0/4326",
            "[EPSG:4326]",
            "http://www.opengis.net/gml/srs/epsg.xml#4326",
            "CRS:84",
            "urn:ogc:def:crs:OGC:1.3:CRS84",
            CRS84_URI,
        ] {
            assert_eq!(CrsRef::parse(text).map(|r| r.crs.srid), Ok(4326), "{text}");
        }
    }

    #[test]
    fn only_authority_spellings_put_latitude_first() {
        let swapped = |text: &str, short| CrsRef::parse(text).map(|r| r.swapped(short));
        assert_eq!(swapped("urn:ogc:def:crs:EPSG::4326", false), Ok(true));
        assert_eq!(swapped("EPSG:4326", true), Ok(true));
        assert_eq!(swapped("EPSG:4326", false), Ok(false));
        assert_eq!(swapped("CRS:84", true), Ok(false));
        assert_eq!(swapped("urn:ogc:def:crs:EPSG::2154", true), Ok(false));
    }

    #[test]
    fn nonsense_is_named_in_the_error() {
        for text in
            ["", "EPSG:", "EPSG:abc", "EPSG:-1", "EPSG:99999999999999", "wibble", "urn:ogc:def:crs:EPSG::"]
        {
            assert!(matches!(CrsRef::parse(text), Err(CrsError::Spelling(_))), "{text}");
        }
    }
}

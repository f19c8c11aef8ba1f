//! The one place with GDAL's C interface: what the `gdal` crate does not show, without its copies.
//!
//! Rows are read by the hundred thousand; names and texts are raw bytes, because a shapefile's encoding is
//! decided here and not by GDAL. Messages of GDAL are collected rather than printed.
#![allow(unsafe_code)]

use gdal::Dataset;
use gdal::spatial_ref::SpatialRef;
use gdal::vector::LayerAccess;
use gdal_sys as sys;
use serde_json::{Value, json};
use std::ffi::{CStr, CString, c_char, c_int};
use std::ptr;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What GDAL said since it was last asked.
#[derive(Default)]
pub(super) struct Messages {
    /// Failures: something was not read.
    pub failures: Vec<String>,
    /// Warnings, the first hundred.
    pub warnings: Vec<String>,
}

static MESSAGES: Mutex<Messages> = Mutex::new(Messages { failures: Vec::new(), warnings: Vec::new() });

fn messages() -> MutexGuard<'static, Messages> {
    MESSAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Collects GDAL's messages from now on.
pub(super) fn listen() {
    gdal::config::set_error_handler(|kind, _, text| {
        let mut all = messages();
        let list = match kind {
            gdal::errors::CplErrType::Failure | gdal::errors::CplErrType::Fatal => &mut all.failures,
            gdal::errors::CplErrType::Warning => &mut all.warnings,
            _ => return,
        };
        if list.len() < 100 {
            list.push(text.to_owned());
        }
    });
}

/// Takes what GDAL said.
pub(super) fn take_messages() -> Messages {
    std::mem::take(&mut *messages())
}

/// A field of a layer as GDAL declares it.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// Bytes of its name, in the source's encoding.
    pub name: Vec<u8>,
    pub kind: sys::OGRFieldType::Type,
    pub subtype: sys::OGRFieldSubType::Type,
    pub width: i32,
    pub precision: i32,
    /// The values that the source says there may be, each with what it means.
    pub codes: Vec<(String, Option<String>)>,
}

/// The fields of a layer of a dataset in order.
pub(super) fn fields(layer: &impl LayerAccess, dataset: &Dataset) -> Vec<Field> {
    // SAFETY: the layer outlives the call; names are copied before the definition can change.
    unsafe {
        let definition = sys::OGR_L_GetLayerDefn(layer.c_layer());
        (0..sys::OGR_FD_GetFieldCount(definition))
            .map(|index| {
                let field = sys::OGR_FD_GetFieldDefn(definition, index);
                Field {
                    name: bytes(sys::OGR_Fld_GetNameRef(field)).to_vec(),
                    kind: sys::OGR_Fld_GetType(field),
                    subtype: sys::OGR_Fld_GetSubType(field),
                    width: sys::OGR_Fld_GetWidth(field),
                    precision: sys::OGR_Fld_GetPrecision(field),
                    codes: codes(dataset, sys::OGR_Fld_GetDomainName(field)),
                }
            })
            .collect()
    }
}

/// The code list of a field domain; nothing for a name that is null, and for ranges and patterns.
fn codes(dataset: &Dataset, name: *const c_char) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    // SAFETY: the domain and its list belong to the dataset; an entry without a code ends the list.
    unsafe {
        if name.is_null() || *name == 0 {
            return found;
        }
        let domain = sys::GDALDatasetGetFieldDomain(dataset.c_dataset(), name);
        if domain.is_null() || sys::OGR_FldDomain_GetDomainType(domain) != sys::OGRFieldDomainType::OFDT_CODED
        {
            return found;
        }
        let mut entry = sys::OGR_CodedFldDomain_GetEnumeration(domain);
        while !entry.is_null() && !(*entry).pszCode.is_null() {
            let text = |start| String::from_utf8_lossy(bytes(start)).into_owned();
            let title = Some(text((*entry).pszValue)).filter(|title| !title.is_empty());
            found.push((text((*entry).pszCode), title));
            entry = entry.add(1);
        }
    }
    found
}

/// The declared type of a layer's geometry as an ISO WKB code, `None` for a table without geometry.
pub(super) fn geometry_code(layer: &impl LayerAccess) -> Option<u32> {
    // SAFETY: the layer outlives the calls, which only read.
    unsafe {
        let definition = sys::OGR_L_GetLayerDefn(layer.c_layer());
        if sys::OGR_FD_GetGeomFieldCount(definition) == 0 {
            return None;
        }
        let kind = sys::OGR_FD_GetGeomType(definition);
        (kind != sys::OGRwkbGeometryType::wkbNone).then(|| sys::OGR_GT_Flatten(kind))
    }
}

/// The EPSG code of a part of a system, such as `PROJCS` in one that has heights too. (The `gdal` crate's
/// search by path would find the code of a datum inside it.)
pub(super) fn epsg_of_part(system: &SpatialRef, part: &CStr) -> Option<i32> {
    // SAFETY: both texts belong to the system, which outlives their use here.
    unsafe {
        let authority = bytes(sys::OSRGetAuthorityName(system.to_c_hsrs(), part.as_ptr()));
        let code = bytes(sys::OSRGetAuthorityCode(system.to_c_hsrs(), part.as_ptr()));
        (authority == b"EPSG").then(|| std::str::from_utf8(code).ok()?.parse().ok())?
    }
}

/// EPSG codes that PROJ finds for a system, best first, with its confidence in percent.
pub(super) fn matches(system: &SpatialRef) -> Vec<(i32, i32)> {
    let mut found = Vec::new();
    // SAFETY: GDAL answers two arrays of `count` entries that are freed here exactly once.
    unsafe {
        let (mut count, mut confidence) = (0, ptr::null_mut());
        let list =
            sys::OSRFindMatches(system.to_c_hsrs(), ptr::null_mut(), &raw mut count, &raw mut confidence);
        if list.is_null() {
            return found;
        }
        for index in 0..usize::try_from(count).unwrap_or(0) {
            let one = *list.add(index);
            let authority = sys::OSRGetAuthorityName(one, ptr::null());
            let code = sys::OSRGetAuthorityCode(one, ptr::null());
            if bytes(authority) == b"EPSG"
                && let Some(code) = std::str::from_utf8(bytes(code)).ok().and_then(|c| c.parse().ok())
            {
                found.push((code, *confidence.add(index)));
            }
        }
        sys::OSRFreeSRSArray(list);
        sys::VSIFree(confidence.cast());
    }
    found
}

/// An image seen through GDAL's warper, by the arguments of `gdalwarp`; it reads from the source, which must be closed after it.
/// `None` where it can't be, as the messages say.
pub(super) fn warped(source: &Dataset, arguments: &[String]) -> Option<Dataset> {
    let arguments: Vec<CString> =
        arguments.iter().map(|text| CString::new(text.as_str())).collect::<Result<_, _>>().ok()?;
    let mut list: Vec<*mut c_char> = arguments.iter().map(|text| text.as_ptr().cast_mut()).collect();
    list.push(ptr::null_mut());
    // SAFETY: the list of texts ends with a null and outlives its only reader, the options, which are freed here; the new
    // dataset is given to the one that closes it.
    unsafe {
        let options = sys::GDALWarpAppOptionsNew(list.as_mut_ptr(), ptr::null_mut());
        if options.is_null() {
            return None;
        }
        let (mut from, mut failed) = (source.c_dataset(), 0);
        let made = sys::GDALWarp(c"".as_ptr(), ptr::null_mut(), 1, &raw mut from, options, &raw mut failed);
        sys::GDALWarpAppOptionsFree(options);
        (!made.is_null()).then(|| Dataset::from_c_dataset(made))
    }
}

/// The next feature of a layer, in the file's order.
pub(super) fn next(layer: &impl LayerAccess) -> Option<Row> {
    // SAFETY: the feature is owned by the row, which destroys it.
    let feature = unsafe { sys::OGR_L_GetNextFeature(layer.c_layer()) };
    (!feature.is_null()).then_some(Row(feature))
}

/// Days and times as GDAL splits them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Moment {
    pub year: i32,
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: f32,
    /// Minutes east of Greenwich; `None` where the source has no zone.
    pub zone: Option<i32>,
}

/// A feature.
pub(super) struct Row(sys::OGRFeatureH);

impl Drop for Row {
    fn drop(&mut self) {
        // SAFETY: the only owner destroys it once.
        unsafe { sys::OGR_F_Destroy(self.0) }
    }
}

// SAFETY (all methods): the feature lives as long as the row; indexes come from `fields` of the same layer;
// borrowed bytes end before the next call on the row because they are copied by the encoder at once.
impl Row {
    pub(super) fn fid(&self) -> i64 {
        unsafe { sys::OGR_F_GetFID(self.0) }
    }

    pub(super) fn is_null(&self, field: c_int) -> bool {
        unsafe { sys::OGR_F_IsFieldSetAndNotNull(self.0, field) == 0 }
    }

    pub(super) fn integer(&self, field: c_int) -> i64 {
        unsafe { sys::OGR_F_GetFieldAsInteger64(self.0, field) }
    }

    pub(super) fn real(&self, field: c_int) -> f64 {
        unsafe { sys::OGR_F_GetFieldAsDouble(self.0, field) }
    }

    pub(super) fn text(&self, field: c_int) -> &[u8] {
        unsafe { bytes(sys::OGR_F_GetFieldAsString(self.0, field)) }
    }

    pub(super) fn binary(&self, field: c_int) -> &[u8] {
        unsafe {
            let mut length = 0;
            let start = sys::OGR_F_GetFieldAsBinary(self.0, field, &raw mut length);
            slice(start, length)
        }
    }

    pub(super) fn moment(&self, field: c_int) -> Option<Moment> {
        let (mut year, mut month, mut day, mut hour, mut minute, mut zone) = (0, 0, 0, 0, 0, 0);
        let mut second = 0.0;
        let known = unsafe {
            sys::OGR_F_GetFieldAsDateTimeEx(
                self.0,
                field,
                &raw mut year,
                &raw mut month,
                &raw mut day,
                &raw mut hour,
                &raw mut minute,
                &raw mut second,
                &raw mut zone,
            )
        };
        // 0 is unknown, 1 is local; else quarters of an hour around 100, which is UTC.
        let zone = (zone > 1).then(|| (zone - 100) * 15);
        let unsigned = |value: c_int| u32::try_from(value).ok();
        (known != 0).then_some(())?;
        Some(Moment {
            year,
            month: unsigned(month)?,
            day: unsigned(day)?,
            hour: unsigned(hour)?,
            minute: unsigned(minute)?,
            second,
            zone,
        })
    }

    /// A list field as JSON.
    pub(super) fn list(&self, field: c_int, kind: sys::OGRFieldType::Type) -> Value {
        use sys::OGRFieldType as T;
        let mut length = 0;
        unsafe {
            match kind {
                T::OFTIntegerList => {
                    let start = sys::OGR_F_GetFieldAsIntegerList(self.0, field, &raw mut length);
                    json!(slice(start, length))
                }
                T::OFTInteger64List => {
                    let start = sys::OGR_F_GetFieldAsInteger64List(self.0, field, &raw mut length);
                    json!(slice(start, length))
                }
                T::OFTRealList => {
                    let start = sys::OGR_F_GetFieldAsDoubleList(self.0, field, &raw mut length);
                    json!(slice(start, length))
                }
                _ => {
                    let mut item = sys::OGR_F_GetFieldAsStringList(self.0, field);
                    let mut all = Vec::new();
                    while !item.is_null() && !(*item).is_null() {
                        all.push(Value::from(String::from_utf8_lossy(bytes(*item)).into_owned()));
                        item = item.add(1);
                    }
                    Value::Array(all)
                }
            }
        }
    }

    /// Appends the geometry as ISO WKB in little endian, with curves made straight, surfaces made
    /// multipolygons and rings closed. Answers whether there is one.
    pub(super) fn geometry(&mut self, out: &mut Vec<u8>) -> bool {
        use sys::OGRwkbGeometryType as T;
        unsafe {
            let mut geometry = sys::OGR_F_GetGeometryRef(self.0);
            if geometry.is_null() || sys::OGR_G_IsEmpty(geometry) != 0 {
                return false;
            }
            let kind = sys::OGR_GT_Flatten(sys::OGR_G_GetGeometryType(geometry));
            if matches!(kind, T::wkbPolyhedralSurface | T::wkbTIN | T::wkbTriangle) {
                let surface = sys::OGR_F_StealGeometry(self.0);
                geometry = sys::OGR_G_ForceToMultiPolygon(surface);
                sys::OGR_F_SetGeometryDirectly(self.0, geometry);
            } else if kind >= T::wkbGeometryCollection && sys::OGR_G_HasCurveGeometry(geometry, 1) != 0
                || (T::wkbCircularString..=T::wkbSurface).contains(&kind)
            {
                let straight = sys::OGR_G_GetLinearGeometry(geometry, 0.0, ptr::null_mut());
                sys::OGR_F_SetGeometryDirectly(self.0, straight);
                geometry = straight;
            }
            if geometry.is_null() {
                return false;
            }
            sys::OGR_G_CloseRings(geometry);
            export(geometry, out)
        }
    }
}

/// What GEOS says of a geometry.
pub(super) enum Verdict {
    Valid,
    /// The fault in GEOS's words, and what it becomes when made valid, where that is possible.
    Invalid {
        reason: String,
        repaired: Option<Vec<u8>>,
    },
}

/// Asks GEOS whether ISO WKB is valid, and repairs it if not (the method of `ST_MakeValid`).
pub(super) fn judge(wkb: &[u8]) -> Verdict {
    let said_before = take_messages();
    // SAFETY: both geometries are created here, checked and destroyed here.
    let verdict = unsafe {
        let mut geometry = ptr::null_mut();
        let length = c_int::try_from(wkb.len()).unwrap_or(0);
        sys::OGR_G_CreateFromWkb(wkb.as_ptr().cast(), ptr::null_mut(), &raw mut geometry, length);
        if geometry.is_null() {
            Verdict::Invalid { reason: "unreadable geometry".to_owned(), repaired: None }
        } else if sys::OGR_G_IsValid(geometry) != 0 {
            sys::OGR_G_DestroyGeometry(geometry);
            Verdict::Valid
        } else {
            let said = take_messages();
            let reason = said.warnings.into_iter().chain(said.failures).next();
            let better = sys::OGR_G_MakeValid(geometry);
            let mut repaired = Vec::new();
            let is_repaired = !better.is_null()
                && sys::OGR_G_IsEmpty(better) == 0
                && sys::OGR_G_IsValid(better) != 0
                && export(better, &mut repaired);
            if !better.is_null() {
                sys::OGR_G_DestroyGeometry(better);
            }
            sys::OGR_G_DestroyGeometry(geometry);
            Verdict::Invalid {
                reason: reason.unwrap_or_else(|| "invalid geometry".to_owned()),
                repaired: is_repaired.then_some(repaired),
            }
        }
    };
    *messages() = said_before;
    verdict
}

/// # Safety
/// `geometry` must be live.
unsafe fn export(geometry: sys::OGRGeometryH, out: &mut Vec<u8>) -> bool {
    // SAFETY: as promised by the caller; exactly the announced number of bytes is written.
    unsafe {
        let size = sys::OGR_G_WkbSizeEx(geometry);
        let start = out.len();
        out.resize(start + size, 0);
        let written =
            sys::OGR_G_ExportToIsoWkb(geometry, sys::OGRwkbByteOrder::wkbNDR, out.as_mut_ptr().add(start));
        if written != sys::OGRErr::OGRERR_NONE {
            out.truncate(start);
        }
        written == sys::OGRErr::OGRERR_NONE
    }
}

/// # Safety
/// `text` must be null or end with NUL and outlive the result.
unsafe fn bytes<'a>(text: *const c_char) -> &'a [u8] {
    // SAFETY: as promised by the caller.
    if text.is_null() { &[] } else { unsafe { CStr::from_ptr(text) }.to_bytes() }
}

/// # Safety
/// `start` must be null or point to `length` items that outlive the result.
unsafe fn slice<'a, T>(start: *const T, length: c_int) -> &'a [T] {
    let length = usize::try_from(length).unwrap_or(0);
    // SAFETY: as promised by the caller.
    if start.is_null() || length == 0 { &[] } else { unsafe { std::slice::from_raw_parts(start, length) } }
}

//! GDAL's C interface as far as writing a file needs it beyond the `gdal` crate: field subtypes, UTC with
//! milliseconds, 64-bit identifiers, and what GDAL says when something fails.
#![allow(unsafe_code)]

use gdal::Dataset;
use gdal::vector::LayerAccess;
use gdal_sys as sys;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::Mutex;

/// Collects what GDAL says on this thread while it lives, instead of letting it print. To be dropped on the
/// thread that made it, after everything made since.
pub(super) struct Listener {
    said: Box<Said>,
    /// Handlers belong to a thread.
    _here: std::marker::PhantomData<*const ()>,
}

#[derive(Default)]
struct Said(Mutex<Option<String>>);

unsafe extern "C" fn hear(kind: sys::CPLErr::Type, _: sys::CPLErrorNum, text: *const c_char) {
    if kind != sys::CPLErr::CE_Failure && kind != sys::CPLErr::CE_Fatal {
        return;
    }
    // SAFETY: GDAL passes a terminated text, and the pointer that `Listener::new` gave with the handler.
    unsafe {
        let said = sys::CPLGetErrorHandlerUserData().cast::<Said>();
        if said.is_null() || text.is_null() {
            return;
        }
        if let Ok(mut first) = (*said).0.lock() {
            first.get_or_insert_with(|| CStr::from_ptr(text).to_string_lossy().into_owned());
        }
    }
}

impl Listener {
    pub(super) fn new() -> Self {
        let said = Box::<Said>::default();
        let data = std::ptr::from_ref::<Said>(&said).cast_mut().cast::<c_void>();
        // SAFETY: the box outlives the handler, which the drop of this value takes away.
        unsafe { sys::CPLPushErrorHandlerEx(Some(hear), data) };
        Self { said, _here: std::marker::PhantomData }
    }

    /// The first failure since it was last asked.
    pub(super) fn failure(&self) -> Option<String> {
        self.said.0.lock().ok().and_then(|mut first| first.take())
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // SAFETY: takes away what `new` put on this thread.
        unsafe { sys::CPLPopErrorHandler() };
        // Threads are used again.
        let _ = gdal::config::clear_thread_local_config_option(TODAY);
    }
}

/// The type of a column in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Text,
    Json,
    Integer,
    BigInteger,
    Real,
    Boolean,
    Date,
    Instant,
    Binary,
}

impl Field {
    const fn codes(self) -> (sys::OGRFieldType::Type, sys::OGRFieldSubType::Type) {
        use sys::OGRFieldSubType::{OFSTBoolean, OFSTJSON, OFSTNone};
        use sys::OGRFieldType as kind;
        match self {
            Self::Text => (kind::OFTString, OFSTNone),
            Self::Json => (kind::OFTString, OFSTJSON),
            Self::Integer => (kind::OFTInteger, OFSTNone),
            Self::BigInteger => (kind::OFTInteger64, OFSTNone),
            Self::Real => (kind::OFTReal, OFSTNone),
            Self::Boolean => (kind::OFTInteger, OFSTBoolean),
            Self::Date => (kind::OFTDate, OFSTNone),
            Self::Instant => (kind::OFTDateTime, OFSTNone),
            Self::Binary => (kind::OFTBinary, OFSTNone),
        }
    }
}

/// A geometry type of OGR: the ISO code (see [`crate::geo::wkb::GeometryType::code`]) with Z and M.
pub(super) fn geometry_type(code: u32, has_z: bool, has_m: bool) -> sys::OGRwkbGeometryType::Type {
    // SAFETY: computes on its arguments alone.
    unsafe { sys::OGR_GT_SetModifier(code, c_int::from(has_z), c_int::from(has_m)) }
}

/// A layer of a dataset that is being written; valid as long as its dataset is open.
pub(super) struct Table {
    layer: sys::OGRLayerH,
    definition: sys::OGRFeatureDefnH,
}

impl Table {
    pub(super) fn of(layer: &impl LayerAccess) -> Self {
        // SAFETY: the layer is alive; its definition lives as long as it does.
        unsafe {
            let layer = layer.c_layer();
            Self { layer, definition: sys::OGR_L_GetLayerDefn(layer) }
        }
    }

    /// Adds a column, with the domain of its values if there is one; false when GDAL refuses it.
    pub(super) fn add_column(&self, name: &CStr, field: Field, domain: Option<&CStr>) -> bool {
        let (kind, subtype) = field.codes();
        // SAFETY: the definition is copied by the layer and destroyed here once.
        unsafe {
            let column = sys::OGR_Fld_Create(name.as_ptr(), kind);
            sys::OGR_Fld_SetSubType(column, subtype);
            if let Some(domain) = domain {
                sys::OGR_Fld_SetDomainName(column, domain.as_ptr());
            }
            let outcome = sys::OGR_L_CreateField(self.layer, column, 0);
            sys::OGR_Fld_Destroy(column);
            outcome == sys::OGRErr::OGRERR_NONE
        }
    }

    /// A feature without values.
    pub(super) fn row(&self, fid: i64) -> Row {
        // SAFETY: the definition is that of an open layer.
        unsafe {
            let feature = sys::OGR_F_Create(self.definition);
            sys::OGR_F_SetFID(feature, fid);
            Row(feature)
        }
    }

    /// Stores a feature; false when GDAL refuses it.
    pub(super) fn insert(&self, row: &Row) -> bool {
        // SAFETY: both are alive, and the feature has this layer's definition.
        unsafe { sys::OGR_L_CreateFeature(self.layer, row.0) == sys::OGRErr::OGRERR_NONE }
    }
}

/// A feature on its way into a table.
pub(super) struct Row(sys::OGRFeatureH);

impl Drop for Row {
    fn drop(&mut self) {
        // SAFETY: the only owner destroys it once.
        unsafe { sys::OGR_F_Destroy(self.0) }
    }
}

impl Row {
    pub(super) fn set_text(&mut self, index: c_int, text: &str) {
        // PostgreSQL's texts hold no zero byte.
        let Ok(text) = CString::new(text) else { return };
        // SAFETY: GDAL checks the index and copies the text.
        unsafe { sys::OGR_F_SetFieldString(self.0, index, text.as_ptr()) }
    }

    pub(super) fn set_integer(&mut self, index: c_int, value: i64) {
        // SAFETY: GDAL checks the index.
        unsafe { sys::OGR_F_SetFieldInteger64(self.0, index, value) }
    }

    pub(super) fn set_real(&mut self, index: c_int, value: f64) {
        // SAFETY: GDAL checks the index.
        unsafe { sys::OGR_F_SetFieldDouble(self.0, index, value) }
    }

    pub(super) fn set_binary(&mut self, index: c_int, bytes: &[u8]) {
        let Ok(length) = c_int::try_from(bytes.len()) else { return };
        // SAFETY: GDAL checks the index and copies the bytes.
        unsafe { sys::OGR_F_SetFieldBinary(self.0, index, length, bytes.as_ptr().cast()) }
    }

    /// A day, or an instant in UTC with its seconds.
    pub(super) fn set_moment(&mut self, index: c_int, day: [c_int; 3], time: Option<([c_int; 2], f32)>) {
        /// GDAL's mark of UTC.
        const UTC: c_int = 100;
        let [year, month, date] = day;
        let ([hour, minute], second) = time.unwrap_or(([0, 0], 0.0));
        let zone = if time.is_some() { UTC } else { 0 };
        // SAFETY: GDAL checks the index.
        unsafe {
            sys::OGR_F_SetFieldDateTimeEx(self.0, index, year, month, date, hour, minute, second, zone);
        }
    }

    /// The geometry of a WKB; false when GDAL can't read it.
    pub(super) fn set_geometry(&mut self, wkb: &[u8]) -> bool {
        let Ok(length) = c_int::try_from(wkb.len()) else { return false };
        let mut geometry = std::ptr::null_mut();
        // SAFETY: the buffer has `length` bytes; the feature takes the geometry over in any case.
        unsafe {
            let read = sys::OGR_G_CreateFromWkb(
                wkb.as_ptr().cast(),
                std::ptr::null_mut(),
                &raw mut geometry,
                length,
            );
            read == sys::OGRErr::OGRERR_NONE
                && sys::OGR_F_SetGeometryDirectly(self.0, geometry) == sys::OGRErr::OGRERR_NONE
        }
    }
}

/// Adds a code list to a dataset; false when GDAL refuses it.
pub(super) fn add_codes(
    dataset: &Dataset,
    name: &CStr,
    field: Field,
    codes: &[(CString, Option<CString>)],
) -> bool {
    let entry = |(value, title): &(CString, Option<CString>)| sys::OGRCodedValue {
        pszCode: value.as_ptr().cast_mut(),
        pszValue: title.as_ref().map_or(std::ptr::null_mut(), |title| title.as_ptr().cast_mut()),
    };
    let end = sys::OGRCodedValue { pszCode: std::ptr::null_mut(), pszValue: std::ptr::null_mut() };
    let list: Vec<_> = codes.iter().map(entry).chain([end]).collect();
    let (kind, subtype) = field.codes();
    // SAFETY: GDAL reads the list up to its end and copies the texts, which outlive the call; the dataset copies
    // the domain, which is destroyed here once, and so is the reason of a refusal.
    unsafe {
        let domain =
            sys::OGR_CodedFldDomain_Create(name.as_ptr(), c"".as_ptr(), kind, subtype, list.as_ptr());
        if domain.is_null() {
            return false;
        }
        let mut reason = std::ptr::null_mut();
        let added = sys::GDALDatasetAddFieldDomain(dataset.c_dataset(), domain, &raw mut reason);
        sys::VSIFree(reason.cast());
        sys::OGR_FldDomain_Destroy(domain);
        added
    }
}

/// Begins a transaction; false when GDAL refuses.
pub(super) fn begin(dataset: &Dataset) -> bool {
    // SAFETY: the dataset is open.
    unsafe { sys::GDALDatasetStartTransaction(dataset.c_dataset(), 0) == sys::OGRErr::OGRERR_NONE }
}

/// Ends a transaction; false when GDAL refuses.
pub(super) fn commit(dataset: &Dataset) -> bool {
    // SAFETY: the dataset is open.
    unsafe { sys::GDALDatasetCommitTransaction(dataset.c_dataset()) == sys::OGRErr::OGRERR_NONE }
}

/// Gives a transaction up.
pub(super) fn roll_back(dataset: &Dataset) {
    // SAFETY: the dataset is open.
    unsafe {
        sys::GDALDatasetRollbackTransaction(dataset.c_dataset());
    }
}

/// What GDAL writes as the day of a change on this thread, until the thread's [`Listener`] goes.
pub(super) fn set_today(day: &str) -> Result<(), gdal::errors::GdalError> {
    gdal::config::set_thread_local_config_option(TODAY, day)
}

const TODAY: &str = "OGR_CURRENT_DATE";

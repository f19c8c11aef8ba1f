//! The WMS 1.1.1 suite (ets-wms11), with its optional groups.

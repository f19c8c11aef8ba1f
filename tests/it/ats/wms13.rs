//! The mandatory classes of the WMS 1.3.0 suite (ets-wms13), and its classes `queryable` and `recommended`.

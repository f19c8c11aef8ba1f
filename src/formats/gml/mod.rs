//! GML 3.2 (OGC 07-036) as WFS 2.0 sends it.

//! OGC API: common parts and Features (OGC 17-069r4, 18-058r1).

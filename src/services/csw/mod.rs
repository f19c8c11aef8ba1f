//! CSW 2.0.2 (OGC 07-006r1) with the ISO application profile (OGC 07-045).

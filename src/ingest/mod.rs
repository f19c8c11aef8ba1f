//! From a file to a checked table: detect, read, check, load. May not publish.

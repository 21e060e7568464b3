//! The rhythm.

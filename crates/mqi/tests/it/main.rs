//! Tests of the vocabulary from outside.

mod vectors;

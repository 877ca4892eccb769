"""Temporal logic of the rules: formulas, automata, weighted circuit, proofs."""

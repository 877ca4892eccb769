"""Inputs of the shield: validation, age of each input, and the votes of the monitors."""

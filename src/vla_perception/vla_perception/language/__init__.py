"""From an instruction to a parsed task: vocabulary, noun phrases, nearest known word."""

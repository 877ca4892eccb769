"""Messages and records: one table for each, from which both directions and their checks follow."""

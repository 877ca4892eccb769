"""A new instruction or a cancel while a task runs."""

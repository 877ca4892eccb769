"""The door: one file per command of `./vla`."""

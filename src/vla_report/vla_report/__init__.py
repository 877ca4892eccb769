"""Figures, plots, video, HTML and terminal tables of a run."""

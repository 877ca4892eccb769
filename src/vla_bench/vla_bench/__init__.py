"""One folder per claim: the bench (command, figures, bounds), one trial, and the control that
must fail.
"""

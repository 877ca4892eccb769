"""The exception that the command line prints as one line."""


class UserError(Exception):
    """An error that the user can fix; printed as one line, exit code 2."""

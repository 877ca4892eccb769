"""The one exception the command line turns into a plain line."""


class UserError(Exception):
    """What the user can mend; printed as one line, exit 2."""

"""Which of a policy's candidates does what was said, before it is done; and what a person says
instead."""

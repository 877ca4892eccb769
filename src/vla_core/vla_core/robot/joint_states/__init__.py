"""Joint states as drivers send them: checked, merged, and completed with velocities."""

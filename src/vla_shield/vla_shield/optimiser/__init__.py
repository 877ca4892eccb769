"""The nearest allowed step to the target: tracking, speed scaling and a small QP."""

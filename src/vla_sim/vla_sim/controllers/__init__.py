"""Controllers and joint servos of real arms, as their source describes them."""

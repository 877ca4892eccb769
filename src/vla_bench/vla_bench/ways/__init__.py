"""Two equally good ways around an obstacle: what a decoder makes of them."""

"""Makes and checks robot files: from a URDF to arms, grippers, tip, home and disabled pairs."""

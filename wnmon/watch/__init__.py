"""What runs say of a relay over time: how they count towards an objective, whether it is up. Pure."""

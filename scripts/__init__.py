"""What `make` and packaging run; none of it is part of an installation."""

"""Pages of points for members."""

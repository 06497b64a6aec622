"""Pages of the site that lie outside the documentation's folder, or that are written from the code."""

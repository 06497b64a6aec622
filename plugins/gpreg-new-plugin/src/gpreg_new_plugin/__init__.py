"""The command ``gpreg new-plugin``: it writes a package that adds things to gpreg."""

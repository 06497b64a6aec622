"""The command ``verify``. What it needs is imported only when it runs."""

"""What the convergence theorem says of a choice: its assumptions, the linearised game, toy systems, divergences."""

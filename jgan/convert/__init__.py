"""Foreign checkpoints to `Gan`s: readers that execute nothing, and tables of rules."""

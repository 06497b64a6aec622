"""Joint training: many runs of one small architecture as one batched computation, each with its own run folder."""

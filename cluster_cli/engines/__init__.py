"""The two engines: what they are seen to do, and how they are made to do something else."""

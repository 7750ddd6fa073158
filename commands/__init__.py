"""What the command `partnergraph` does, a module for each kind of work.

Exit codes: 0 done; 1 done in part (some files of an intake, a stale schema); 2 nothing was done,
because of a mistake in the command, the settings or the surroundings, which one sentence names.
"""

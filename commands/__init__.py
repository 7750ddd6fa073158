"""The commands of `partnergraph`, a module for each group; `commands.main` puts them together.

Exit codes: 0 success; 1 partial success (some files of an intake failed, a stale schema); 2 nothing
was done because of an error in the command, the settings or the environment, which one sentence
explains.
"""

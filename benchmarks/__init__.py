"""Every speed claim of citetrack, as a ratio that anyone can measure again: `python -m benchmarks.<name>`."""

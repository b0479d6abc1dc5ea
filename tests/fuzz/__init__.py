"""Fuzzing: inputs that nobody would think of, sought by what code they reach."""

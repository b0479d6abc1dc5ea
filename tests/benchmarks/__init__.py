"""Measurements: run by hand, `python -m tests.benchmarks.<name>`, never part of the tests."""

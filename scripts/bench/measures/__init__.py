"""The measures: each file is a measure, and its docstring says exactly how it measures."""

"""What is measured: one file is one measure, and its docstring says exactly how."""

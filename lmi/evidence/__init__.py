"""The evidence pack: pages, tables and charts in which every figure carries its citation.

Owns: what the pack says and how it is written. Never: computes a figure that a mart does not hold, opens raw files.
"""

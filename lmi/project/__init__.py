"""The projection of skills demand and supply: arrays in, tables out.

Owns: the steps D1-D8, S3, the gap and its uncertainty, as docs/method.md describes them. Never: opens a file, a
database or a connection, reads the clock, or names an area, a year, a sector or a district.
"""

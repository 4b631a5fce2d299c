"""Lancashire LMI: publishers' figures in, a skills gap that can be traced out.

Layers, in the order data flows: raw -> staged -> curated -> projections -> marts -> evidence.
`docs/decisions.md` says why the house is built as it is.
"""

__version__ = "0.2.0"

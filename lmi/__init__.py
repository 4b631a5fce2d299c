"""Lancashire LMI: publishers' figures in, a skills gap that can be traced out.

Layers, in the order data flows: raw -> staged -> curated -> projections -> marts -> evidence.
`docs/decisions.md` says why the house is built as it is.
"""

import os

# Set before anything loads numpy: products here are small, and a second thread of the linear algebra library costs more
# processor time waiting for its turn than it saves (half of a projection's on a busy machine).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Set before anything loads Arrow: the pool that it brings along keeps about 90 MB of what it was given for good.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

__version__ = "0.2.0"

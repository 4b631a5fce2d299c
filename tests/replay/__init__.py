"""A publisher that answers on this machine: it speaks the services' dialects, and misbehaves when told to."""

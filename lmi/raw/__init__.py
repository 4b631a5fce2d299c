"""Raw: bytes that never change, and a manifest beside each."""

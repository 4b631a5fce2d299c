"""Fetching: the only place where connections are opened.

Owns: asking the publishers' services politely, keeping what they answer before it is read, and making one file of it.
Never: knows what a figure means, reads the clock or the environment; both are given.
"""

from lmi.raw.fetch.answers import Answer, Archive
from lmi.raw.fetch.ask import fetch
from lmi.raw.fetch.client import Client, Key, Waits
from lmi.raw.fetch.session import Fetched, Session

__all__ = ["Answer", "Archive", "Client", "Fetched", "Key", "Session", "Waits", "fetch"]

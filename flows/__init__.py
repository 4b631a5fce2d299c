"""Prefect flows: when, in what order, how often to retry. No arithmetic."""

"""The Flask server: SPARQL, the things and their pages, the vocabulary and the sources."""

from server.app import create_app

__all__ = ["create_app"]

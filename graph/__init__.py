"""The knowledge graph: from documents and claims, through the gate, to immutable versions that can be queried."""

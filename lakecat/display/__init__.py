"""Blocks drawn for people: as HTML, and as text. Nothing here knows what a section is."""

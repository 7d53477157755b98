"""Directives: one file each."""

"""One file for each thing that is known of tables, and how it is shown; see :mod:`lakecat.sections.base`."""

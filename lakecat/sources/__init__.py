"""Where tables come from: one class a storage format, all behind :class:`lakecat.sources.base.TableSource`."""

"""From a record to docutils nodes, and from those to HTML or to stock nodes. Knows no application and no environment."""

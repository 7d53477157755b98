"""From a record to docutils nodes, and from those to HTML or stock nodes. Knows no application and no environment."""

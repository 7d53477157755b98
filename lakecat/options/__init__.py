"""Options for stores: their names checked, and each library given the ones that it knows; one library a file."""

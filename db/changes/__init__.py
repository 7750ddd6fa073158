"""Change tokens, which tell a reader that nothing in its scope has changed."""

"""What a browser loads: GraphiQL, built from locked npm packages and served by this program."""

"""What answers a browser, a module per noun. Each view parses, asks one query or action, and renders."""

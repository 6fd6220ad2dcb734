"""One mutation for each action, named as it is, with its arguments: `{object, errors}`, and the codes of the domain."""

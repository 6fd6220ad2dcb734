"""The doors for programs: REST (`api.rest`) and GraphQL (`api.graphql`), and what both share.

They parse, call one action or query, and render; rules, rights and error codes are the domain's.
"""

"""`nexus doctor`: what is set, what answers, and with --deep whether everything stored is as it must be.

Hides how each database words its refusals, and what goes wrong between containers and proxies.
"""

"""Running Nexus: the `nexus` command, the server, logs, health, doctor. Holds no rule of the domain."""

"""The door for WebSockets. Holds no rule and touches no manager."""

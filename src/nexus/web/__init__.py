"""The door for browsers: views, templates, static files. Holds no rule and touches no manager."""

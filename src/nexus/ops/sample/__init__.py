"""The sample: a cohort's hub over twelve weeks (`prodev-7/`, played by `prodev-7.toml`), and the product's own documents."""

"""Our own translators: trained here, shipped with the project, readable in an hour."""

"""What authors work with on any machine, without the site: archives, schemas, lint, proof and preview."""

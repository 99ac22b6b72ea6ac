"""The pages of the Studio, at /studio/: write, look, prove, publish. What they do is in labs/workspaces."""

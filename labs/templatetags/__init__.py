"""What the templates of labs say."""

"""All that the bot says, as pure functions from records to HTML."""
